"""Make an administrator on the server."""

import getpass
import os
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from evaluation.models import User
from evaluation.services import people

VARIABLE = "ADMINISTRATOR_PASSWORD"


class Command(BaseCommand):
    help = (
        f"Make an administrator. The password is asked for, or taken from {VARIABLE} or the first line of standard input; "
        "never from the command line, which other users of the machine can read."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--email", default="")

    def handle(self, *, username, email, **options):
        if User.objects.filter(username=username).exists():
            raise CommandError(f"There is a user {username} already: choose another name.")
        password = _password()
        try:
            validate_password(password, User(username=username, email=email))
            people.make_administrator(username=username, email=email, password=password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{username} is an administrator and signs in at /account/login/.")


def _password() -> str:
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Password again: "):
        raise CommandError("The two passwords differ.")
    return password
