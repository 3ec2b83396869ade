"""API tokens: kept as hashes, made and ended on the account page, no stronger than the person."""

import hashlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from evaluation.access.roles import Role
from evaluation.models import ApiToken, AuditEvent, Upload
from evaluation.services import tokens
from tests.factories import browser, make_upload

PASSWORD = "correct horse battery"
LIST = "/api/v1/institutions/"


@pytest.fixture
def person(world):
    cache.clear()
    person = world.people[Role.STAFF]
    person.set_password(PASSWORD)
    person.save()
    return person


def issued(person, **fields) -> str:
    return tokens.issue(**{"user": person, "name": "nightly", "scope": "deliver", "by": person} | fields)[1]


def with_token(secret: str):
    return browser(headers={"authorization": f"Token {secret}"})


def make(client, **fields):
    return client.post(
        reverse("token-create"), {"name": "nightly", "scope": "read", "days": "30", "password": PASSWORD} | fields
    )


def test_the_database_holds_the_hash_of_a_token_and_not_the_token(person):
    secret = issued(person)

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM evaluation_apitoken t")
        [(row,)] = cursor.fetchall()
    assert secret not in row
    assert hashlib.sha256(secret.encode()).hexdigest() in row
    assert ApiToken.objects.get().prefix == secret[:6]


def test_a_token_is_made_on_the_account_page_shown_once_and_in_the_trail(person):
    client = browser(person)

    answer = make(client)

    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get("/account/").content.decode()
    assert with_token(secret).get(LIST).status_code == 200
    event = AuditEvent.objects.get(action="token issued")
    assert (event.by, event.details) == (person, {"token": secret[:6], "scope": "read", "days": 30})


@pytest.mark.parametrize(
    "wrong", [{"password": "guessed"}, {"days": "366"}, {"days": "0"}, {"scope": "all"}, {"name": ""}]
)
def test_no_token_is_made_without_the_password_or_for_longer_than_a_year(person, wrong):
    answer = make(browser(person), **wrong)

    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_that_reads_delivers_nothing(person, world):
    upload = make_upload(world.own, person)
    client = with_token(issued(person, scope="read"))

    answer = client.post(reverse("api-upload-submit", args=[upload.pk]))

    assert (answer.status_code, "only reads" in answer.json()["detail"]) == (403, True)
    assert client.get(reverse("api-upload-detail", args=[upload.pk])).status_code == 200
    assert Upload.objects.get(pk=upload.pk).status == Upload.Status.CHECKED


def test_a_revoked_token_opens_nothing(person):
    secret = issued(person)
    client = browser(person)

    client.post(reverse("token-revoke", args=[ApiToken.objects.get().pk]))

    assert with_token(secret).get(LIST).status_code == 401
    assert AuditEvent.objects.get(action="token revoked").details == {"token": secret[:6]}
    assert not client.get("/account/").context["tokens"]


def test_nobody_revokes_the_token_of_somebody_else(person, world):
    secret = issued(person)

    answer = browser(world.people[Role.BOARD]).post(reverse("token-revoke", args=[ApiToken.objects.get().pk]))

    assert (answer.status_code, with_token(secret).get(LIST).status_code) == (404, 200)


def test_an_expired_token_opens_nothing(person):
    secret = issued(person)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert with_token(secret).get(LIST).status_code == 401


def test_the_last_use_is_noted_at_most_once_a_minute(person):
    secret = issued(person)
    with_token(secret).get(LIST)
    first = ApiToken.objects.get().last_used_at

    with_token(secret).get(LIST)
    again = ApiToken.objects.get().last_used_at
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    with_token(secret).get(LIST)

    assert first == again
    assert ApiToken.objects.get().last_used_at > first


def test_a_token_ends_with_the_password(person):
    secret = issued(person)
    new = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}

    answer = browser(person).post(reverse("account_change_password"), new)

    assert (answer.status_code, with_token(secret).get(LIST).status_code) == (302, 401)


@pytest.mark.parametrize("changes", [{"role": "institution_manager"}, {"is_active": ""}, {"institution": "neighbour"}])
def test_a_token_ends_with_the_rights_it_was_made_for(person, world, changes):
    secret = issued(person)
    if "institution" in changes:
        changes = {"institution": world.neighbour.pk}
    fields = {"username": person.username, "role": "staff", "institution": world.own.pk, "is_active": "on"}

    answer = browser(world.people[Role.ADMINISTRATOR]).post(
        reverse("admin:evaluation_user_change", args=[person.pk]), fields | changes
    )

    assert (answer.status_code, ApiToken.objects.usable(timezone.now()).exists()) == (302, False)
    assert with_token(secret).get(LIST).status_code == 401


def test_the_token_of_a_closed_account_is_refused_however_it_was_closed(person):
    secret = issued(person)
    type(person).objects.update(is_active=False)

    assert with_token(secret).get(LIST).status_code == 401


def test_a_program_is_told_name_scope_and_end_of_its_token(person):
    asked = {"username": person.username, "password": PASSWORD, "name": "nightly", "scope": "read", "days": 7}

    answer = browser().post("/api/v1/token/", asked)

    given = answer.json()
    assert list(given) == ["token", "name", "scope", "expires_at"]
    assert (given["name"], given["scope"]) == ("nightly", "read")
    assert with_token(given["token"]).get(LIST).status_code == 200
    assert ApiToken.objects.get().expires_at - timezone.now() < timedelta(days=7)


@pytest.mark.parametrize(("role", "scope"), [(Role.STAFF, "deliver"), (Role.BOARD, "read")])
def test_unless_told_otherwise_a_token_may_what_its_person_does(world, role, scope):
    assert tokens.default_scope(world.people[role]) == scope


def test_a_token_for_longer_than_a_year_is_refused(person):
    answer = browser().post("/api/v1/token/", {"username": person.username, "password": PASSWORD, "days": 366})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["days"])
