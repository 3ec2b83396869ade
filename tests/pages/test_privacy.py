"""Nothing that a person was shown stays in a browser or proxy."""

import pytest
from django.urls import reverse

from evaluation.access.roles import Role
from tests.factories import api, browser, make_case, make_upload

PRIVATE = "no-store, private"


def is_private(answer) -> bool:
    rules = answer["Cache-Control"]
    return "no-store" in rules and "private" in rules


def test_cases_uploads_and_accounts_are_not_kept(world):
    case, upload = make_case(world.own), make_upload(world.own, world.people[Role.STAFF])
    staff = world.people[Role.STAFF]
    page, program = browser(staff), api(staff)
    pages = (
        "/", "/cases/", "/cases/?download=csv&table=cases", "/uploads/", f"/uploads/{upload.pk}/",
        f"/uploads/{upload.pk}/?download=csv&table=problems", "/account/", "/account/password/change/",
        "/account/email/", "/account/reauthenticate/", "/nowhere/", f"/cases/?institution={world.foreign.code}",
    )  # fmt: skip
    addresses = (
        "cases",
        f"cases/{case.pk}",
        "uploads",
        f"uploads/{upload.pk}",
        "referrals",
        "institutions",
        "uploads/0",
    )

    open_pages = [url for url in pages if not is_private(page.get(url))]
    open_addresses = [url for url in addresses if not is_private(program.get(f"/api/v1/{url}/"))]

    assert (open_pages, open_addresses) == ([], [])


@pytest.mark.parametrize("url", ["admin:index", "admin:evaluation_user_changelist"])
def test_the_administration_is_not_kept(world, url):
    assert is_private(browser(world.people[Role.ADMINISTRATOR]).get(reverse(url)))


def test_what_a_stranger_gets_at_the_door_is_not_kept_either(world):
    answers = [
        browser().get("/account/login/"),
        browser().get("/account/password/reset/"),
        browser().get("/"),
        browser().post("/api/v1/token/", {"username": "x", "password": "y"}),
        browser().get("/api/v1/cases/"),
    ]

    assert all(is_private(answer) for answer in answers)


def test_a_refused_page_is_not_kept(world):
    answer = browser(world.people[Role.BOARD]).get("/cases/")

    assert (answer.status_code, answer["Cache-Control"]) == (403, PRIVATE)
