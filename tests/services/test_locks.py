"""One order of locks: who stores a sheet and who edits, undoes or computes at the same time never wait in a circle."""

import threading
from contextlib import contextmanager

import pytest
from django.core.exceptions import ValidationError

from evaluation.models import AuditEvent, Department, InpatientCase, Upload
from evaluation.services import locks, uploads
from evaluation.services.typed_rows import deliver_row
from evaluation.signals import upload_changed
from tests.browser.processes import wait_for
from tests.referrals.test_checks import GOOD as REFERRAL
from tests.services.deliveries import H1, H2, at_once, case, delivered, make_world, stored
from tests.services.test_at_once import someone_waits_for_a_lock

DEPARTMENT = {"institution": H1, "code": "0301", "name": "呼吸", "bed_type": ""}
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def held_before_its_end(upload: Upload):
    """Storing the upload stops with all its data written and locked; yields the events "is there" and "may go on"."""
    written, go_on = threading.Event(), threading.Event()

    def pause(upload: Upload, _pk: int = upload.pk, **_kwargs) -> None:
        if upload.pk == _pk:
            written.set()
            assert go_on.wait(60)

    upload_changed.connect(pause)
    try:
        yield written, go_on
    finally:
        go_on.set()
        upload_changed.disconnect(pause)


def confirmed_sheet(rows, dataset: str = "cases", **options) -> Upload:
    return uploads.submit(upload=delivered(rows, dataset, **options), by=None)


def test_the_office_edits_a_department_while_a_sheet_is_stored():
    world = make_world()
    sheet = confirmed_sheet([DEPARTMENT | {"code": "0302"}], "departments")
    with held_before_its_end(sheet) as (written, go_on):

        def edit() -> None:
            assert written.wait(60)
            deliver_row(dataset="departments", values=DEPARTMENT, by=world.manager)

        def let_go() -> None:
            wait_for(someone_waits_for_a_lock, "the edit to wait for the sheet")
            go_on.set()

        raised = at_once(lambda: uploads.store(sheet), edit, let_go)

    assert raised == []
    assert set(Department.objects.values_list("code", flat=True)) == {"0300", "0301", "0302"}
    assert AuditEvent.objects.filter(action="upload stored").count() == 2


def test_a_referral_and_the_case_that_came_by_it_stored_at_once_find_each_other():
    make_world()
    cases = confirmed_sheet([case(1, admitted_at="2026-02-27", institution=H2, patient_id="A")])
    referral = REFERRAL | {"sender": H1, "receiver": H2, "requested_at": "2026-02-26 09:00", "patient_id": "A"}
    referrals = confirmed_sheet([referral], "referrals")
    with held_before_its_end(cases) as (written, go_on):

        def refer() -> None:
            assert written.wait(60)
            uploads.store(referrals)

        def let_go() -> None:
            wait_for(someone_waits_for_a_lock, "the referral to wait for the cases")
            go_on.set()

        raised = at_once(lambda: uploads.store(cases), refer, let_go)

    assert raised == []
    assert InpatientCase.objects.get().came_by_referral == "up"


def test_a_person_who_waits_for_others_is_told_so(monkeypatch):
    world = make_world()
    monkeypatch.setattr(locks, "A_CLICK", 0)
    old = stored([case(1)], institution=world.first)
    sheet = confirmed_sheet([case(2)], institution=world.first)
    refused: list[str] = []
    with held_before_its_end(sheet) as (written, go_on):

        def undo() -> None:
            assert written.wait(60)
            with pytest.raises(ValidationError) as error:
                uploads.undo(upload=old, by=world.manager)
            refused.extend(error.value.messages)
            go_on.set()

        raised = at_once(lambda: uploads.store(sheet), undo)

    assert raised == []
    assert refused == ["Another sheet with these data is being stored right now. Try again in a few minutes."]
    old.refresh_from_db()
    assert old.status == Upload.Status.SUBMITTED
