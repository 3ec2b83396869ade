"""The page of an upload: what the sheet will do and what has to be decided before it is submitted."""

import pytest

from evaluation.access.roles import Role
from evaluation.models import Upload
from evaluation.services import uploads
from tests.factories import MARCH, browser, case_row, delivered


@pytest.fixture
def staff(world):
    return world.people[Role.STAFF]


def submitted(*rows, by) -> Upload:
    return uploads.store(uploads.submit(upload=delivered(*rows, by=by), by=by))


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_the_page_names_the_cases_that_go_and_submits_when_it_is_confirmed(staff):
    submitted(*map(case_row, range(4)), by=staff)
    upload = delivered(case_row(1), by=staff, month=MARCH, mode="replace")
    client = browser(staff)

    shown = text(client.get(f"/uploads/{upload.pk}/"))
    refused = client.post(f"/uploads/{upload.pk}/submit/", follow=True)
    client.post(f"/uploads/{upload.pk}/submit/", {"confirm_removal": "yes"})

    assert "3 of the 4 cases of March 2026 will be taken out." in shown
    assert 'name="confirm_removal"' in shown
    assert "Confirm it if this is meant." in text(refused)
    upload.refresh_from_db()
    assert upload.status == Upload.Status.SUBMITTED


def test_warnings_to_accept_are_ticked_by_rule(staff):
    submitted(case_row("007", patient_id="A"), by=staff)
    upload = delivered(case_row("7", patient_id="A"), by=staff)
    client = browser(staff)

    shown = text(client.get(f"/uploads/{upload.pk}/"))
    client.post(f"/uploads/{upload.pk}/submit/", {"accept_warnings": ["V26"]})

    assert 'name="accept_warnings" value="V26" required' in shown
    upload.refresh_from_db()
    assert upload.status == Upload.Status.SUBMITTED


def test_the_list_shows_the_months_of_a_sheet_where_none_was_chosen(staff):
    one, three = (
        uploads.foresee(delivered(*(case_row(n, f"2026-0{n}-28", admitted_at="2026-01-02") for n in months), by=staff))
        for months in ((3,), (1, 2, 3))
    )

    shown = text(browser(staff).get("/uploads/"))

    assert (one.month, three.month) == (None, None)
    assert "March 2026<" in shown
    assert "January 2026 – March 2026 (3 months)" in shown
