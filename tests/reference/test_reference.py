"""The reference itself, against examples worked by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.reference.indicators import (
    FORMULAS,
    Benchmark,
    Budget,
    Case,
    Department,
    Expenditure,
    Institution,
    Membership,
    Referral,
    UploadRows,
    Value,
    World,
    benchmark_row,
    indicator,
    is_grouped,
    is_index,
    is_member,
    length_of_stay,
    months_of,
    rated_value,
    readmissions_of,
    risk_levels,
    risk_levels_of,
)
from tests.reference.worlds import make_world, periods_of

CITY = Institution("A", "L3", "330106")
TOWN = Institution("B", "THC", "330106")
PLAIN = Case(
    institution="A",
    record_no="1",
    stay_no=1,
    patient="p",
    admitted_at=datetime(2026, 3, 2, 9),
    discharged_at=datetime(2026, 3, 10, 11),
    disposition="1",
    main_dx="I63.900",
    surgery_level=None,
    elective=None,
    day_surgery=None,
    complication=None,
    mdt=None,
    pathway=None,
    antibacterial=None,
    readmit_plan="",
    total_cost=1_000_000,
    items=None,
    drg_code="BR21",
    rw=Decimal("1.5"),
    drg_pay=None,
)
# Discharged long after March 2026, so that March is complete for readmissions.
LATE = replace(
    PLAIN, record_no="late", patient="other", admitted_at=datetime(2026, 6, 1), discharged_at=datetime(2026, 6, 2)
)


def cases_of(*changes: dict[str, object]) -> list[Case]:
    return [
        replace(PLAIN, record_no=str(number), **{"patient": f"p{number}", **change})
        for number, change in enumerate(changes)
    ]


def world_of(*changes: dict[str, object], **tables: list[object]) -> World:
    return World(institutions=[CITY, TOWN], cases=cases_of(*changes), **tables)


def of_a(world: World, code: str, period: str = "2026-03") -> Value:
    return indicator(world, code, period, institution="A")


def benchmark(**changes: object) -> Benchmark:
    return replace(Benchmark(2026, "BR21", Decimal("1.2"), 1_000_000, Decimal("8")), **changes)


# ---- conventions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "first", "last", "count"),
    [
        ("2026-03", (2026, 3), (2026, 3), 1),
        ("2026-Q1", (2026, 1), (2026, 3), 3),
        ("2026", (2026, 1), (2026, 12), 12),
        ("2026-03R12", (2025, 4), (2026, 3), 12),
        ("2025-12R12", (2025, 1), (2025, 12), 12),
    ],
)
def test_a_period_names_its_months(period, first, last, count):
    months = months_of(period)

    assert (months[0], months[-1], len(months)) == (first, last, count)


@pytest.mark.parametrize("period", ["2026-13", "2026-00", "2026-Q5", "2026-3", "R12", ""])
def test_a_word_that_is_no_period_is_refused(period):
    with pytest.raises(ValueError, match="not a period"):
        months_of(period)


def test_a_case_belongs_to_its_discharge_month():
    world = world_of(
        {"admitted_at": datetime(2026, 2, 27), "discharged_at": datetime(2026, 3, 1)},
        {"discharged_at": datetime(2026, 3, 31, 23, 59, 59)},
        {"discharged_at": datetime(2026, 4, 1)},
    )

    assert of_a(world, "DRG_RATE").denominator == 2


@pytest.mark.parametrize(
    ("admitted_at", "discharged_at", "days"),
    [
        (datetime(2026, 3, 2, 1), datetime(2026, 3, 2, 23), 1),
        (datetime(2026, 3, 2, 23), datetime(2026, 3, 3, 1), 1),
        (datetime(2026, 3, 2), datetime(2026, 3, 10), 8),
    ],
)
def test_stay_counts_dates_and_the_same_day_is_one(admitted_at, discharged_at, days):
    assert length_of_stay(replace(PLAIN, admitted_at=admitted_at, discharged_at=discharged_at)) == days


@pytest.mark.parametrize(
    ("joined_on", "left_on", "member"),
    [
        (date(2026, 3, 31), None, True),
        (date(2026, 4, 1), None, False),
        (date(2020, 1, 1), date(2026, 3, 1), True),
        (date(2020, 1, 1), date(2026, 2, 28), False),
        (date(2026, 3, 10), date(2026, 3, 10), True),
    ],
)
def test_one_day_of_membership_makes_a_member_of_the_month(joined_on, left_on, member):
    world = World(memberships=[Membership("C", "A", joined_on, left_on)])

    assert is_member(world, "C", "A", (2026, 3)) is member


def test_consortium_takes_each_month_from_the_members_of_that_month():
    world = world_of(
        {"discharged_at": datetime(2026, 3, 10)},
        {"institution": "B", "discharged_at": datetime(2026, 2, 20), "admitted_at": datetime(2026, 2, 10)},
        {"institution": "B", "discharged_at": datetime(2026, 3, 20)},
        memberships=[
            Membership("C", "A", date(2020, 1, 1), None),
            Membership("C", "B", date(2020, 1, 1), date(2026, 2, 3)),
            Membership("C", "B", date(2026, 2, 5), date(2026, 2, 9)),
        ],
    )

    assert indicator(world, "DRG_RATE", "2026-Q1", consortium="C").denominator == 2
    assert indicator(world, "DRG_RATE", "2026-Q1", consortium="C", level="PRIMARY").denominator == 1
    assert indicator(world, "DRG_RATE", "2026-Q1", consortium="C", level="L3").denominator == 1


def test_without_discharges_there_is_no_value_and_with_them_a_sum_may_be_zero():
    empty, ungrouped = world_of(), world_of({"drg_code": ""})

    assert [of_a(empty, code).value for code in FORMULAS] == [None] * len(FORMULAS)
    assert (of_a(ungrouped, "DRG_TW").value, of_a(ungrouped, "DRG_N").value) == (0, 0)
    assert of_a(ungrouped, "MDC_COV").value == 0
    assert of_a(ungrouped, "DRG_CMI") == Value(0, 0, None)


@pytest.mark.parametrize(
    ("code", "grouped"), [("", False), ("0000", False), ("EQY", False), ("BR21", True), ("XZ19", True), ("AQY1", True)]
)
def test_ungrouped_codes(code, grouped):
    assert is_grouped(replace(PLAIN, drg_code=code)) is grouped


def test_benchmark_of_the_nearest_place_wins():
    rows = [
        benchmark(),
        benchmark(level="L3"),
        benchmark(region="330106"),
        benchmark(region="330106", level="L3"),
        benchmark(region="other", level="L3"),
    ]

    found = []
    for dropped in ([], rows[3:4], rows[2:4], rows[1:4], rows[0:4]):
        world = World(benchmarks=[row for row in rows if row not in dropped])
        found.append(benchmark_row(world, CITY, 2026, "BR21"))

    assert found == [rows[3], rows[2], rows[1], rows[0], None]


def test_either_institution_or_consortium_is_asked_for():
    for scope in ({}, {"institution": "A", "consortium": "C"}, {"institution": "A", "level": "L3"}):
        with pytest.raises(ValueError, match="consortium"):
            indicator(World(), "MORT", "2026", **scope)


# ---- capacity, cost, time ------------------------------------------------------------------------------------------


def test_drg_indicators_of_a_handful_of_cases():
    world = world_of(
        {"rw": Decimal("2")},
        {"rw": None},  # takes 1.2 from the benchmark
        {"rw": Decimal("1.9999"), "drg_code": "BR23"},
        {"rw": None, "drg_code": "ES31"},  # grouped, but no weight anywhere
        {"rw": Decimal("9"), "drg_code": "0000"},
        benchmarks=[benchmark(), benchmark(year=2025, drg="ES31")],
    )

    assert of_a(world, "DRG_RATE") == Value(4, 5, 0.8)
    assert of_a(world, "DRG_TW") == Value(5.1999, None, 5.1999)
    assert of_a(world, "DRG_N") == Value(3, None, 3)
    assert of_a(world, "DRG_CMI") == Value(5.1999, 3, 1.7333)
    assert of_a(world, "RW2") == Value(1, 3, pytest.approx(1 / 3))
    assert of_a(world, "MDC_COV") == Value(2, 26, pytest.approx(2 / 26))
    assert of_a(world, "COST_RW") == Value(30_000, 5.1999, pytest.approx(30_000 / 5.1999))


def test_cost_index_of_the_worked_example_is_1_06():
    cheap = [{"total_cost": 900_000}] * 60
    dear = [{"total_cost": 2_600_000, "drg_code": "ES31"}] * 40
    unknown = [{"drg_code": "GB15"}, {"drg_code": "EQY"}]
    world = world_of(*cheap, *dear, *unknown, benchmarks=[benchmark(), benchmark(drg="ES31", avg_cost=2_000_000)])

    assert of_a(world, "CEI") == Value(106, 100, 1.06)


def test_time_index_is_the_same_with_days():
    world = world_of({}, {"admitted_at": datetime(2026, 3, 10)}, benchmarks=[benchmark()])

    assert of_a(world, "TEI") == Value(1.125, 2, 0.5625)


def test_the_consortium_joined_last_says_the_benchmark_and_the_common_one_holds_where_it_says_nothing():
    rows = [
        benchmark(region="330106", level="L3"),
        benchmark(consortium="C1"),
        benchmark(consortium="C2", region="330108"),
        benchmark(consortium="C2", drg="ES31"),
    ]
    first = Membership("C1", "A", date(2024, 1, 1), None)
    second = Membership("C2", "A", date(2025, 1, 1), date(2025, 6, 30))  # joined last, though it has left

    found = [
        [benchmark_row(World(memberships=memberships, benchmarks=rows), CITY, 2026, drg) for drg in ("BR21", "ES31")]
        for memberships in ([], [first], [second, first])
    ]

    assert found == [[rows[0], None], [rows[1], None], [rows[0], rows[3]]]


def test_risk_levels_are_worked_out_within_the_consortiums_own_set():
    common = [benchmark(year=2025, drg=drg, cases=1000, deaths=deaths) for drg, deaths in (("BR21", 1), ("ES31", 90))]
    own = [
        benchmark(year=2025, drg=drg, cases=1000, deaths=deaths, consortium="C1")
        for drg, deaths in (("BR21", 100), ("FM19", 10))
    ]
    world = world_of(benchmarks=[*common, *own], memberships=[Membership("C1", "A", date(2024, 1, 1), None)])

    assert risk_levels_of(world, "B", 2026) == {"BR21": 2, "ES31": 3}
    assert risk_levels_of(world, "A", 2026) == {"BR21": 3, "ES31": 3, "FM19": 2}


def test_each_member_is_measured_by_its_own_benchmark():
    world = world_of(
        {"total_cost": 900_000},
        {"total_cost": 900_000, "institution": "B"},
        benchmarks=[benchmark(), benchmark(level="THC", avg_cost=500_000)],
        memberships=[Membership("C", code, date(2020, 1, 1), None) for code in "AB"],
    )

    assert indicator(world, "CEI", "2026-03", consortium="C") == Value(2.7, 2, 1.35)


def test_surgery_indicators():
    world = world_of(
        {},
        {"surgery_level": 4, "elective": True, "day_surgery": True, "complication": False},
        {"surgery_level": 3, "elective": True, "day_surgery": False, "complication": True},
        {"surgery_level": 1, "elective": True, "day_surgery": None, "complication": None},
        {"surgery_level": 1, "elective": None, "day_surgery": True},
        {"surgery_level": None, "elective": True, "day_surgery": True, "complication": True},
    )

    assert of_a(world, "SURG") == Value(4, 6, pytest.approx(2 / 3))
    assert of_a(world, "SURG4") == Value(1, 4, 0.25)
    assert of_a(world, "DAYSURG") == Value(1, 2, 0.5)
    assert of_a(world, "COMPL") == Value(1, 2, 0.5)


def test_empty_yes_no_fields_leave_both_sums():
    world = world_of(
        {"pathway": True, "antibacterial": False, "mdt": True},
        {"pathway": False, "antibacterial": None, "mdt": False},
        {"pathway": None, "antibacterial": True, "mdt": False, "drg_code": "ES31"},
        {"mdt": None, "drg_code": "GB15"},
        {"mdt": True, "drg_code": ""},
    )

    assert of_a(world, "PATHWAY") == Value(1, 2, 0.5)
    assert of_a(world, "ABX") == Value(1, 2, 0.5)
    assert of_a(world, "MDT_COV") == Value(1, 2, 0.5)


def test_margin_takes_all_paid_cases_and_losses_only_groups():
    world = world_of(
        {"drg_pay": 1_500_000},
        {"drg_pay": 500_000},  # with the case above: exactly even, no loss
        {"drg_pay": 900_000, "drg_code": "ES31"},
        {"drg_pay": 100_000, "drg_code": "0000"},
        {"drg_pay": None, "drg_code": "GB15"},
    )

    assert of_a(world, "DRG_MARGIN") == Value(-10_000, 30_000, pytest.approx(-1 / 3))
    assert of_a(world, "DRG_LOSS") == Value(1, 2, 0.5)


def test_mean_stay_and_cost():
    world = world_of({"total_cost": 1_000_001}, {"admitted_at": datetime(2026, 3, 10), "total_cost": 2})

    assert of_a(world, "ALOS") == Value(9, 2, 4.5)
    assert of_a(world, "IP_COST") == Value(10_000.03, 2, 5_000.015)


def test_the_stay_is_rated_over_acute_beds_only():
    world = world_of(
        {"department": "1"}, {"department": "2"}, {"department": "3"}, {"department": ""}, {"department": "unknown"},
        departments=[Department("A", "1", "day_surgery"), Department("A", "2", "rehab"), Department("A", "3", "acute")],
    )  # fmt: skip

    assert of_a(world, "ALOS").denominator == 5
    assert rated_value(world, "ALOS", "2026-03", institution="A") == Value(24, 3, 8)
    world.institutions[0] = replace(CITY, type="rehab")
    assert rated_value(world, "ALOS", "2026-03", institution="A").value is None


def test_fee_shares_leave_out_cases_without_any_fee_item():
    items = {"cost_western_drug": 200_000, "cost_patent_drug": 50_000, "cost_herbal": 400_000}
    more = {"cost_material": 100_000, "cost_exam": 30_000, "cost_lab": 20_000, "cost_bed": 850_000}
    world = world_of({"items": items}, {"items": more}, {"items": None})

    assert of_a(world, "DRUG") == Value(2_500, 20_000, 0.125)
    assert of_a(world, "CONS") == Value(1_000, 20_000, 0.05)
    assert of_a(world, "EXAM_COST") == Value(500, 2, 250)


def test_cost_growth_compares_each_year_with_its_own_members():
    last_year = {"admitted_at": datetime(2025, 3, 2), "discharged_at": datetime(2025, 3, 10)}
    world = world_of(
        {"total_cost": 1_100_000},
        {"total_cost": 1_000_000, **last_year},
        {"total_cost": 9_000_000, **last_year, "institution": "B"},
        memberships=[
            Membership("C", "A", date(2020, 1, 1), None),
            Membership("C", "B", date(2026, 1, 1), None),
        ],
    )

    assert indicator(world, "COST_GR", "2026-03", consortium="C") == Value(11_000, 10_000, 0.1)
    assert indicator(world, "COST_GR", "2026-03R12", consortium="C") == Value(11_000, 10_000, 0.1)
    assert indicator(world, "COST_GR", "2025-03", consortium="C") == Value(10_000, None, None)


# ---- mortality and risk levels -------------------------------------------------------------------------------------


def test_mortality_counts_disposition_five():
    world = world_of({"disposition": "5"}, {"disposition": "4"}, {}, {})

    assert of_a(world, "MORT") == Value(1, 4, 0.25)


def test_risk_levels_by_hand():
    # ln of 0.001 0.005 0.02 0.2 = -6.908 -5.298 -3.912 -1.609; mean -4.432, sample sd 2.246: cuts -6.678 -4.432 -2.186
    outcomes = {
        "none": (0, 30),
        "low": (1, 1000),
        "mid-low": (5, 1000),
        "mid-high": (20, 1000),
        "high": (200, 1000),
        "few": (10, 29),
    }

    assert risk_levels(outcomes) == {"none": 1, "low": 1, "mid-low": 2, "mid-high": 3, "high": 4}


def test_risk_cuts_are_strict():
    # Evenly spaced logarithms: the lowest is exactly mean - sd, the middle one the mean, the highest mean + sd.
    outcomes = {"a": (1, 1000), "b": (1, 100), "c": (10, 100)}

    assert risk_levels(outcomes) == {"a": 2, "b": 3, "c": 4}


@pytest.mark.parametrize("outcomes", [{}, {"a": (1, 100), "z": (0, 100)}, {"a": (1, 30), "b": (2, 60), "z": (0, 100)}])
def test_without_spread_there_are_no_risk_levels(outcomes):
    assert risk_levels(outcomes) == {}


def test_risk_levels_come_from_the_year_before_as_the_institution_sees_it():
    last_year = benchmark(year=2025)
    world = world_of(
        {"disposition": "5"},
        {},
        {"drg_code": "ES31", "disposition": "5"},
        {"drg_code": "GB15"},
        {"drg_code": "IT21", "disposition": "5"},
        benchmarks=[
            replace(last_year, drg="BR21", cases=1000, deaths=50),  # what A would not see ...
            replace(last_year, drg="BR21", region="330106", cases=1000, deaths=0),  # ... because of this
            replace(last_year, drg="ES31", cases=1000, deaths=1),
            replace(last_year, drg="GB15", cases=1000, deaths=100),
            replace(last_year, drg="IT21", cases=1000, deaths=None),
            replace(last_year, drg="GB15", year=2026, cases=1000, deaths=0),
        ],
    )

    assert risk_levels_of(world, "A", 2026) == {"BR21": 1, "ES31": 2, "GB15": 3}
    assert of_a(world, "LRM") == Value(1, 2, 0.5)
    assert of_a(world, "MLRM") == Value(1, 1, 1)
    assert risk_levels_of(world, "A", 2027) == {}


# ---- readmission ---------------------------------------------------------------------------------------------------


def readmission(later: dict[str, object], index: dict[str, object] | None = None) -> tuple[Value, Value]:
    """READM30 and READM_SAME of March 2026 for one index stay at A and one later stay at B."""
    first = replace(PLAIN, **(index or {}))
    admitted_at = later.get("admitted_at", datetime(2026, 3, 20))
    second = replace(
        PLAIN, **{"institution": "B", "admitted_at": admitted_at, "discharged_at": admitted_at + timedelta(3), **later}
    )
    world = World(institutions=[CITY, TOWN], cases=[second, LATE, first])
    return of_a(world, "READM30"), of_a(world, "READM_SAME")


@pytest.mark.parametrize(
    ("admitted_at", "counts"),
    [
        (datetime(2026, 3, 10, 11), 1),  # the very instant
        (datetime(2026, 3, 10, 10, 59), 0),  # overlaps
        (datetime(2026, 3, 10, 0, 0), 0),  # a date without time is midnight: overlaps too
        (datetime(2026, 3, 5), 0),
        (datetime(2026, 3, 11), 1),
        (datetime(2026, 4, 9, 23, 59), 1),  # 30 days by date, though more than 30 x 24 hours
        (datetime(2026, 4, 10, 0, 0), 0),  # 31 days by date, though less than 31 x 24 hours
    ],
)
def test_readmission_begins_after_the_discharge_and_within_thirty_dates(admitted_at, counts):
    assert readmission({"admitted_at": admitted_at})[0] == Value(counts, 1, counts)


@pytest.mark.parametrize(("disposition", "counts"), [("1", 1), ("2", 0), ("3", 1), ("4", 1), ("5", 0), ("9", 1)])
def test_deaths_and_acute_transfers_are_no_index(disposition, counts):
    assert is_index(replace(PLAIN, disposition=disposition)) is bool(counts)
    assert readmission({}, {"disposition": disposition})[0].denominator == counts


@pytest.mark.parametrize("disposition", ["2", "5"])
def test_deaths_and_acute_transfers_may_still_be_a_readmission(disposition):
    assert readmission({"disposition": disposition})[0].value == 1


def test_other_patients_down_referred_stays_and_the_stay_itself_do_not_count():
    moment = {"admitted_at": PLAIN.discharged_at}

    assert readmission({"patient": "somebody else"})[0].value == 0
    assert readmission({"came_by_referral": "down"})[0].value == 0
    assert readmission({"came_by_referral": "up"})[0].value == 1
    assert readmissions_of(World(cases=[replace(PLAIN, **moment)]), replace(PLAIN, **moment)) == []


def test_an_index_counts_once_and_a_readmission_is_an_index_again():
    stays = [
        replace(PLAIN, stay_no=n, admitted_at=datetime(2026, 3, 5 * n), discharged_at=datetime(2026, 3, 5 * n + 2))
        for n in (1, 2, 3)
    ]
    world = World(institutions=[CITY], cases=[*stays, LATE])

    assert of_a(world, "READM30") == Value(2, 3, pytest.approx(2 / 3))


def test_two_stays_of_no_length_at_one_instant_are_readmissions_of_each_other():
    """What the words say; only sheets without times can contain it."""
    midnight = datetime(2026, 3, 10)
    stays = [
        replace(PLAIN, stay_no=number, admitted_at=midnight, discharged_at=midnight, institution=code)
        for number, code in enumerate("AB")
    ]
    world = World(institutions=[CITY, TOWN], cases=[*stays, LATE])

    assert [indicator(world, "READM30", "2026-03", institution=code).value for code in "AB"] == [1, 1]


@pytest.mark.parametrize(
    ("later", "index", "same"),
    [
        ({}, {}, 1),
        ({"drg_code": "BR25", "main_dx": "J18.900"}, {}, 1),  # another severity of the ADRG
        ({"drg_code": "ES31"}, {}, 0),  # both grouped: the equal diagnosis does not help
        ({"drg_code": "0000"}, {}, 1),
        ({"drg_code": "", "main_dx": "I63.800x005"}, {}, 1),
        ({"drg_code": "", "main_dx": "I64.x00"}, {}, 0),
        ({"drg_code": "BQY"}, {"drg_code": "BQY", "main_dx": "J18.900"}, 0),
        ({}, {"readmit_plan": "2"}, 0),
        ({}, {"readmit_plan": "1"}, 1),
        ({"readmit_plan": "2"}, {}, 1),  # the plan of the later stay is about a third one
        ({"main_dx": "Z51.100"}, {}, 0),
        ({"main_dx": "Z49.101"}, {}, 0),
        ({}, {"main_dx": "Z51.100"}, 1),
    ],
)
def test_same_disease_and_unplanned(later, index, same):
    all_cause, same_disease = readmission(later, index)

    assert (all_cause.value, same_disease) == (1, Value(same, 1, same))


def test_any_later_stay_may_be_the_one_of_the_same_disease():
    other, same = ({"admitted_at": datetime(2026, 3, day), "stay_no": day} for day in (15, 25))
    later = [replace(PLAIN, discharged_at=datetime(2026, 5, 1), **other, drg_code="ES31")]
    later += [replace(PLAIN, discharged_at=datetime(2026, 5, 1), **same)]
    world = World(institutions=[CITY], cases=[PLAIN, *later, LATE])

    assert of_a(world, "READM_SAME") == Value(1, 1, 1)


@pytest.mark.parametrize(("data_end", "value"), [(datetime(2026, 4, 9), 0), (datetime(2026, 4, 8, 23), None)])
def test_a_period_has_no_value_before_thirty_days_have_passed(data_end, value):
    end = replace(LATE, institution="B", admitted_at=datetime(2026, 4, 1), discharged_at=data_end)
    world = World(institutions=[CITY, TOWN], cases=[PLAIN, end])

    assert of_a(world, "READM30") == Value(0, 1, value)
    assert of_a(world, "READM_SAME") == Value(0, 1, value)


# ---- referrals, budget, data ---------------------------------------------------------------------------------------


def referral(direction: str, status: str, **changes: object) -> Referral:
    ends = ("B", "A") if direction == "up" else ("A", "B")
    accepted_at = datetime(2026, 3, 6) if status in ("accepted", "arrived", "completed") else None
    return replace(Referral(direction, *ends, datetime(2026, 3, 5), accepted_at, None, status), **changes)


def test_referrals_by_month_of_request():
    world = World(
        institutions=[CITY, TOWN],
        memberships=[Membership("C", code, date(2020, 1, 1), None) for code in "AB"],
        referrals=[
            referral("up", "accepted"),
            referral("up", "completed"),
            referral("up", "declined", accepted_at=datetime(2026, 3, 6)),
            referral("up", "requested"),
            referral("down", "completed", completed_at=datetime(2026, 4, 2)),
            referral("down", "arrived"),
            referral("lateral", "completed"),
            referral("down", "completed", requested_at=datetime(2026, 2, 28, 23), completed_at=datetime(2026, 3, 9)),
            referral("down", "completed", receiver="outside"),
        ],
    )

    assert indicator(world, "REF_RATIO", "2026-03", consortium="C") == Value(1, 2, 0.5)
    assert indicator(world, "REF_RATIO", "2026-03", institution="A") == Value(2, 2, 1)
    assert indicator(world, "REF_RATIO", "2026-03", institution="B") == Value(1, 2, 0.5)
    assert indicator(world, "REF_DONE", "2026-03", consortium="C") == Value(4, 8, 0.5)
    assert indicator(world, "REF_DONE", "2026-03", institution="A") == Value(3, 4, 0.75)
    assert indicator(world, "REF_DONE", "2026-03", institution="B") == Value(1, 4, 0.25)


def test_budget_execution_sums_members_month_by_month():
    world = World(
        institutions=[CITY, TOWN],
        memberships=[
            Membership("C", "A", date(2020, 1, 1), None),
            Membership("C", "B", date(2026, 2, 15), date(2026, 4, 30)),
        ],
        budgets=[Budget(2026, "A", 600_000), Budget(2026, "A", 400_000), Budget(2026, "B", 1_000_000)],
        expenditures=[Expenditure(date(2026, month, 1), code, 100_000) for month in (1, 2, 3, 5) for code in "AB"],
    )
    world.expenditures.append(Expenditure(date(2025, 12, 1), "A", 999))

    assert indicator(world, "BUD_EXEC", "2026-01", consortium="C") == Value(1_000, 10_000, 0.1)
    assert indicator(world, "BUD_EXEC", "2026-03", consortium="C") == Value(5_000, 20_000, 0.25)
    assert indicator(world, "BUD_EXEC", "2026-Q1", consortium="C") == Value(5_000, 20_000, 0.25)
    assert indicator(world, "BUD_EXEC", "2026", consortium="C") == Value(6_000, 10_000, 0.6)
    assert indicator(world, "BUD_EXEC", "2026-03", institution="B") == Value(3_000, 10_000, 0.3)
    assert indicator(world, "BUD_EXEC", "2026-03R12", consortium="C").value is None
    assert indicator(world, "BUD_EXEC", "2025", consortium="C").value is None


def test_data_accuracy():
    rows = [("A", 2, 90, 90), ("A", 3, 100, 95), ("A", 3, 100, 75), ("B", 3, 10, 0)]
    world = World(uploads=[UploadRows(code, date(2026, month, 1), read, ok) for code, month, read, ok in rows])

    assert of_a(world, "DATA_ACC") == Value(170, 200, 0.85)
    assert of_a(world, "DATA_ACC", "2026-Q1") == Value(260, 290, pytest.approx(260 / 290))


# ---- worlds --------------------------------------------------------------------------------------------------------


def test_a_seed_always_makes_the_same_world():
    assert make_world(7) == make_world(7)
    assert make_world(7) != make_world(8)


@pytest.mark.parametrize("seed", range(6))
def test_a_world_keeps_the_rules_of_the_sheets(seed):
    world = make_world(seed)
    keys = [(case.institution, case.record_no, case.stay_no) for case in world.cases]
    places = [(row.consortium, row.year, row.drg, row.region, row.level) for row in world.benchmarks]

    assert 3 <= len(world.institutions) <= 6
    assert 300 <= len(world.cases) <= 900
    assert len(set(keys)) == len(keys)
    assert len(set(places)) == len(places)
    assert all(case.admitted_at <= case.discharged_at for case in world.cases)
    assert all(case.items is None or sum(case.items.values()) == case.total_cost for case in world.cases)
    assert all(row.deaths is None or row.cases is None or row.deaths <= row.cases for row in world.benchmarks)
    for membership in world.memberships:
        assert membership.left_on is None or membership.joined_on <= membership.left_on


def test_the_worlds_visit_the_corners():
    worlds = [make_world(seed) for seed in range(6)]
    cases = [case for world in worlds for case in world.cases]
    gaps = set()
    for world in worlds:
        for index in world.cases:
            for later in world.cases:
                if later is not index and later.patient == index.patient:
                    gaps.add((later.admitted_at.date() - index.discharged_at.date()).days)
                    gaps.add("same instant" if later.admitted_at == index.discharged_at else None)
                    overlaps = index.admitted_at < later.admitted_at < index.discharged_at
                    gaps.add("overlap" if overlaps else None)

    assert {0, 29, 30, 31, "same instant", "overlap"} <= gaps
    assert {"", "0000", "EQY"} <= {case.drg_code for case in cases}
    for name in ("surgery_level", "elective", "day_surgery", "complication", "mdt", "pathway", "antibacterial"):
        assert None in {getattr(case, name) for case in cases}
    assert any(case.rw is None for case in cases)
    assert any(case.items is None for case in cases)
    assert any(case.drg_pay is None for case in cases)
    assert any(case.admitted_at == case.discharged_at for case in cases)
    rows = [row for world in worlds for row in world.benchmarks]
    assert {(bool(row.region), bool(row.level)) for row in rows} == {
        (False, False),
        (False, True),
        (True, False),
        (True, True),
    }
    assert {"", "C1", "C2"} == {row.consortium for row in rows}
    assert {"", "acute", "day_surgery", "rehab"} == {each.bed_type for world in worlds for each in world.departments}
    assert "rehab" in {institution.type for world in worlds for institution in world.institutions}
    assert {None, 29, 30} <= {row.cases for row in rows}
    assert {None, 0} <= {row.deaths for row in rows}


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_institutions_make_the_consortium(seed):
    """Additive numerators and denominators: months of members add up to the value of the consortium."""
    world = make_world(seed)
    additive = ("DRG_RATE", "DRG_CMI", "CEI", "TEI", "MORT", "LRM", "ALOS", "IP_COST", "DRUG", "READM30", "REF_DONE")

    for code in additive:
        for period in [period for period in periods_of(world) if len(period) in (4, 7)]:
            parts = [
                indicator(world, code, f"{year}-{month:02d}", institution=institution.code)
                for year, month in months_of(period)
                for institution in world.institutions
                if is_member(world, "C1", institution.code, (year, month))
            ]
            whole = indicator(world, code, period, consortium="C1")
            assert whole.numerator == pytest.approx(sum(part.numerator for part in parts))
            assert whole.denominator == pytest.approx(sum(part.denominator for part in parts))


def test_every_indicator_has_a_value_somewhere_and_none_elsewhere():
    world = make_world(1)
    values = {
        code: [indicator(world, code, period, institution=i.code) for period in periods_of(world)
               for i in world.institutions]
        for code in FORMULAS
    }  # fmt: skip

    for code, found in values.items():
        assert any(value.value is not None for value in found), code
        assert any(value.value is None for value in found) or code.startswith("DRG_"), code
