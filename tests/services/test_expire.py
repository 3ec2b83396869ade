"""Sheets that nobody submitted do not stay for ever, nor do the problems of any sheet."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from evaluation.models import AuditEvent, InpatientCase, StagedChunk, Upload
from evaluation.services import uploads
from tests.services.deliveries import case, confirmed, delivered, make_world, stored

pytestmark = pytest.mark.django_db
Status = Upload.Status


@pytest.fixture(autouse=True)
def world():
    return make_world()


def aged(upload: Upload, days: int) -> Upload:
    Upload.objects.filter(pk=upload.pk).update(created_at=timezone.now() - timedelta(days=days))
    return upload


def test_a_sheet_that_nobody_submitted_is_withdrawn_with_a_sentence_and_its_rows_go():
    upload = aged(delivered([case(1), case(2, age="121")]), 31)

    assert uploads.expire_uploads() == 1

    upload.refresh_from_db()
    assert (upload.status, upload.rows_read, upload.rows_rejected) == (Status.WITHDRAWN, 2, 1)
    assert upload.failure == "Not submitted within 30 days: its rows were deleted. Deliver the sheet again."
    assert not upload.problems.exists()
    assert not StagedChunk.objects.exists()
    assert [(group["rule"], group["count"], group["values"]) for group in upload.problem_groups] == [
        ("V1", 1, {"cell": None})
    ]
    assert AuditEvent.objects.latest("pk").action == "upload expired"


def test_younger_sheets_and_confirmed_ones_stay():
    young = aged(delivered([case(1), case(2, age="121")]), 29)
    waiting = aged(uploads.submit(upload=delivered([case(3)]), by=None), 31)

    assert uploads.expire_uploads() == 0

    young.refresh_from_db()
    assert (young.status, young.problems.count()) == (Status.CHECKED, 1)
    assert uploads.store(waiting).status == Status.SUBMITTED


def test_of_a_submitted_sheet_the_problems_go_and_the_rows_stay():
    upload = aged(stored([case(1), case(2, main_dx="R50.900")]), 31)

    assert uploads.expire_uploads() == 0

    upload.refresh_from_db()
    assert (upload.status, upload.rows_flagged, upload.problems.count()) == (Status.SUBMITTED, 1, 0)
    assert InpatientCase.objects.filter(is_current=True).count() == 2


def test_the_setting_says_after_how_many_days(settings):
    settings.KEEP_STAGED_DAYS = 7
    aged(delivered([case(1)]), 8)
    output = io.StringIO()

    call_command("expire_uploads", stdout=output)

    assert output.getvalue() == "Withdrew 1 sheets.\n"


def test_what_expired_cannot_be_submitted_any_more():
    upload = aged(delivered([case(1)]), 31)
    uploads.expire_uploads()

    with pytest.raises(ValidationError, match="withdrawn: this step is not possible any more"):
        confirmed(upload)
