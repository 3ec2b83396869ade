"""What fails for a reason of its own is set aside with the reason; nothing else waits for it."""

import io
import math

import pytest
from django.db import connection
from django.utils import timezone

from evaluation import tasks
from evaluation.datasets import dataset_by_name
from evaluation.models import AuditEvent, CaseCell, IndicatorValue, LocalBenchmark, StaleMark, Threshold, Upload
from evaluation.services import recompute, staleness, uploads
from evaluation.services.recompute import recompute_all_stale
from evaluation.services.uploads.advance import MOST_TRIES
from evaluation.signals import upload_changed
from tests.factories import api
from tests.importing.sheets import written
from tests.services.deliveries import H1, H2, MARCH, Status, World, at_once, case, delivered, make_world, stored
from tests.services.test_locks import held_before_its_end

TOO_LONG = "SELECT repeat('x', 1073741824)"  # the database refuses: an OperationalError, every time


@pytest.fixture
def poisoned(world):
    """An upload whose storing asks the database for what it cannot do."""
    upload = uploads.submit(upload=delivered([case(1)], by=world.staff, institution=world.first), by=world.staff)

    def stumble(upload: Upload, _pk: int = upload.pk, **_kwargs) -> None:
        if upload.pk == _pk:
            with connection.cursor() as cursor:
                cursor.execute(TOO_LONG)

    upload_changed.connect(stumble)
    yield upload
    upload_changed.disconnect(stumble)


def values_of(code: str) -> set[str]:
    return set(
        IndicatorValue.objects.filter(institution__code=code, period="2026-03").values_list("indicator", flat=True)
    )


@pytest.mark.django_db
def test_a_poisoned_upload_stops_neither_the_others_nor_the_figures(poisoned):
    other = uploads.submit(upload=delivered([case(2, institution=H2)]), by=None)

    tasks.sweep()

    poisoned.refresh_from_db()
    other.refresh_from_db()
    assert (poisoned.status, poisoned.tries) == (Status.STORING, 1)
    assert other.status == Status.SUBMITTED
    assert "ALOS" in values_of(H2)


@pytest.mark.django_db
def test_a_poisoned_upload_is_set_aside_after_some_tries_and_everybody_is_told_why(poisoned, world, caplog):
    for _sweep in range(MOST_TRIES):
        tasks.sweep()

    poisoned.refresh_from_db()
    assert poisoned.status == Status.FAILED
    assert poisoned.failure.startswith("The database could not do it (ProgramLimitExceeded)")
    assert uploads.waiting_uploads() == []
    assert api(world.staff).get(f"/api/v1/uploads/{poisoned.pk}/").json()["failure"] == poisoned.failure
    assert f"Upload {poisoned.pk} is set aside" in caplog.text
    assert AuditEvent.objects.filter(action="upload set aside").count() == 1


@pytest.mark.django_db
def test_an_upload_that_was_set_aside_can_be_submitted_again_and_has_all_its_tries(poisoned, world):
    for _sweep in range(MOST_TRIES):
        tasks.sweep()

    uploads.submit(upload=poisoned, by=world.staff)
    tasks.sweep()

    poisoned.refresh_from_db()
    assert (poisoned.status, poisoned.tries) == (Status.STORING, 1)


@pytest.mark.django_db
def test_a_sheet_that_ends_the_process_each_time_is_set_aside_too(world):
    """Of a try that was killed nothing is left but the count."""
    content = io.BytesIO(written(dataset_by_name("cases").layout, [case(1)]))
    upload = uploads.receive(dataset="cases", file=content, filename="a.csv", by=None)
    Upload.objects.filter(pk=upload.pk).update(tries=MOST_TRIES)

    tasks.sweep()

    upload.refresh_from_db()
    assert upload.status == Status.FAILED
    assert f"gave up at this sheet {MOST_TRIES} times" in upload.failure
    assert upload.rows_accepted == 0


@pytest.mark.django_db(transaction=True)
def test_a_second_sweep_does_not_wait_for_a_store_that_runs():
    """Neither for the sheet that is being stored nor for another one of the same institution."""
    make_world()
    spending = {"month": "2026-03", "institution": H1, "category": "training", "amount": "1.00"}
    running, behind, elsewhere = (
        uploads.submit(upload=delivered(rows, dataset), by=None)
        for rows, dataset in (([case(1)], "cases"), ([case(2)], "cases"), ([spending], "expenditures"))
    )
    with held_before_its_end(running) as (written_all, go_on):

        def second_sweep() -> None:
            assert written_all.wait(60)
            uploads.advance_all()
            assert not go_on.is_set()
            go_on.set()

        raised = at_once(lambda: uploads.advance(running), second_sweep)

    assert raised == []
    for upload in (running, behind, elsewhere):
        upload.refresh_from_db()
    assert [each.status for each in (running, behind, elsewhere)] == [
        Status.SUBMITTED,
        Status.STORING,
        Status.SUBMITTED,
    ]
    assert behind.tries == 0
    tasks.sweep()
    behind.refresh_from_db()
    assert behind.status == Status.SUBMITTED


