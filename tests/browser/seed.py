"""`python -m tests.browser.seed`: a demo in the empty database of DATABASE_URL; its sizes and the passwords on stdin."""

import json
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.conf import settings
    from django.contrib.auth.hashers import PBKDF2PasswordHasher
    from django.core.management import call_command

    from evaluation.access.roles import Role
    from evaluation.models import User

    PBKDF2PasswordHasher.iterations = 1000  # for speed; the first log-in brings them up to strength
    settings.IS_EMBEDDED = True  # `load_demo` refuses databases of others; this one was made for it
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    wanted = json.load(sys.stdin)
    call_command("load_demo", **wanted["sizes"])
    hospital = User.objects.get(username="staff").institution
    for name, password in wanted["passwords"].items():
        user = User.objects.filter(username=name).first()
        user = user or User(username=name, role=Role.STAFF, institution=hospital, email=f"{name}@example.org")
        user.set_password(password)
        user.save()
    User.objects.filter(username="mailless").update(email="")


if __name__ == "__main__":
    main()
