"""The way to a token is as narrow as the log-in page."""

import pytest

from evaluation.access.roles import Role
from evaluation.models import AuditEvent, User
from tests.factories import browser

PASSWORD = "correct horse battery"
TOKEN = "/api/v1/token/"


@pytest.fixture
def person(world) -> User:
    person = world.people[Role.BOARD]
    person.set_password(PASSWORD)
    person.save()
    return person


def ask(name: str, password: str = "wrong", **headers: str) -> int:
    return browser().post(TOKEN, {"username": name, "password": password}, headers=headers).status_code


def sign_in(name: str, password: str = "wrong") -> str:
    return browser().post("/account/login/", {"login": name, "password": password}).content.decode()


def test_a_changing_heading_does_not_help_to_guess_a_password(person):
    answers = [ask(person.username, **{"x-forwarded-for": f"192.0.2.{number}"}) for number in range(8)]

    assert answers == [400] * 5 + [429] * 3
    assert AuditEvent.objects.filter(action="sign-in failed", address="127.0.0.1", by=person).count() == 5


@pytest.mark.parametrize("heading", ["x" * 300, "1.2.3.4, " * 40, "::1%" + "z" * 300])
def test_no_heading_switches_the_limit_off(person, settings, heading):
    settings.TRUSTED_PROXIES = 1

    answers = [ask(f"name {number}", **{"x-forwarded-for": heading}) for number in range(51)]

    assert answers == [400] * 50 + [429]


def test_an_account_closed_on_the_page_gets_no_token_and_the_other_way_round(person, world):
    for _try in range(5):
        sign_in(person.username)
    assert ask(person.username, PASSWORD) == 429

    other = world.people[Role.REGULATOR]
    for _try in range(5):
        ask(other.username)
    assert "this account is closed until" in sign_in(other.username)


def test_empty_posts_neither_count_nor_open_what_is_closed(person):
    for _try in range(5):
        ask(person.username)

    answers = {ask("", "") for _try in range(420)}

    assert answers == {400}
    assert ask(person.username, PASSWORD) == 429


def test_the_refusal_is_a_problem_that_says_until_when(person):
    for _try in range(5):
        ask(person.username)

    answer = browser().post(TOKEN, {"username": person.username, "password": PASSWORD})

    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(answer["Retry-After"]) <= 15 * 60
    assert "this account is closed until" in answer.json()["detail"]


def test_visitors_behind_one_proxy_are_told_apart(person, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(50):
        ask(f"name {number}", **{"x-forwarded-for": "192.0.2.1"})

    assert ask(person.username, PASSWORD, **{"x-forwarded-for": "192.0.2.1"}) == 429
    assert ask(person.username, PASSWORD, **{"x-forwarded-for": "6.6.6.6, 192.0.2.2"}) == 200
    assert set(AuditEvent.objects.values_list("address", flat=True)) == {"192.0.2.1", "192.0.2.2"}
