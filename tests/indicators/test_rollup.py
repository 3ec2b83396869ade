"""Facts added up over scopes and periods."""

from datetime import date

import pandas as pd

from evaluation.indicators.calculation import Facts, calculate_values, month_number, windows
from evaluation.indicators.catalogue import INDICATORS
from evaluation.indicators.periods import Period
from evaluation.indicators.rollup import roll_up
from evaluation.indicators.scopes import scopes_of
from tests.indicators.literal import SOURCES

MARCH, APRIL = month_number(date(2026, 3, 1)), month_number(date(2026, 4, 1))
TERTIARY, TOWN, CLINIC, STRANGER = 1, 2, 3, 4
INSTITUTIONS = pd.DataFrame({"institution": [1, 2, 3, 4], "level": ["L3", "THC", "VC", "L2"]})
# The town leaves with March; the stranger is no member at all.
MEMBERSHIPS = pd.DataFrame(
    {"consortium": [9, 9, 9], "institution": [1, 2, 3], "first": [0, 0, 0], "last": [9**9, MARCH, 9**9]}
)
SCOPES, PLACES = scopes_of(INSTITUTIONS, MEMBERSHIPS, [MARCH, APRIL])
PERIODS = [Period.parse(code) for code in ("2026-03", "2026-04", "2026-Q2", "2026")]
WINDOWS = windows(PERIODS, lambda period: period.months)


def place(institution: int | None = None, level: str = "") -> int:
    """The number of a scope: of an institution, else of the consortium or one of its levels."""
    return next(
        n for n, scope in enumerate(SCOPES)
        if (scope.institution, scope.level) == (institution, level) and (institution or scope.consortium)
    )  # fmt: skip


def added(facts: pd.DataFrame, column: str, **of: object) -> dict[str, int]:
    rolled = roll_up(facts, PLACES, WINDOWS)
    mine = rolled[rolled["scope"] == place(**of)]
    return dict(zip(mine["period"].astype(str), mine[column], strict=True))


STAYS = pd.DataFrame(
    {
        "institution": [TERTIARY, TOWN, TOWN, STRANGER],
        "month": [MARCH, MARCH, APRIL, MARCH],
        "discharges": [1, 10, 100, 1000],
        "last_index_day": [20, 30, 40, 50],
    }
)


def test_an_institution_adds_up_its_own_months_member_or_not():
    assert added(STAYS, "discharges", institution=TOWN) == {"2026-03": 10, "2026-04": 100, "2026-Q2": 100, "2026": 110}
    assert added(STAYS, "discharges", institution=STRANGER) == {"2026-03": 1000, "2026": 1000}


def test_a_consortium_adds_up_its_members_while_they_are():
    assert added(STAYS, "discharges") == {"2026-03": 11, "2026": 11}


def test_a_level_adds_up_the_members_of_the_level():
    assert added(STAYS, "discharges", level="L3") == {"2026-03": 1, "2026": 1}
    assert added(STAYS, "discharges", level="PRIMARY") == {"2026-03": 10, "2026": 10}


def test_of_days_the_latest_holds():
    assert added(STAYS, "last_index_day") == {"2026-03": 30, "2026": 30}
    assert added(STAYS, "last_index_day", institution=TOWN)["2026"] == 40


def pair(sender: int, receiver: int, month: int = MARCH) -> pd.DataFrame:
    return pd.DataFrame({"institution": [sender], "month": [month], "partner": [receiver], "accepted_up": [1]})


def test_a_pair_counts_once_for_the_consortium_and_once_for_each_end():
    inside = pair(TOWN, TERTIARY)

    assert added(inside, "accepted_up") == {"2026-03": 1, "2026": 1}
    assert added(inside, "accepted_up", institution=TOWN) == {"2026-03": 1, "2026": 1}
    assert added(inside, "accepted_up", institution=TERTIARY) == {"2026-03": 1, "2026": 1}


def test_a_level_counts_a_pair_of_which_it_holds_one_end():
    assert added(pair(TOWN, TERTIARY), "accepted_up", level="PRIMARY") == {"2026-03": 1, "2026": 1}
    assert added(pair(TOWN, TERTIARY), "accepted_up", level="VC") == {}


def test_a_level_counts_a_pair_within_itself_once():
    assert added(pair(TOWN, CLINIC), "accepted_up", level="PRIMARY") == {"2026-03": 1, "2026": 1}


def test_a_pair_with_a_stranger_is_the_members_own_but_not_the_consortiums():
    outside = pair(TERTIARY, STRANGER)

    assert added(outside, "accepted_up") == {}
    assert added(outside, "accepted_up", level="L3") == {}
    assert added(outside, "accepted_up", institution=TERTIARY) == {"2026-03": 1, "2026": 1}


def test_a_pair_with_someone_who_has_left_is_not_the_consortiums():
    assert added(pair(TOWN, TERTIARY, APRIL), "accepted_up") == {}
    assert added(pair(TOWN, TERTIARY, APRIL), "accepted_up", institution=TERTIARY)["2026-04"] == 1


def test_facts_stay_apart_by_the_columns_within():
    groups = pd.DataFrame(
        {
            "institution": [1, 2, 2],
            "month": MARCH,
            "drg": pd.Categorical(["BR21", "BR21", "FM19"]),
            "discharges": [1, 2, 4],
        }
    )

    rolled = roll_up(groups, PLACES, WINDOWS, within=("drg",))

    march = rolled[(rolled["scope"] == place()) & (rolled["period"] == "2026-03")]
    assert dict(zip(march["drg"], march["discharges"], strict=True)) == {"BR21": 3, "FM19": 4}


def test_no_facts_at_all_give_no_values_of_any_indicator():
    facts = {}
    for name in ("cases", "case_groups", "uploads"):
        source = SOURCES[name]
        empty = pd.DataFrame(columns=list(source.dtypes)).astype(source.dtypes)
        facts[name] = Facts(empty, source.window, source.within)

    values = calculate_values(facts, PLACES, PERIODS, INDICATORS)

    assert values.empty
    assert {"scope", "period", "indicator", "numerator", "denominator", "value", "cases"} <= set(values.columns)
