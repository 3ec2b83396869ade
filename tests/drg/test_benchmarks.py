"""Which benchmark holds for an institution, and the risk levels of DRGs."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.drg.benchmarks import local_benchmarks, risk_levels
from tests.reference.indicators import risk_levels as reference_levels

UNHURRIED = settings(deadline=None)  # a busy machine is no failure

HERE = (0, "330106", "L3")


def table(*rows: dict) -> pd.DataFrame:
    blank = {
        "consortium": 0, "year": 2026, "region": "", "level": "", "drg": "BR21", "rw": 1.0, "avg_cost": 100, "avg_los": 5.0,
        "cases": None, "deaths": None,
    }  # fmt: skip
    return pd.DataFrame([{**blank, **row} for row in rows], columns=list(blank))


def seen(*rows: dict, places: tuple = (HERE,)) -> pd.DataFrame:
    return local_benchmarks(table(*rows), pd.DataFrame(places, columns=["consortium", "region", "level"]))


def weight(*rows: dict) -> float | None:
    found = seen(*rows)
    assert len(found) <= 1
    return None if found.empty else float(found["rw"].iloc[0])


OURS = {"region": "330106", "level": "L3", "rw": 1.1}
OF_REGION = {"region": "330106", "rw": 1.2}
OF_LEVEL = {"level": "L3", "rw": 1.3}
ANYWHERE = {"rw": 1.4}
ELSEWHERE = {"region": "330108", "level": "L3", "rw": 9.0}
OTHER_LEVEL = {"region": "330106", "level": "L2", "rw": 9.1}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ANYWHERE, OF_LEVEL, OF_REGION, OURS], 1.1),
        ([ANYWHERE, OF_LEVEL, OF_REGION], 1.2),
        ([ANYWHERE, OF_LEVEL], 1.3),
        ([ANYWHERE], 1.4),
        ([], None),
    ],
)
def test_the_nearest_benchmark_holds(rows, expected):
    assert weight(ELSEWHERE, OTHER_LEVEL, *rows) == expected
    assert weight(*reversed(rows), OTHER_LEVEL, ELSEWHERE) == expected


def test_every_drg_and_year_looks_for_itself():
    found = seen(OURS, {**ANYWHERE, "drg": "FM19"}, {**OF_LEVEL, "year": 2025}, ANYWHERE)

    rows = {(row.year, row.drg): row.rw for row in found.itertuples()}
    assert rows == {(2026, "BR21"): 1.1, (2026, "FM19"): 1.4, (2025, "BR21"): 1.3}


def test_places_see_their_own():
    found = seen(OURS, ANYWHERE, places=(HERE, (0, "330106", "L2"), (0, "330182", "VC")))

    assert list(zip(found["region"], found["level"], found["rw"], strict=True)) == [
        ("330106", "L2", 1.4), ("330106", "L3", 1.1), ("330182", "VC", 1.4),
    ]  # fmt: skip


def test_a_row_is_taken_whole_even_if_a_further_one_knows_more():
    found = seen(
        {**OURS, "cases": None}, {**ANYWHERE, "cases": 1000, "deaths": 3}, {"drg": "FM19", "cases": 1000, "deaths": 1}
    )

    assert found["risk"].isna().all()


def test_risk_comes_from_the_year_before_even_where_the_year_has_no_benchmark():
    groups = [
        {"drg": drg, "cases": 1000, "deaths": deaths, "year": 2025} for drg, deaths in (("BR21", 1), ("FM19", 90))
    ]

    found = seen(*groups, {"drg": "BR21", "year": 2026, "rw": 1.7})

    risks = {(row.year, row.drg): row.risk for row in found.itertuples() if not math.isnan(row.risk)}
    weights = {(row.year, row.drg): row.rw for row in found.itertuples() if not math.isnan(row.rw)}
    assert risks == {(2026, "BR21"): 2, (2026, "FM19"): 3}
    assert weights == {(2025, "BR21"): 1.0, (2025, "FM19"): 1.0, (2026, "BR21"): 1.7}


OF_COMMON, OF_OWN, OF_OTHERS = {"consortium": 0}, {"consortium": 7}, {"consortium": 8, "rw": 9.0}
MEMBER = (7, "330106", "L3")


@pytest.mark.parametrize(
    ("own", "common", "expected"),
    [
        ({"rw": 2.4}, {**OURS, "rw": 1.1}, 2.4),  # a blank row of the own consortium, before the nearest common one
        ({**OF_LEVEL, "rw": 2.3}, OF_REGION, 2.3),
        ({**OTHER_LEVEL, "rw": 2.2}, ANYWHERE, 1.4),  # the own one has none for this place
        ({"drg": "FM19"}, ANYWHERE, 1.4),
        ({"year": 2025}, OF_REGION, 1.2),
    ],
)
def test_the_own_consortiums_benchmark_holds_before_the_common_one(own, common, expected):
    found = seen({**own, **OF_OWN}, {**common, **OF_COMMON}, {**OURS, **OF_OTHERS}, places=(MEMBER,))

    [row] = found[(found["year"] == 2026) & (found["drg"] == "BR21")].itertuples()
    assert (row.consortium, row.rw) == (7, expected)


def test_risk_levels_are_worked_out_within_a_set_and_the_common_ones_fill_the_gaps():
    common = [{"year": 2025, "drg": drg, "cases": 1000, "deaths": n} for drg, n in (("BR21", 1), ("ES31", 90))]
    own = [
        {"year": 2025, "drg": drg, "cases": cases, "deaths": n, **OF_OWN}
        for drg, cases, n in (("BR21", 1000, 100), ("FM19", 1000, 10), ("ES31", 29, 1))
    ]

    found = seen(*common, *own, places=(HERE, MEMBER))

    risks = {(row.consortium, row.drg): row.risk for row in found.itertuples() if not math.isnan(row.risk)}
    assert risks == {(0, "BR21"): 2, (0, "ES31"): 3, (7, "BR21"): 3, (7, "FM19"): 2, (7, "ES31"): 3}


def test_nothing_known_gives_an_empty_table():
    found = seen()

    assert found.empty
    assert {"consortium", "region", "level", "year", "drg", "rw", "avg_cost", "avg_los", "risk"} == set(found.columns)
    assert seen(ANYWHERE, places=()).empty


def levels(**groups: tuple[int | None, int | None]) -> dict[str, int]:
    """Risk levels of groups given as (deaths, cases); those without a level are left out."""
    rows = pd.DataFrame(
        [{"deaths": deaths, "cases": cases} for deaths, cases in groups.values()], columns=["deaths", "cases"]
    )
    found = risk_levels(rows)
    return {drg: int(level) for drg, level in zip(groups, found, strict=True) if not math.isnan(level)}


def test_levels_by_hand():
    """ln(mortality) of the five with deaths: mean −4.02, sample sd √(20/4) = 2.24; limits −6.26, −4.02 and −1.78."""
    cases = 10_000_000
    logs = {"a": -7, "b": -5, "c": -4.1, "d": -3, "e": -1}
    groups = {drg: (round(math.exp(x) * cases), cases) for drg, x in logs.items()}

    found = levels(none=(0, 5000), few=(1, 29), **groups)

    assert found == {"none": 1, "a": 1, "b": 2, "c": 2, "d": 3, "e": 4}


def test_two_groups_lie_either_side_of_the_mean():
    """The mean ± sd lies outside of both: sd = difference ÷ √2, half the difference is less."""
    assert levels(low=(1, 1000), high=(100, 1000)) == {"low": 2, "high": 3}


def test_a_group_at_the_mean_is_mid_high():
    assert levels(low=(1, 1000), middle=(10, 1000), high=(100, 1000))["middle"] == 3


def test_a_group_at_the_mean_minus_or_plus_one_sd_is_above_that_limit():
    """−s, 0, +s: mean 0, sd s. Strictly below: the first is mid-low, the last high."""
    assert levels(low=(1, 1000), middle=(10, 1000), high=(100, 1000)) == {"low": 2, "middle": 3, "high": 4}


@pytest.mark.parametrize("cases", [(1000, 1000, 1000), (700, 1400, 2100)])
def test_equal_mortalities_give_no_levels_not_even_to_groups_without_deaths(cases):
    groups = {f"g{n}": (each // 100, each) for n, each in enumerate(cases)}

    assert levels(**groups, none=(0, 5000)) == {}


def test_one_group_with_deaths_gives_no_levels():
    assert levels(one=(5, 1000), none=(0, 5000)) == {}


def test_no_group_with_deaths_gives_no_levels():
    assert levels(none=(0, 5000), nil=(0, 40)) == {}


@pytest.mark.parametrize(("cases", "level"), [(29, None), (30, 1), (31, 1)])
def test_a_group_says_something_from_30_cases(cases, level):
    assert levels(low=(1, 1000), high=(100, 1000), ours=(0, cases)).get("ours") == level


@pytest.mark.parametrize("unknown", [(None, 1000), (5, None), (None, None)])
def test_unknown_cases_or_deaths_have_no_level_and_do_not_move_the_others(unknown):
    others = {"low": (1, 1000), "high": (100, 1000)}

    assert levels(**others, ours=unknown) == levels(**others)


GROUPS = st.integers(1, 5000).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases)))


@UNHURRIED
@given(st.lists(GROUPS, max_size=12))
def test_levels_are_the_references(groups):
    named = {f"g{number}": group for number, group in enumerate(groups)}

    assert levels(**named) == reference_levels(named)


@UNHURRIED
@given(st.lists(GROUPS, min_size=2, max_size=12))
def test_a_group_in_which_more_die_never_has_a_lower_level(groups):
    named = {f"g{number}": group for number, group in enumerate(groups)}
    found = levels(**named)

    by_rate = sorted(found, key=lambda name: named[name][0] / named[name][1])

    assert [found[name] for name in by_rate] == sorted(found.values())
