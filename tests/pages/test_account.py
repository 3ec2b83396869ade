"""The own account: mail address, sessions, forgotten password."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from evaluation.access.roles import Role
from evaluation.models import AuditEvent, Session
from evaluation.services import people, sessions
from tests.factories import browser

PASSWORD = "correct horse battery"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


@pytest.fixture
def person(world):
    cache.clear()
    person = world.people[Role.STAFF]
    person.email = "wu@hospital.example"
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def mail_server(settings):
    settings.MAIL_IS_SENT = True


# ---- mail address --------------------------------------------------------------------------------------------------


def test_the_mail_address_changes_only_with_the_password(person):
    client = browser(person)

    for fields in ({}, {"password": "guessed"}, {"action_add": "", "password": ""}):
        answer = client.post("/account/email/", {"email": "thief@evil.example"} | fields)
        assert answer.status_code == 422
        person.refresh_from_db()
        assert person.email == "wu@hospital.example"


def test_a_changed_address_is_in_the_trail_masked_and_told_to_the_old_one(
    person, mail_server, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser(person).post("/account/email/", {"email": "new@other.example", "password": PASSWORD})

    person.refresh_from_db()
    assert (answer.status_code, person.email) == (302, "new@other.example")
    event = AuditEvent.objects.get(action="mail address changed")
    assert (event.by, event.details) == (person, {"before": "w***@h***", "after": "n***@o***"})
    [letter] = mail.outbox
    assert letter.to == ["wu@hospital.example"]
    assert "new@other.example" not in letter.body and person.username in letter.body


def test_an_address_changed_by_the_administrator_is_told_to_the_old_one_too(
    person, world, mail_server, django_capture_on_commit_callbacks
):
    fields = {"username": person.username, "role": "staff", "institution": world.own.pk, "is_active": "on"}

    with django_capture_on_commit_callbacks(execute=True):
        browser(world.people[Role.ADMINISTRATOR]).post(
            reverse("admin:evaluation_user_change", args=[person.pk]), fields | {"email": "new@other.example"}
        )

    assert [letter.to for letter in mail.outbox] == [["wu@hospital.example"]]
    assert AuditEvent.objects.get(action="mail address changed").by == world.people[Role.ADMINISTRATOR]


def test_a_mail_server_that_is_away_does_not_undo_the_change(
    person, mail_server, settings, caplog, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    with django_capture_on_commit_callbacks(execute=True):
        people.change_address(person=person, email="new@other.example", by=person)

    assert "could not be sent" in caplog.text
    assert "wu@hospital.example" not in caplog.text


@pytest.mark.parametrize(("email", "shown"), [("", ""), ("a@b.c", "a***@b***"), ("nonsense", "n***@***")])
def test_a_masked_address_is_recognised_and_not_readable(email, shown):
    assert people.masked(email) == shown


# ---- forgotten password --------------------------------------------------------------------------------------------


def test_without_a_mail_server_the_page_names_the_administrator_and_no_link_is_made(person, settings, capfd, caplog):
    settings.MAIL_IS_SENT = False
    client = browser()

    pages = [client.get("/account/password/reset/"), client.post("/account/password/reset/", {"email": person.email})]

    assert all("Ask the administrator" in page.content.decode() for page in pages)
    assert not mail.outbox
    assert "/reset/key/" not in caplog.text + "".join(capfd.readouterr())


def test_an_unknown_address_gets_no_mail_and_the_same_answer(person, mail_server):
    answers = [browser().post("/account/password/reset/", {"email": email}) for email in (person.email, "x@y.example")]

    assert [letter.to for letter in mail.outbox] == [[person.email]]
    assert len({(answer.status_code, answer.url) for answer in answers}) == 1


# ---- sessions ------------------------------------------------------------------------------------------------------


def signed_in(person, agent: str):
    client = browser(headers={"user-agent": agent})
    client.post("/account/login/", {"login": person.username, "password": PASSWORD})
    return client


def test_the_account_page_lists_where_the_person_is_signed_in(person):
    signed_in(person, FIREFOX)
    here = signed_in(person, CHROME)

    page = here.get("/account/")

    assert {each["row"].browser: each["is_here"] for each in page.context["sessions"]} == {
        "Chrome": True,
        "Firefox": False,
    }
    assert {each["row"].address for each in page.context["sessions"]} == {"127.0.0.1"}
    assert not any(row.session_key in page.content.decode() for row in Session.objects.all())


def test_one_session_is_ended_from_another(person):
    there, here = signed_in(person, FIREFOX), signed_in(person, CHROME)
    other = Session.objects.get(browser="Firefox")

    here.post(reverse("session-end"), {"session": sessions.public_name(other)})

    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert AuditEvent.objects.get(action="session ended").by == person


def test_all_others_are_ended_and_those_of_other_people_are_not(person, world):
    theirs = browser(world.people[Role.BOARD])
    elsewhere = [signed_in(person, FIREFOX), signed_in(person, FIREFOX)]
    here = signed_in(person, CHROME)

    here.post(reverse("session-end"), {"session": "others"})

    assert [client.get("/account/").status_code for client in (*elsewhere, here, theirs)] == [302, 302, 200, 200]


def test_nobody_ends_the_session_of_somebody_else(person, world):
    theirs = signed_in(person, FIREFOX)

    answer = browser(world.people[Role.BOARD]).post(
        reverse("session-end"), {"session": sessions.public_name(Session.objects.get(browser="Firefox"))}
    )

    assert (answer.status_code, theirs.get("/account/").status_code) == (404, 200)


def test_a_new_password_ends_the_other_sessions(person):
    there, here = signed_in(person, FIREFOX), signed_in(person, CHROME)
    new = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}

    here.post(reverse("account_change_password"), new)

    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert Session.objects.filter(user=person).count() == 1


def test_clicking_does_not_carry_a_session_beyond_twelve_hours(person, monkeypatch):
    client = signed_in(person, CHROME)
    started = Session.objects.get(user=person).started_at
    later(monkeypatch, client, started + timedelta(hours=11, minutes=50))

    answer = client.get("/account/")

    assert answer.status_code == 200
    assert Session.objects.get(user=person).expire_date == started + timedelta(hours=12)
    later(monkeypatch, client, started + timedelta(hours=12, seconds=1), by_clicking=False)
    assert client.get("/account/").status_code == 302


def later(monkeypatch, client, at: datetime, by_clicking: bool = True) -> None:
    """As if somebody had clicked until then."""
    monkeypatch.setattr(timezone, "now", lambda: at)
    if by_clicking:
        Session.objects.update(expire_date=at + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (CHROME, "Chrome"), (FIREFOX, "Firefox"), (f"{CHROME} Edg/141.0.0.0", "Edge"), ("curl/8.5", ""),
        (f"{CHROME} MicroMessenger/7.0.20", "WeChat"), (f"{CHROME} QQBrowser/13.0", "QQ"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari"),
    ],
)  # fmt: skip
def test_browsers_are_told_apart(agent, family):
    assert sessions.browser_family(agent) == family
