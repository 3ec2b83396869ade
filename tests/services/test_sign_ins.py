"""One count of failures per account and per address, whichever door they come through."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone

from evaluation.access.roles import Role
from evaluation.models import AttemptCount, AuditEvent, User
from evaluation.services import attempts, audit, sign_ins
from evaluation.services.sign_ins import SignInsClosed, begin_attempt
from tests.services.deliveries import at_once

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def person(db) -> User:
    return User.objects.create_user("Zhang", password=PASSWORD, role=Role.BOARD)


@pytest.fixture
def come_from():
    """Say where the requests come from."""
    token = audit.address.set("")
    yield audit.address.set
    audit.address.reset(token)


def let_time_pass() -> None:
    AttemptCount.objects.update(ends_at=timezone.now() - timedelta(seconds=1))


def tries(*names: str, password: str = "wrong") -> list[str]:
    """What each attempt comes to."""
    found = []
    for name in names:
        try:
            found.append("in" if authenticate(username=name, password=password) else "wrong")
        except SignInsClosed:
            found.append("closed")
    return found


def test_after_five_failures_the_right_password_is_refused_too_until_the_window_ends(person):
    assert tries(*["Zhang"] * 6) == ["wrong"] * 5 + ["closed"]
    assert tries("Zhang", password=PASSWORD) == ["closed"]

    let_time_pass()

    assert tries("Zhang", password=PASSWORD) == ["in"]


def test_the_failure_that_reaches_the_limit_begins_the_fifteen_minutes_anew(person):
    tries(*["Zhang"] * 4)
    soon = timezone.now() + timedelta(minutes=1)
    AttemptCount.objects.update(ends_at=soon)

    tries("Zhang")

    assert AttemptCount.objects.get().ends_at > timezone.now() + timedelta(minutes=14)


def test_another_spelling_of_a_name_is_the_same_account(person):
    assert tries("Zhang", "zhang", "ZHANG", "zHANG", "zhAng", "Zhang") == ["wrong"] * 5 + ["closed"]


@pytest.mark.parametrize("name", ["Zhang", "nobody"])
def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(person, name):
    tries(*[name] * 5)

    with pytest.raises(
        SignInsClosed, match=r"^After 5 wrong passwords or codes this account is closed until \d\d:\d\d"
    ):
        authenticate(username=name, password="wrong")


def test_a_typed_name_that_is_nobodys_is_kept_nowhere(person):
    tries("My-secret-password", "Zhang")

    events = AuditEvent.objects.filter(action="sign-in failed").order_by("pk")
    assert [(event.by, event.by_name) for event in events] == [(None, ""), (person, "Zhang")]
    kept = f"{list(AttemptCount.objects.values())} {list(AuditEvent.objects.values())}".lower()
    assert "secret" not in kept


@pytest.mark.parametrize("name", ["Zhang", "nobody"])
def test_the_event_of_the_failure_that_closes_an_account_says_so(person, name):
    tries(*[name] * 6)

    details = AuditEvent.objects.filter(action="sign-in failed").order_by("pk").values_list("details", flat=True)
    assert list(details) == [{}, {}, {}, {}, {"closed": ["account"]}]


def test_the_event_of_the_failure_that_closes_an_address_says_so(person, come_from):
    come_from("192.0.2.1")
    tries(*(f"name {number}" for number in range(52)))

    details = AuditEvent.objects.filter(action="sign-in failed").order_by("pk").values_list("details", flat=True)
    assert list(details) == [{}] * 49 + [{"closed": ["address"]}]


def test_a_right_password_takes_nothing_from_the_limit_and_does_not_lift_it(person):
    """Else who knows the password could try second factors without end."""
    assert tries(*["Zhang"] * 4) == ["wrong"] * 4
    assert tries(*["Zhang"] * 3, password=PASSWORD) == ["in"] * 3

    assert tries("Zhang", "Zhang") == ["wrong", "closed"]


def test_wrong_codes_of_the_second_factor_count_with_wrong_passwords(person):
    tries("Zhang", "Zhang")
    begin_attempt(user=person).give_back()  # a right code
    for _code in range(3):
        begin_attempt(user=person)

    with pytest.raises(SignInsClosed):
        begin_attempt(user=person)
    assert tries("Zhang", password=PASSWORD) == ["closed"]


def test_who_is_signed_in_begins_anew(person, client):
    tries(*["Zhang"] * 4)

    client.force_login(person)

    assert tries(*["Zhang"] * 5) == ["wrong"] * 5


def test_from_one_address_fifty_names_are_tried_and_no_more(person, come_from):
    come_from("192.0.2.1")
    assert set(tries(*(f"name {number}" for number in range(50)))) == {"wrong"}

    with pytest.raises(SignInsClosed, match="came from your network address"):
        authenticate(username="Zhang", password=PASSWORD)
    come_from("192.0.2.2")
    assert tries("Zhang", password=PASSWORD) == ["in"]


def test_knocking_at_a_closed_account_does_not_close_the_address_for_others(person, come_from):
    come_from("192.0.2.1")
    tries(*["nobody"] * 70)

    assert tries("Zhang", password=PASSWORD) == ["in"]


def test_addresses_of_one_network_are_one_in_the_new_internet(person, come_from):
    for number in range(50):
        come_from(f"2001:db8::{number:x}")
        tries(f"name {number}")

    come_from("2001:db8::ffff")
    assert tries("Zhang", password=PASSWORD) == ["closed"]
    come_from("2001:db8:0:1::1")
    assert tries("Zhang", password=PASSWORD) == ["in"]


def test_counts_of_ended_windows_are_deleted_with_the_next_attempt(person):
    tries(*(f"name {number}" for number in range(30)))
    let_time_pass()

    tries("Zhang")

    assert AttemptCount.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_time_cannot_slip_past_together():
    User.objects.create_user("Zhang", password=PASSWORD, role=Role.BOARD)
    found: list[str] = []

    raised = at_once(*[lambda: found.extend(tries("Zhang"))] * 12)

    assert raised == []
    assert sorted(found) == ["closed"] * 7 + ["wrong"] * 5


@pytest.mark.django_db(transaction=True)
def test_no_transaction_around_it_takes_a_count_back():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        authenticate(username="nobody", password="wrong")


@pytest.mark.django_db(transaction=True)
def test_counting_while_ended_windows_are_deleted_does_not_clash():
    ended = timezone.now() - timedelta(minutes=1)
    AttemptCount.objects.bulk_create(AttemptCount(key=f"key {number}", count=5, ends_at=ended) for number in range(40))

    def count_all(numbers):
        for number in numbers:
            attempts.count_attempt(key=f"key {number}", limit=5, window=sign_ins.WINDOW)

    raised = at_once(*(lambda step=step: count_all(range(40)[::step]) for step in (1, -1, 1, -1)))

    assert raised == []
    assert set(AttemptCount.objects.values_list("count", flat=True)) == {4}
