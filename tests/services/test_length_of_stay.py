"""The length of stay is shown over all stays and rated over those in acute beds."""

import pytest
from django.db.models import Q

from evaluation.models import Institution, StaleMark, Threshold
from evaluation.pages.values import read_values
from evaluation.services import staleness, uploads
from evaluation.services.recompute import recompute_all_stale
from tests.importing.sheets import Row
from tests.importing.test_master_checks import HOSPITAL
from tests.services.deliveries import H1, MARCH, case, marks, stored

ACUTE_9_DAYS = {"admitted_at": "2026-02-28", "discharged_at": "2026-03-09", "dis_dept": "0300"}
DAY_CASE = {"admitted_at": "2026-03-09", "discharged_at": "2026-03-09", "dis_dept": "0900"}


def stays(count: int, first: int = 1, **changes: str) -> list[Row]:
    return [case(number) | changes for number in range(first, first + count)]


def list_departments(**bed_types: str) -> object:
    rows = [{"institution": H1, "code": code[1:], "name": code, "bed_type": kind} for code, kind in bed_types.items()]
    return stored(rows, "departments")


def shown():
    recompute_all_stale()
    [value] = read_values(Q(indicator="ALOS", period="2026-03", institution__code=H1))
    return value


def test_day_surgery_does_not_make_long_acute_stays_green(world):
    list_departments(_0300="acute", _0900="day_surgery")
    stored(stays(100, **ACUTE_9_DAYS) + stays(100, 101, **DAY_CASE))

    value = shown()

    assert (value.value, value.light, value.is_small_sample) == (5, "yellow", False)
    assert value.sentence.startswith("Average stay of acute beds 9.0 days is between green (8.0 days)")


def test_stays_in_departments_that_no_one_listed_are_acute(world):
    stored(stays(30, **ACUTE_9_DAYS) + stays(1, 31, **ACUTE_9_DAYS | {"dis_dept": "0777"}) + stays(9, 32, **DAY_CASE))

    assert shown().rated_cases == 40


def test_a_rehabilitation_hospital_is_not_rated(world):
    stored([HOSPITAL | {"code": H1, "type": "rehab"}], "institutions")
    stored(stays(40, **ACUTE_9_DAYS))

    value = shown()

    assert (value.value, value.light) == (9, "grey")
    assert value.sentence == "Not rated: no stay in an acute bed in this period."


def test_fewer_than_30_acute_stays_are_a_small_sample_however_many_others_there_are(world):
    list_departments(_0900="rehab")
    stored(stays(29, **ACUTE_9_DAYS) + stays(100, 30, **DAY_CASE))

    value = shown()

    assert (value.light, value.is_small_sample) == ("grey", True)
    assert value.sentence == "Not rated: fewer than 30 stays in acute beds."


def test_changed_limits_judge_the_acute_stays_too(world):
    list_departments(_0900="day_surgery")
    stored(stays(100, **ACUTE_9_DAYS) + stays(100, 101, **DAY_CASE))
    assert shown().light == "yellow"

    Threshold.objects.filter(indicator="ALOS", level="L3").update(green_high=6, red_high=8.5)
    staleness.mark_lights()

    value = shown()
    assert (value.light, value.value) == ("red", 5)


def test_another_bed_type_makes_the_cases_of_the_institution_stale_and_so_does_its_undoing(world):
    stored(stays(30, **ACUTE_9_DAYS) + stays(30, 31, **DAY_CASE))
    assert shown().light == "green"

    listing = list_departments(_0900="day_surgery")
    assert marks() == {(H1, MARCH)}
    assert shown().light == "yellow"

    uploads.undo(upload=listing, by=None)
    assert marks() == {(H1, MARCH)}
    assert shown().light == "green"


@pytest.mark.parametrize("bed_type", ["", "acute"])
def test_a_department_that_stays_acute_makes_nothing_stale(world, bed_type):
    stored(stays(1, **ACUTE_9_DAYS))
    recompute_all_stale()

    list_departments(_0300=bed_type)

    assert not StaleMark.objects.exists()


def test_another_type_makes_the_cases_of_the_institution_stale(world):
    stored(stays(30, **ACUTE_9_DAYS))
    recompute_all_stale()
    place = Institution.objects.get(code=H1)
    same = {"code": H1, "level": place.level, "region_code": place.region_code, "type": "general"}

    stored([HOSPITAL | same], "institutions")
    assert not marks()
    stored([HOSPITAL | same | {"type": "rehab"}], "institutions")

    assert marks() == {(H1, MARCH)}
    assert shown().light == "grey"
