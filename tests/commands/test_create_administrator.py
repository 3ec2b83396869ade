"""The first administrator, made on the server."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command

from evaluation.access.roles import Role
from evaluation.models import AuditEvent, User
from tests.factories import PLAIN_STATIC_FILES, browser

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def from_environment(monkeypatch):
    monkeypatch.setenv("ADMINISTRATOR_PASSWORD", PASSWORD)


def test_the_administrator_is_no_superuser_and_signs_in(from_environment, settings):
    settings.STORAGES = PLAIN_STATIC_FILES
    call_command("create_administrator", "first", email="first@hospital.example", stdout=io.StringIO())

    user = User.objects.get(username="first")
    assert (user.role, user.is_staff, user.is_superuser) == (Role.ADMINISTRATOR, True, False)
    client = browser()
    assert client.post("/account/login/", {"login": "first", "password": PASSWORD}).status_code == 302
    assert client.get("/admin/evaluation/user/add/").status_code == 200
    event = AuditEvent.objects.get(action="user added")
    assert (event.by, event.by_name, event.thing) == (None, "create_administrator", user.key)


def test_the_password_comes_from_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))

    call_command("create_administrator", "first", stdout=io.StringIO())

    assert User.objects.get(username="first").check_password(PASSWORD)


def test_no_password_is_taken_from_the_command_line(from_environment):
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("create_administrator", "first", "--password=x")


@pytest.mark.parametrize("password", ["", "short", "1234567890123", "administrator"])
def test_a_weak_password_is_refused_in_words(monkeypatch, password):
    monkeypatch.setenv("ADMINISTRATOR_PASSWORD", password)

    with pytest.raises(CommandError, match="password"):
        call_command("create_administrator", "administrator")

    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused(from_environment):
    User.objects.create(username="first", role=Role.BOARD)

    with pytest.raises(CommandError, match="already"):
        call_command("create_administrator", "first")

    assert User.objects.get().role == Role.BOARD
