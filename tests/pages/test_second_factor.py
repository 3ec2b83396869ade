"""Office, board and administrators sign in with a second factor; without one nothing else opens."""

import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse

from evaluation.access.roles import NEED_SECOND_FACTOR, Role
from evaluation.models import ApiToken, AuditEvent
from tests.factories import browser

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def required(db, settings):
    settings.SECOND_FACTOR = True
    cache.clear()


@pytest.fixture
def people(world):
    for person in world.people.values():
        person.set_password(PASSWORD)
        person.save()
    return world.people


@pytest.fixture
def office(people):
    return people[Role.CONSORTIUM_MANAGER]


def code_of(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(person) -> str:
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def sign_in(person, client=None):
    client = client or browser()
    client.post("/account/login/", {"login": person.username, "password": PASSWORD})
    return client


def give(client, code: str):
    return client.post(reverse("mfa_authenticate"), {"code": code})


@pytest.mark.parametrize("role", sorted(NEED_SECOND_FACTOR))
def test_who_has_yet_to_set_it_up_gets_to_the_set_up_and_nowhere_else(people, role):
    client = sign_in(people[role])

    for url in ("/", "/institutions/", "/account/", "/admin/", "/uploads/", "/audit/", "/account/email/"):
        answer = client.get(url)
        assert (answer.status_code, answer.url) == (302, reverse("mfa_activate_totp"))
    program = client.get("/api/v1/indicators/")
    assert (program.status_code, program["Content-Type"]) == (403, "application/problem+json")
    assert "second factor" in program.json()["detail"]


def test_the_page_of_the_set_up_tells_nothing_of_a_consortium(office, world):
    client = sign_in(office)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    page = client.get(reverse("mfa_activate_totp")).content.decode()

    assert "<svg" in page and "Your role sees and decides much" in page
    assert world.consortium.name not in page


@pytest.mark.django_db(transaction=True)
def test_once_it_is_set_up_everything_opens(office):
    client = sign_in(office)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))

    client.post(reverse("mfa_activate_totp"), {"code": code_of(client.session[SECRET_SESSION_KEY])})

    assert client.get("/institutions/").status_code == 200
    assert AuditEvent.objects.get(action="second factor set up").by == office
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(codes) == 10


@pytest.mark.parametrize("role", [role for role in Role if role not in NEED_SECOND_FACTOR])
def test_others_sign_in_with_the_password_alone(people, role):
    assert sign_in(people[role]).get("/account/").status_code == 200


def test_in_a_demo_nobody_is_asked(office, settings):
    settings.SECOND_FACTOR = False

    assert sign_in(office).get("/institutions/").status_code == 200


def test_password_and_code_open_everything_and_the_password_alone_nothing(office):
    secret = set_up(office)
    client = sign_in(office)
    before = client.get("/institutions/")

    give(client, code_of(secret))

    assert before.status_code == 302
    assert client.get("/institutions/").status_code == 200


def test_a_wrong_code_is_a_failed_sign_in(office):
    set_up(office)
    client = sign_in(office)

    give(client, "000000x")

    assert client.get("/institutions/").status_code == 302
    event = AuditEvent.objects.get(action="sign-in failed")
    assert (event.by_name, event.details) == (office.username, {"step": "second factor"})


def test_after_five_wrong_codes_the_right_one_is_refused_too(office):
    secret = set_up(office)
    client = sign_in(office)
    for number in range(5):
        give(client, f"wrong{number}")

    give(client, code_of(secret))

    assert client.get("/institutions/").status_code == 302


def test_a_code_counts_once(office):
    secret = set_up(office)
    code = code_of(secret)
    give(sign_in(office), code)
    cache.clear()  # what allauth remembers
    watcher = sign_in(office)

    give(watcher, code)

    assert watcher.get("/institutions/").status_code == 302
    give(watcher, code_of(secret, steps=1))
    assert watcher.get("/institutions/").status_code == 200


def test_a_recovery_code_opens_once(office):
    set_up(office)
    code = RecoveryCodes.activate(office).get_unused_codes()[0]
    first, second = sign_in(office), sign_in(office)

    give(first, code)
    give(second, code)

    assert [client.get("/institutions/").status_code for client in (first, second)] == [200, 302]


def test_a_browser_from_before_the_set_up_signs_in_anew(office):
    before = sign_in(office)
    set_up(office)

    answer = before.get("/institutions/")

    assert (answer.status_code, answer.url) == (302, reverse("account_login"))
    assert before.get("/account/").url.startswith(reverse("account_login"))


def test_who_needs_it_does_not_take_it_off(office):
    secret = set_up(office)
    client = sign_in(office)
    give(client, code_of(secret))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    client.post(reverse("mfa_deactivate_totp"))

    assert Authenticator.objects.filter(user=office).exists()


def test_the_secret_is_encrypted_and_worthless_under_another_key(office, settings):
    secret = set_up(office)
    stored = Authenticator.objects.get().data["secret"]

    assert secret not in stored
    assert get_adapter().decrypt(stored) == secret
    settings.SECRET_KEY = "another"
    assert get_adapter().decrypt(stored) not in ("", secret)


# ---- tokens --------------------------------------------------------------------------------------------------------


def ask(person, **more):
    return browser().post("/api/v1/token/", {"username": person.username, "password": PASSWORD} | more)


def test_a_token_needs_the_second_factor_where_the_role_does(office):
    answer = ask(office)

    assert answer.status_code == 403
    assert "second factor" in answer.json()["detail"]
    assert not ApiToken.objects.exists()


def test_a_token_needs_the_code_where_the_account_has_a_second_factor(people):
    staff = people[Role.STAFF]
    secret = set_up(staff)

    for refused in (ask(staff), ask(staff, code="000000x")):
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["code"])
    assert not ApiToken.objects.exists()
    assert ask(staff, code=code_of(secret)).status_code == 200


# ---- a lost device -------------------------------------------------------------------------------------------------


def test_the_administrator_removes_the_factor_of_others_and_not_the_own(people, office):
    administrator = people[Role.ADMINISTRATOR]
    secret = set_up(administrator)
    set_up(office)
    client = sign_in(administrator)
    give(client, code_of(secret))

    client.post(
        reverse("admin:evaluation_user_changelist"),
        {"action": "remove_second_factor", "_selected_action": [office.pk, administrator.pk]},
    )

    assert [each.user for each in Authenticator.objects.all()] == [administrator]
    event = AuditEvent.objects.get(action="second factor removed")
    assert (event.by, event.thing) == (administrator, office.key)


def test_the_last_administrator_is_helped_on_the_server(people):
    administrator = people[Role.ADMINISTRATOR]
    set_up(administrator)

    call_command("remove_second_factor", administrator.username)

    assert not Authenticator.objects.exists()
    assert AuditEvent.objects.get(action="second factor removed").by_name == "remove_second_factor"