# ---- computing -----------------------------------------------------------------------------------------------------


@pytest.fixture
def two_hospitals(world) -> World:
    """Both have delivered March; the cases of the first divide by a benchmark of nothing."""
    stored([case(1, drg_code="BR21"), case(2, institution=H2)])
    LocalBenchmark.objects.create(
        consortium=world.first.memberships.get().consortium,
        year=2026,
        region=world.first.region_code,
        level=world.first.level,
        drg="BR21",
        avg_cost=0,
    )
    return world


def set_aside() -> list[StaleMark]:
    return list(StaleMark.objects.filter(retry_at__isnull=False))


def test_cells_that_cannot_be_computed_keep_no_other_hospital_from_its_figures(two_hospitals):
    recompute_all_stale()

    assert "ALOS" in values_of(H2)
    [mark] = set_aside()
    assert (mark.source, mark.institution, mark.month) == (StaleMark.Source.CASES, two_hospitals.first, MARCH)
    assert mark.failure.startswith("DataError")
    assert StaleMark.objects.count() == 1


def test_what_was_set_aside_is_tried_again_later_and_is_stale_since_the_beginning(two_hospitals):
    began = StaleMark.objects.earliest("marked_at").marked_at
    recompute_all_stale()
    LocalBenchmark.objects.update(avg_cost=1)
    assert recompute_all_stale() == 0
    assert [mark.marked_at for mark in set_aside()] == [began]

    StaleMark.objects.update(retry_at=timezone.now())
    recompute_all_stale()

    assert not StaleMark.objects.exists()
    assert "ALOS" in values_of(H1)


def test_a_hospital_that_fails_again_is_set_aside_once(two_hospitals):
    for _turn in range(3):
        staleness.mark_cases([(two_hospitals.first.pk, MARCH)])
        recompute_all_stale()

    assert len(set_aside()) == 1


def test_everything_is_rebuilt_but_what_fails(two_hospitals):
    recompute.recompute_everything()

    assert "ALOS" in values_of(H2)
    assert [mark.institution for mark in set_aside()] == [two_hospitals.first]


@pytest.mark.parametrize("are_all_stale", [False, True])
def test_a_scope_that_cannot_be_computed_keeps_no_other_from_its_values(world, are_all_stale):
    """A value that is no number cannot be written down with its reason."""
    Threshold.objects.update_or_create(indicator="CEI", level="L3", defaults={"red_high": 1.2})
    stored([case(1), case(2, institution=H2)])
    recompute_all_stale()
    own = IndicatorValue.objects.filter(institution=world.first)
    before = set(own.values_list("pk", "value"))
    CaseCell.objects.filter(institution=world.first).update(benched=30, cost_index=math.inf)
    CaseCell.objects.filter(institution=world.second).update(bed_days=77)

    if are_all_stale:
        StaleMark.objects.create(source=StaleMark.Source.VALUES)
    else:
        staleness.mark_values([(world.first.pk, MARCH), (world.second.pk, MARCH)])
    recompute_all_stale()

    assert IndicatorValue.objects.get(institution=world.second, indicator="ALOS", period="2026-03").value == 77
    assert set(own.values_list("pk", "value")) == before
    consortium = world.first.memberships.get().consortium
    assert {(mark.institution, mark.consortium, mark.month) for mark in set_aside()} == {
        (world.first, None, None), (None, consortium, None),
    }  # fmt: skip


@pytest.mark.parametrize("bound", [1, 200])
def test_most_partitions_stale_are_rebuilt_at_once_with_the_same_outcome(world, monkeypatch, bound):
    monkeypatch.setattr(recompute, "MANY_PARTITIONS", bound)
    paths: list[str] = []
    monkeypatch.setattr(recompute, "_rebuild_all_cells", _noting(recompute._rebuild_all_cells, paths))
    stored([case(1, "2026-01-21", admitted_at="2026-01-02", institution=H2), case(2, admitted_at="2026-01-30")])

    recompute_all_stale()

    assert len(paths) == (1 if bound == 1 else 0)
    assert not StaleMark.objects.exists()
    found = IndicatorValue.objects.filter(indicator="READM30", institution=world.second, period="2026-01")
    assert found.get().numerator == 1


def _noting(work, calls: list):
    def noted(*args):
        calls.append(args)
        return work(*args)

    return noted
