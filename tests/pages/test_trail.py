"""What reading and being refused leave in the audit trail: keys that were checked, and never what somebody typed."""

import json

import pytest
from django.urls import reverse

from evaluation.access.roles import Role
from evaluation.models import AttemptCount, AuditEvent
from tests.factories import api, browser, make_case, make_cell, make_upload
from tests.test_scoping import make_referral

NEEDLE = "330106199001011234"


@pytest.fixture
def staff(world):
    return world.people[Role.STAFF]


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def trail() -> str:
    return json.dumps([list(row) for row in AuditEvent.objects.values_list("thing", "details", "by_name")])


# ---- reading -------------------------------------------------------------------------------------------------------


def test_cases_seen_by_a_program_are_noted_with_what_was_looked_for(world, staff):
    make_case(world.own)

    api(staff).get(f"/api/v1/cases/?institution__code={world.own.code}&month__gte=2026-03-01&x={NEEDLE}")

    [event] = events("cases seen")
    filters = {"institution__code": world.own.code, "month__gte": "2026-03-01"}
    assert (event.by, event.thing) == (staff, "api")
    assert event.details == {"rows": 1, "of": 1, "page": 1, "filters": filters}


@pytest.mark.parametrize("name", ["drg_code", "institution__code", "disposition", "x"])
def test_text_that_finds_nothing_is_not_kept(world, staff, name):
    make_case(world.own)

    answer = api(staff).get(f"/api/v1/cases/?{name}={NEEDLE}")

    assert (answer.status_code, len(events("cases seen"))) == (200, 1)
    assert NEEDLE not in trail()


@pytest.mark.parametrize("kind", ["cases", "referrals"])
def test_one_row_that_a_program_reads_is_noted(world, staff, kind):
    row = make_case(world.own) if kind == "cases" else make_referral(world.own, world.lead, "OUT")
    key = row.pk if kind == "cases" else row.code

    assert api(staff).get(f"/api/v1/{kind}/{key}/").status_code == 200

    [event] = events(f"{kind} seen")
    assert event.thing == f"api {row._meta.model_name} {row.pk}"


def test_referrals_that_a_program_reads_are_noted(world, staff):
    make_referral(world.own, world.lead, "OUT")
    make_referral(world.county, world.own, "IN", direction="down")

    api(staff).get("/api/v1/referrals/?direction=up")

    [event] = events("referrals seen")
    assert event.details == {"rows": 1, "of": 1, "page": 1, "filters": {"direction": "up"}}


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/cases/0/", f"/api/v1/cases/{NEEDLE}/", "/api/v1/cases/?page=99", "/api/v1/cases/?month=March",
        "/api/v1/referrals/NOPE/", "/api/v1/referrals/?month=March", "/api/v1/referrals/?direction=sideways",
        "/cases/?indicator=NOPE", "/cases/?institution=NOPE", "/cases/?consortium=NOPE",
        "/cases/?download=pdf&table=cases", "/cases/?download=csv&table=NOPE",
    ],
)  # fmt: skip
def test_what_was_not_shown_was_not_seen(world, staff, url):
    make_case(world.own)
    make_referral(world.own, world.lead, "OUT")
    client = api(staff) if url.startswith("/api/") else browser(staff)

    assert client.get(url).status_code in (400, 404)

    assert events("cases seen") == events("referrals seen") == events("export") == []
    assert NEEDLE not in trail()


def test_a_page_of_cases_is_noted_by_its_keys(world, staff):
    make_case(world.own)
    query = f"institution={world.own.code}&indicator=SURG4&period=2026-03&drg={NEEDLE}&counted=all&q={NEEDLE}&page=7"

    browser(staff).get(f"/cases/?{query}")

    [event] = events("cases seen")
    assert event.thing == world.own.code
    assert event.details == {
        "consortium": "YUNLING", "institution": world.own.code, "indicator": "SURG4", "period": "2026-03", "page": 1,
    }  # fmt: skip
    assert NEEDLE not in trail()


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("/?period=2026-03&table=lights", {"view": "home", "consortium": "YUNLING", "period": "2026-03"}),
        (
            "/cases/?period=2026-03&drg=ES25&table=cases",
            {"view": "case-list", "consortium": "YUNLING", "period": "2026-03", "drg": "ES25"},
        ),
        (
            "/indicators/MORT/?period=2026-Q1&table=ranking",
            {"view": "indicator-show", "code": "MORT", "consortium": "YUNLING", "period": "2026-Q1"},
        ),
    ],
)
def test_a_download_is_noted_by_its_keys(world, staff, url, keys):
    make_cell(world.own)

    answer = browser(staff).get(f"{url}&download=csv&q={NEEDLE}&page={NEEDLE}&indicator={NEEDLE}&institution=")
    if url.startswith("/cases/"):  # which finds no such indicator
        answer = browser(staff).get(f"{url}&download=csv&q={NEEDLE}")

    assert answer.status_code == 200
    [event] = events("export")
    assert event.details == {"rows": event.details["rows"], **keys}
    assert NEEDLE not in trail()


def test_a_download_of_problems_is_noted_with_its_upload(world, staff):
    upload = make_upload(world.own, staff)

    browser(staff).get(f"/uploads/{upload.pk}/?download=csv&table=problems&consortium={NEEDLE}")

    [event] = events("export")
    assert (event.details["pk"], event.details["view"]) == (upload.pk, "upload-show")
    assert NEEDLE not in trail()


# ---- being refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "view"),
    [("/cases/", "case-list"), ("/audit/", "audit-list"), ("/admin/evaluation/user/add/", "admin:evaluation_user_add")],
)
def test_a_page_that_is_refused_leaves_an_event(world, url, view):
    person = world.people[Role.CONSORTIUM_MANAGER if url != "/cases/" else Role.BOARD]

    assert browser(person).get(f"{url}?q={NEEDLE}").status_code == 403

    [event] = events("access refused")
    assert (event.by, event.thing, event.details, event.address) == (person, view, {}, "127.0.0.1")


def test_an_answer_that_is_refused_to_a_program_leaves_an_event(world):
    board = world.people[Role.BOARD]

    assert api(board).get("/api/v1/cases/").status_code == 403

    [event] = events("access refused")
    assert (event.by, event.thing) == (board, "api-case-list")


def test_a_refusal_inside_a_transaction_leaves_its_event(world):
    theirs = make_upload(world.own, world.people[Role.STAFF])
    office = world.people[Role.CONSORTIUM_MANAGER]

    assert browser(office).post(reverse("upload-submit", args=[theirs.pk])).status_code == 403

    assert [event.thing for event in events("access refused")] == ["upload-submit"]


def test_who_asks_again_and_again_is_noted_once_a_minute(world):
    client = browser(world.people[Role.BOARD])
    for _try in range(20):
        client.get("/cases/")
    assert len(events("access refused")) == 1

    AttemptCount.objects.all().delete()  # the minute is over
    client.get("/cases/")

    assert len(events("access refused")) == 2


def test_a_token_that_opens_nothing_is_noted_once_a_minute_and_address(world, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(20):
        headers = {"authorization": f"Token {NEEDLE}", "x-forwarded-for": f"192.0.2.{number % 2}"}
        assert browser().get("/api/v1/cases/", headers=headers).status_code == 401

    found = events("token refused")
    assert [(event.by, event.address) for event in found] == [(None, "192.0.2.0"), (None, "192.0.2.1")]
    assert NEEDLE not in trail()


def test_a_visitor_without_token_leaves_no_event(world):
    browser().get("/api/v1/cases/")
    browser().get("/cases/")

    assert not AuditEvent.objects.exists()
