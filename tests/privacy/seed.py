"""`python -m tests.privacy.seed`: a small world in the empty database of the embedded services; prints who may do what.
`python -m tests.privacy.seed find`: which tables and columns hold the texts on stdin, staged rows unpacked."""

import json
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(json.dumps(places(json.load(sys.stdin)) if sys.argv[1:] == ["find"] else world()))


def world() -> dict[str, str]:
    from django.core.management import call_command
    from django.test import Client

    from evaluation.access.roles import Role
    from evaluation.services import tokens
    from tests.factories import make_world

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    made = make_world()
    staff = made.people[Role.INSTITUTION_MANAGER]
    browser = Client()
    browser.force_login(staff)
    _token, secret = tokens.issue(user=staff, name="needles", scope=tokens.default_scope(staff), days=1, by=staff)
    return {"session": browser.cookies["sessionid"].value, "token": secret, "institution": made.own.code}


def places(texts: list[str]) -> dict[str, list[str]]:
    from tests.services.test_uploads import places_of

    return {text: found for text in texts if (found := places_of(text))}


if __name__ == "__main__":
    main()
