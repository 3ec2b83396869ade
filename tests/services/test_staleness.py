"""What a change makes stale, and that nothing stays as it was."""

import math
from datetime import date

import pytest
from django.db import connection
from django.db.models import Sum

from evaluation.models import CaseCell, IndicatorValue, Institution, Readmission, StaleMark
from evaluation.services import staleness, uploads
from evaluation.services.recompute import recompute_all_stale
from evaluation.services.uploads import cases
from tests.services.deliveries import APRIL, H1, H2, H3, MARCH, case, marks, stale_stays, stored


def test_a_moved_discharge_marks_both_months(world):
    stored([case(1)])
    StaleMark.objects.all().delete()

    upload = stored([case(1, "2026-04-02")])

    assert marks() == {(H1, MARCH), (H1, APRIL)}
    assert upload.months == [MARCH, APRIL]
    StaleMark.objects.all().delete()
    uploads.undo(upload=upload, by=None)
    assert marks() == {(H1, MARCH), (H1, APRIL)}


@pytest.mark.parametrize(
    ("admitted", "marked"),
    [("2026-01-20", False), ("2026-01-21 10:00", True), ("2026-02-20 23:00", True), ("2026-02-23", False)],
)
@pytest.mark.parametrize("share", [0, math.inf])  # one case is few, or many
def test_an_admission_marks_the_patients_stays_before_it_wherever_they_were(
    world, monkeypatch, admitted, marked, share
):
    stored([case(1, "2026-01-21 09:00", admitted_at="2026-01-02", institution=H2)])
    stored([case(2, "2026-01-21 09:00", admitted_at="2026-01-02", institution=H3, patient_id="another")])
    StaleMark.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE evaluation_inpatientcase")
    monkeypatch.setattr(cases, "FEW", share)

    stored([case(3, admitted_at=admitted)])

    assert marks() == {(H1, MARCH)}
    assert stale_stays() == ({(H2, date(2026, 1, 1), "1")} if marked else set())


def test_an_admission_moved_away_marks_what_it_followed(world):
    stored([case(1, "2026-01-21", admitted_at="2026-01-02", institution=H2)])
    stored([case(2, admitted_at="2026-01-30")])
    StaleMark.objects.all().delete()

    moved = stored([case(2, admitted_at="2026-03-01")])
    assert marks() == {(H1, MARCH)}
    assert stale_stays() == {(H2, date(2026, 1, 1), "1")}

    StaleMark.objects.all().delete()
    uploads.undo(upload=moved, by=None)
    assert marks() == {(H1, MARCH)}
    assert stale_stays() == {(H2, date(2026, 1, 1), "1")}


def test_rows_that_were_refused_make_the_accuracy_of_their_month_stale(world):
    upload = stored([case(1), case(2, "2026-04-02", age="121")])
    found = StaleMark.objects.filter(source=StaleMark.Source.VALUES, institution=world.first)

    assert APRIL in found.values_list("month", flat=True)
    found.delete()
    uploads.undo(upload=upload, by=None)
    assert APRIL in found.all().values_list("month", flat=True)


# --- readmissions ---

JANUARY = date(2026, 1, 1)
BEFORE = {"institution": H2, "admitted_at": "2026-01-02"}


def readmitted(institution: Institution) -> tuple[int, int]:
    """Of an institution: stays that were followed by an admission, the same by cells."""
    cells = CaseCell.objects.filter(institution=institution).aggregate(count=Sum("readmitted", default=0))
    return Readmission.objects.filter(institution=institution).count(), cells["count"]


def rates(institution: Institution) -> dict[str, float | None]:
    values = IndicatorValue.objects.filter(institution=institution, period="2026-01")
    return dict(values.filter(indicator__in=["READM30", "ALOS"]).values_list("indicator", "value"))


def test_a_stay_is_a_readmission_as_long_as_the_admission_elsewhere_after_it_holds(world):
    stored([case(1, "2026-01-21", **BEFORE), case(2, "2026-01-21", patient_id="another", **BEFORE)])
    recompute_all_stale()
    assert readmitted(world.second) == (0, 0)

    after = stored([case(3, admitted_at="2026-01-30")])
    recompute_all_stale()
    assert readmitted(world.second) == (1, 1)
    assert rates(world.second)["READM30"] == 0.5

    uploads.undo(upload=after, by=None)
    recompute_all_stale()
    assert readmitted(world.second) == (0, 0)
    assert rates(world.second)["READM30"] == 0


def test_an_admission_elsewhere_computes_the_readmission_rates_and_nothing_else(world):
    stored([case(1, "2026-01-21", **BEFORE)])
    recompute_all_stale()
    values = IndicatorValue.objects.filter(institution=world.second, period="2026-01")
    before = dict(values.values_list("indicator", "computed_at"))

    stored([case(3, admitted_at="2026-01-30")])
    recompute_all_stale()

    changed = {code for code, at in values.values_list("indicator", "computed_at") if at != before[code]}
    assert changed == {"READM30", "READM_SAME"}


def test_an_admission_elsewhere_that_changes_no_count_computes_nothing(world):
    stored([case(1, "2026-01-21", **BEFORE), case(2, admitted_at="2026-01-30")])
    recompute_all_stale()
    before = IndicatorValue.objects.get(institution=world.second, indicator="READM30", period="2026-01").computed_at

    stored([case(3, admitted_at="2026-01-29", institution=H3)])  # came back already
    recompute_all_stale()

    value = IndicatorValue.objects.get(institution=world.second, indicator="READM30", period="2026-01")
    assert value.computed_at == before


def test_an_upload_waits_for_the_figures_of_what_came_without_a_month_too(world):
    upload = stored([case(1)], institution=world.first, month=MARCH)
    recompute_all_stale()
    assert staleness.is_computed(upload)

    staleness.mark_institutions([world.first.pk])

    assert not staleness.is_computed(upload)
