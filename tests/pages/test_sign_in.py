"""Signing in by the page, and every other place that asks for a password."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from evaluation.access.roles import Role
from evaluation.models import User
from tests.factories import browser

PASSWORD = "correct horse battery"
LOGIN = "/account/login/"
CLOSED = "this account is closed until"


@pytest.fixture
def person(world) -> User:
    person = world.people[Role.ADMINISTRATOR]
    person.set_password(PASSWORD)
    person.save()
    return person


def post(client, url: str, **fields: str) -> str:
    return client.post(url, fields, follow=True).content.decode()


def test_five_wrong_passwords_close_the_account_in_words(person):
    for _try in range(5):
        assert CLOSED not in post(browser(), LOGIN, login=person.username, password="wrong")

    answer = post(browser(), LOGIN, login=person.username, password=PASSWORD)

    assert "After 5 wrong passwords or codes" in answer and CLOSED in answer


def test_an_emptied_cache_opens_nothing(person):
    for _try in range(5):
        post(browser(), LOGIN, login=person.username, password="wrong")
    cache.clear()

    assert CLOSED in post(browser(), LOGIN, login=person.username, password=PASSWORD)


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("/account/reauthenticate/", {"password": "wrong"}),
        ("/account/password/change/", {"oldpassword": "wrong", "password1": "another horse", "password2": "another horse"}),
    ],
)  # fmt: skip
def test_a_wrong_present_password_counts_like_one_at_the_door(person, url, fields):
    client = browser(person)
    for _try in range(5):
        assert CLOSED not in post(client, url, **fields)

    assert CLOSED in post(client, url, **dict.fromkeys(fields, PASSWORD))
    assert CLOSED in post(browser(), LOGIN, login=person.username, password=PASSWORD)
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_right_present_password_changes_it_and_opens_the_account(person):
    for _try in range(4):
        post(browser(), LOGIN, login=person.username, password="wrong")
    new = "another horse battery"

    post(browser(person), "/account/password/change/", oldpassword=PASSWORD, password1=new, password2=new)

    person.refresh_from_db()
    assert person.check_password(new)
    client = browser()
    assert CLOSED not in post(client, LOGIN, login=person.username, password=new)
    assert client.get("/account/").status_code == 200


def test_a_password_given_by_the_administrator_opens_the_account(person, world):
    staff = world.people[Role.STAFF]
    for _try in range(6):
        post(browser(), LOGIN, login=staff.username, password="wrong")
    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    browser(person).post(reverse("admin:auth_user_password_change", args=[staff.pk]), new)

    client = browser()
    post(client, LOGIN, login=staff.username, password=PASSWORD)
    assert client.get("/account/").status_code == 200


def test_who_asks_for_many_mails_is_told_to_wait_on_a_page_of_the_site(world, settings):
    settings.MAIL_IS_SENT = True
    cache.clear()
    answers = [browser().post("/account/password/reset/", {"email": "x@example.org"}) for _try in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "That was too often" in answers[-1].content.decode()


def test_the_administration_has_no_form_of_its_own_to_try_passwords(person):
    fields = {"username": person.username, "password": "wrong"}

    stranger = browser().post(reverse("admin:login"), fields)
    signed_in = browser(person).post(reverse("admin:login"), fields)

    assert stranger.url.startswith(LOGIN)
    assert signed_in.url == reverse("admin:index")
