"""Every indicator × period × scope of random worlds, against the slow reference implementation; and whatever was
delivered, delivered again and undone on the way, the values in the end are those of a rebuild."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from budgets.models import Expenditure
from evaluation import frames
from evaluation.models import InpatientCase, Upload
from evaluation.services.benchmarks import derive_local_benchmarks
from evaluation.services.recompute import recompute_all_stale, recompute_everything
from evaluation.services.uploads import check_upload, receive, undo
from evaluation.services.values import indicators
from tests.histories import History
from tests.reference import indicators as reference
from tests.reference.worlds import make_world, periods_of
from tests.worlds_in_database import (
    ValueKey,
    benchmark_row,
    case_row,
    deliver,
    deliver_master_data,
    deliver_world,
    institution_row,
    membership_row,
    sheet,
    stored_cells,
    stored_values,
)

SEEDS = (1, 2, 5)
HISTORIES = (1, 3)
FOLLOW_UP_DAYS = 30
READMISSIONS = ("READM30", "READM_SAME")
SLOW = (
    "institution_of", "is_member", "is_grouped", "length_of_stay", "joined_last", "row_of_set", "benchmark_row",
    "benchmark_of", "weight_of", "risk_levels_of", "is_acute", "readmissions_of",
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def quick_reference(monkeypatch):
    """The reference asks the same questions of an unchanging world again and again; here it remembers the answers."""
    for name in SLOW:
        monkeypatch.setattr(reference, name, remembering(getattr(reference, name)))
    monkeypatch.setattr(reference.Selection, "cases", remembering(reference.Selection.cases))


def remembering(function: Callable) -> Callable:
    answers: dict[tuple, object] = {}

    def ask(*arguments):
        key = tuple(name_of(argument) for argument in arguments)
        if key not in answers:
            answers[key] = function(*arguments)
        return answers[key]

    return ask


def name_of(argument: object) -> object:
    """Cases and worlds by identity: they hold dictionaries and lists."""
    if isinstance(argument, reference.Selection):
        return (argument.period, argument.institution, argument.consortium, argument.level)
    return argument if isinstance(argument, str | int | tuple) else id(argument)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_value_is_what_the_reference_says(seed, quick_reference):
    world = make_world(seed)
    deliver_world(world)

    recompute_all_stale()

    stored = stored_values()
    data_end = frames.data_end_day()
    differences = [
        (key, expected, rated, found)
        for key, expected, rated in expected_values(world, {period for *_scope, period in stored})
        if not agree(key[0], expected, found := stored.get(key), data_end) or not agree_on_rated(rated, found)
    ]
    assert not differences, (len(differences), {key[0] + key[3] for key, *_ in differences}, differences[:3])


def expected_values(
    world: reference.World, more_periods: set[str]
) -> Iterator[tuple[ValueKey, reference.Value, reference.Value]]:
    """The value and, where that is another one, what its light judges."""
    codes = [indicator.code for indicator in indicators()]
    for period in sorted({*periods_of(world), *more_periods}):
        for code in codes:
            for institution in world.institutions:
                expected = reference.indicator(world, code, period, institution=institution.code)
                rated = reference.rated_value(world, code, period, institution=institution.code)
                yield (code, institution.code, "", period), expected, rated
            for consortium, level in consortium_scopes(world):
                expected = of_members(world, code, period, consortium, level)
                rated = reference.rated_value(world, code, period, consortium=consortium, level=level or None)
                yield (code, consortium, level, period), expected, rated


def consortium_scopes(world: reference.World) -> list[tuple[str, str]]:
    levels = ["", *sorted({institution.level for institution in world.institutions}), "PRIMARY"]
    return [(c, level) for c in sorted({m.consortium for m in world.memberships}) for level in levels]


def of_members(world: reference.World, code: str, period: str, consortium: str, level: str) -> reference.Value:
    if code == "REF_RATIO" and level:
        return ratio_of_level(world, period, consortium, level)
    return reference.indicator(world, code, period, consortium=consortium, level=level or None)


def ratio_of_level(world: reference.World, period: str, consortium: str, level: str) -> reference.Value:
    """Of a level: referrals inside the consortium that one of its members sent or received."""
    whole = reference.Selection(world, period, None, consortium, None)
    part = reference.Selection(world, period, None, consortium, level)
    ours = [
        referral
        for referral in reference.referrals_requested(whole)
        if reference.is_inside(whole, referral)
        and any(
            part.includes(end, reference.month_of(referral.requested_at))
            for end in (referral.sender, referral.receiver)
        )
    ]
    return reference.ratio(
        sum(1 for each in ours if each.direction == "down" and reference.is_completed(each)),
        sum(1 for each in ours if each.direction == "up" and reference.is_accepted(each)),
    )


def agree(code: str, expected: reference.Value, found: dict | None, data_end: int) -> bool:
    """No row where there is nothing to divide by; whether readmissions are complete is judged on reading."""
    if found is None:
        return expected.value is None
    value = found["value"]
    if code in READMISSIONS and found["last_index_day"] > data_end - FOLLOW_UP_DAYS:
        value = None
    return (
        same(expected.value, value)
        and same(expected.numerator, found["numerator"])
        and same(expected.denominator, found["denominator"])
    )


def agree_on_rated(rated: reference.Value, found: dict | None) -> bool:
    if found is None:
        return rated.value is None
    return same(rated.numerator, found["rated_numerator"]) and same(rated.denominator, found["rated_denominator"])


def same(expected: float | None, found: float | None) -> bool:
    if expected is None or found is None:
        return expected is found
    return math.isclose(expected, found, rel_tol=1e-9, abs_tol=1e-12)


# ---- step by step or at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", HISTORIES)
def test_recomputing_step_by_step_ends_where_a_rebuild_does(seed):
    history = History(seed)

    history.run(steps=9)

    assert_rebuilding_changes_nothing(history.told)
    assert history.current_cases() == history.expected_cases(), history.told
    assert history.arrivals() == history.expected_arrivals(), history.told


def assert_rebuilding_changes_nothing(told: object = "") -> None:
    values, cells = stored_values(), stored_cells()
    derive_local_benchmarks()
    recompute_everything()
    wrong = differences(cells, stored_cells()) + differences(values, stored_values())
    assert not wrong, (len(wrong), wrong[:5], told)


# Two institutions of one consortium, small enough to see what happens to one sheet. Tests change copies of STAY.
CITY = reference.Institution("H33010000001", "L3", "330106")
TOWN = reference.Institution("H33010000002", "THC", "330106")
BOTH = (
    reference.Membership("C1", CITY.code, date(2023, 1, 1), None),
    reference.Membership("C1", TOWN.code, date(2023, 1, 1), None),
)
NORMS = tuple(
    reference.Benchmark(year, "BR21", Decimal("1.5"), 1_000_000, Decimal(8), cases=1000, deaths=deaths)
    for year, deaths in ((2024, 3), (2025, 5))
)
STAY = reference.Case(
    institution=CITY.code, record_no="1", stay_no=1, patient="p", admitted_at=datetime(2025, 3, 2, 9),
    discharged_at=datetime(2025, 3, 10, 11), disposition="1", main_dx="I63.900", surgery_level=None, elective=None,
    day_surgery=None, complication=None, mdt=None, pathway=None, antibacterial=None, readmit_plan="",
    total_cost=1_000_000, items=None, drg_code="BR21", rw=None, drg_pay=None,
)  # fmt: skip


@pytest.fixture
def two_institutions():
    world = reference.World([CITY, TOWN], list(BOTH), benchmarks=list(NORMS))
    deliver_master_data(world)


def of(record_no: str, **changes: object) -> reference.Case:
    return replace(STAY, record_no=record_no, patient=f"p{record_no}", **changes)


def send(*cases: reference.Case, **options: object) -> Upload:
    return deliver("cases", [case_row(case) for case in cases], **options)


def later(case: reference.Case, days: int) -> reference.Case:
    return replace(
        case, admitted_at=case.admitted_at + timedelta(days), discharged_at=case.discharged_at + timedelta(days)
    )


def records() -> set[str]:
    return set(InpatientCase.objects.filter(is_current=True).values_list("record_no", flat=True))


def arrival_of(record_no: str) -> str:
    return InpatientCase.objects.get(is_current=True, record_no=record_no).came_by_referral


def referral(**changes: object) -> dict[str, object]:
    """Down from the city to the town on 26 March 2025; completed."""
    return {
        "id": "T1", "direction": "down", "sender": CITY.code, "receiver": TOWN.code, "patient_id": "p2",
        "reason": "康复", "requested_at": "2025-03-26 09:00", "status": "completed",
        "completed_at": "2025-03-28 09:00", **changes,
    }  # fmt: skip


def test_a_moved_discharge_date_leaves_nothing_in_the_old_month(two_institutions):
    send(of("1"), of("2"))
    recompute_all_stale()

    send(later(of("2"), 31))
    recompute_all_stale()

    values = stored_values()
    assert values["ALOS", CITY.code, "", "2025-03"]["denominator"] == 1
    assert values["ALOS", CITY.code, "", "2025-04"]["denominator"] == 1
    assert_rebuilding_changes_nothing()


def test_a_late_admission_elsewhere_makes_an_earlier_stay_a_readmitted_one(two_institutions):
    send(of("1"))
    recompute_all_stale()

    send(replace(later(of("1"), 20), institution=TOWN.code, record_no="9"))
    recompute_all_stale()

    assert stored_values()["READM30", CITY.code, "", "2025-03"]["numerator"] == 1
    assert_rebuilding_changes_nothing()


def test_when_data_begin_or_reach_further_everyone_gets_the_new_periods(two_institutions):
    send(of("1"), later(of("2", institution=TOWN.code), 31))
    recompute_all_stale()

    send(later(of("3"), 92), later(of("4"), -365))
    recompute_all_stale()

    assert stored_values()["ALOS", TOWN.code, "", "2025-06R12"]["denominator"] == 1
    assert_rebuilding_changes_nothing()


def test_spending_of_later_months_brings_their_rolling_periods_too(two_institutions):
    send(of("1"))
    recompute_all_stale()

    deliver("expenditures", [spent(TOWN, "2025-08")])
    recompute_all_stale()

    assert ("ALOS", CITY.code, "", "2025-08R12") in stored_values()
    assert_rebuilding_changes_nothing()


def test_periods_that_no_data_reach_any_more_go(two_institutions):
    send(of("1"))
    deliver("budgets", [{"year": 2025, "institution": CITY.code, "category": "treatment", "planned_amount": 1200}])
    upload = deliver("expenditures", [spent(CITY, "2025-08")])
    recompute_all_stale()

    undo(upload=upload, by=None)
    recompute_all_stale()

    assert {period for *_scope, period in stored_values()} == {"2025-03", "2025-Q1", "2025", "2025-03R12"}
    assert_rebuilding_changes_nothing()


def test_an_unfinished_year_compares_its_spending_with_the_plan(two_institutions):
    deliver("budgets", [{"year": 2025, "institution": CITY.code, "category": "treatment", "planned_amount": 1200}])
    deliver("expenditures", [spent(CITY, "2025-02")])

    recompute_all_stale()

    assert stored_values()["BUD_EXEC", CITY.code, "", "2025"]["value"] == pytest.approx(0.25)


def spent(institution: reference.Institution, month: str) -> dict[str, object]:
    return {"month": month, "institution": institution.code, "category": "treatment", "amount": "300.00"}


def test_a_month_of_which_every_row_was_refused_still_counts_in_data_accuracy(two_institutions):
    send(of("1"))
    recompute_all_stale()
    refused = {**case_row(later(of("3"), 31)), "sex": "?"}

    upload = deliver("cases", [case_row(of("2")), refused], all_accepted=False)
    recompute_all_stale()

    assert stored_values()["DATA_ACC", CITY.code, "", "2025-04"]["value"] == 0
    assert stored_values()["DATA_ACC", CITY.code, "", "2025-Q2"]["denominator"] == 1
    assert_rebuilding_changes_nothing()
    undo(upload=upload, by=None)
    recompute_all_stale()
    assert ("DATA_ACC", CITY.code, "", "2025-04") not in stored_values()
    assert_rebuilding_changes_nothing()


def test_a_sheet_that_was_only_checked_does_not_widen_the_covered_months(two_institutions):
    send(of("1"))
    row = {**case_row(of("2")), "admitted_at": "2005-03-01", "discharged_at": "2005-03-02"}
    upload = receive(dataset="cases", file=sheet([row]), filename="typo.csv", by=None)

    check_upload(upload)

    assert frames.covered_months() == (date(2025, 3, 1), date(2025, 3, 1))


def test_a_patient_who_arrives_by_a_down_referral_was_not_readmitted(two_institutions):
    send(of("2"), replace(later(of("2"), 25), institution=TOWN.code, record_no="9"))
    recompute_all_stale()
    assert stored_values()["READM30", CITY.code, "", "2025-03"]["numerator"] == 1

    deliver("referrals", [referral()])
    recompute_all_stale()

    assert arrival_of("9") == "down"
    assert stored_values()["READM30", CITY.code, "", "2025-03"]["numerator"] == 0
    assert_rebuilding_changes_nothing()


def test_a_referral_that_turns_out_to_be_of_someone_else_lets_go_of_the_first_patient(two_institutions):
    send(of("2"), replace(later(of("2"), 25), institution=TOWN.code, record_no="9"))
    first = deliver("referrals", [referral()])
    corrected = deliver("referrals", [referral(patient_id="someone else")])
    recompute_all_stale()
    assert arrival_of("9") == ""

    undo(upload=corrected, by=None)
    assert arrival_of("9") == "down"
    undo(upload=first, by=None)

    assert arrival_of("9") == ""
    recompute_all_stale()
    assert_rebuilding_changes_nothing()


MARCH = {"institution": CITY.code, "month": date(2025, 3, 1), "mode": Upload.Mode.REPLACE}


def test_undoing_a_replacement_brings_back_what_it_took_out(two_institutions):
    send(of("1"), of("2"))
    replacement = send(of("3"), **MARCH)
    assert records() == {"3"}

    undo(upload=replacement, by=None)

    assert records() == {"1", "2"}


def test_what_a_later_replacement_leaves_out_stays_out_when_an_earlier_one_is_undone(two_institutions):
    send(of("1"), of("2"))
    first = send(of("2"), **MARCH)
    second = send(of("3"), **MARCH)

    undo(upload=first, by=None)
    assert records() == {"3"}
    undo(upload=second, by=None)

    assert records() == {"1", "2"}


def test_an_older_version_does_not_return_into_a_month_that_was_replaced_without_it(two_institutions):
    send(of("1"), of("2"))
    moved = send(later(of("1"), 31))
    send(of("2"), **MARCH)

    undo(upload=moved, by=None)

    assert records() == {"2"}


def test_a_sheet_delivered_after_a_replacement_holds_beside_it(two_institutions):
    send(of("1"))
    replacement = send(of("2"), **MARCH)
    send(of("1"))

    undo(upload=replacement, by=None)

    assert records() == {"1"}


def test_spending_that_a_later_replacement_leaves_out_stays_out_too(two_institutions):
    treatment, training = spent(CITY, "2025-03"), {**spent(CITY, "2025-03"), "category": "training"}
    deliver("expenditures", [treatment, training], institution=CITY.code)
    first = deliver("expenditures", [treatment], **MARCH)
    deliver("expenditures", [treatment], **MARCH)

    undo(upload=first, by=None)

    assert list(Expenditure.objects.values_list("category", flat=True)) == ["treatment"]


def test_replacing_a_month_of_spending_takes_out_what_the_office_delivered(two_institutions):
    treatment, training = spent(CITY, "2025-03"), {**spent(CITY, "2025-03"), "category": "training"}
    deliver("expenditures", [treatment, training])

    deliver("expenditures", [treatment], **MARCH)

    assert list(Expenditure.objects.values_list("category", flat=True)) == ["treatment"]


def test_a_member_that_leaves_counts_to_the_month_of_its_last_day_and_no_longer(two_institutions):
    send(*(later(of(str(number), institution=TOWN.code), 31 * number) for number in range(3)), of("9"))
    recompute_all_stale()

    deliver("memberships", [membership_row(replace(BOTH[1], left_on=date(2025, 4, 1)))])
    recompute_all_stale()

    stays = {key[3]: row["denominator"] for key, row in stored_values().items() if key[:3] == ("ALOS", "C1", "")}
    assert (stays["2025-03"], stays["2025-04"], stays["2025"]) == (2, 1, 3)
    assert "2025-05" not in stays
    assert_rebuilding_changes_nothing()


def test_a_benchmark_year_delivered_again_moves_its_own_and_the_next_years_values(two_institutions):
    other = tuple(replace(norm, drg="FM19", deaths=10 * norm.deaths) for norm in NORMS)
    deliver("benchmarks", [benchmark_row(norm) for norm in other])
    send(later(of("1"), -365), of("2"), later(of("3"), 366))
    recompute_all_stale()
    before = stored_values()

    deliver("benchmarks", [benchmark_row(replace(NORMS[0], avg_cost=2_000_000, deaths=900))])
    recompute_all_stale()

    after = stored_values()
    assert before["CEI", CITY.code, "", "2024"]["value"] == 1
    assert after["CEI", CITY.code, "", "2024"]["value"] == 0.5
    assert before["MLRM", CITY.code, "", "2025"]["denominator"] == 1  # the lower of two groups: below the mean
    assert after["MLRM", CITY.code, "", "2025"]["denominator"] == 0  # now the higher one
    changed = {key[3] for key in after if not alike(before[key], after[key])}
    assert "2024" in changed and "2025" in changed
    assert all("R12" in period for period in changed if period.startswith("2026"))  # which reach back into 2025
    assert_rebuilding_changes_nothing()


def test_an_institution_that_becomes_another_level_is_measured_and_placed_anew(two_institutions):
    deliver("benchmarks", [benchmark_row(replace(NORMS[1], level="L2", avg_cost=500_000))])
    send(of("1"))
    recompute_all_stale()

    deliver("institutions", [institution_row(replace(CITY, level="L2"))])
    recompute_all_stale()

    values = stored_values()
    assert values["CEI", "C1", "L2", "2025-03"]["value"] == 2
    assert ("CEI", "C1", "L3", "2025-03") not in values
    assert_rebuilding_changes_nothing()


def differences(before: dict, after: dict) -> list[tuple]:
    return [
        (key, before.get(key), after.get(key))
        for key in sorted({*before, *after}, key=str)
        if not alike(before.get(key), after.get(key))
    ]


def alike(a: object, b: object) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[name], b[name]) for name in a)
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b
