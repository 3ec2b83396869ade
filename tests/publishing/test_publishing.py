"""Rounding running totals, on tiny frames and as properties."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.indicators.calculation import month_number
from evaluation.indicators.definition import ratio
from evaluation.indicators.periods import Period
from evaluation.indicators.publishing import Rounding, as_published, published_facts, unit_of
from evaluation.services.values import indicators

JANUARY_2026 = 2026 * 12
BY_CODE = {indicator.code: indicator for indicator in indicators()}


def published(months: dict[int, int], offset: int = 0, unit: float | None = None) -> dict[int, float]:
    """The published numbers of a year's months (1 … 12) of one institution."""
    facts = pd.DataFrame(
        [(7, JANUARY_2026 + month - 1, number) for month, number in months.items()],
        columns=["institution", "month", "fact"],
    )
    rounding = Rounding(("fact",)) if unit is None else Rounding((), {"fact": "cases"})
    secrets = pd.DataFrame([(7, 2026, offset, unit)], columns=["institution", "year", "offset", "unit_fact"])
    found = published_facts(facts, rounding, secrets)
    return dict(zip(found["month"] - JANUARY_2026 + 1, found["fact"], strict=True))


def test_a_published_month_is_what_the_rounded_running_total_grew_by():
    assert published({1: 7, 2: 2, 3: 1, 4: 12}) == {1: 5, 3: 5, 4: 10}  # totals 7, 9, 10, 22 → 5, 5, 10, 20


def test_the_offset_shifts_where_the_total_is_rounded():
    assert published({1: 7, 2: 2, 3: 1, 4: 12}, offset=3) == {1: 10, 4: 15}  # totals + 3: 10, 12, 13, 25


def test_a_month_published_as_zero_has_no_row_like_one_without_facts():
    assert published({1: 3, 2: 0, 3: 1}) == {}


def test_an_amount_goes_in_steps_of_five_times_what_a_case_amounts_to():
    assert published({1: 1999, 2: 1}, unit=400) == {2: 2000}
    assert published({1: 1999, 2: 1}, offset=1, unit=400) == {1: 2000}


def test_each_year_begins_anew():
    facts = pd.DataFrame({"institution": 7, "month": [JANUARY_2026 - 1, JANUARY_2026], "fact": [4, 4]})
    secrets = pd.DataFrame({"institution": 7, "year": [2025, 2026], "offset": [1, 0]})

    found = published_facts(facts, Rounding(("fact",)), secrets)

    assert found[["month", "fact"]].values.tolist() == [[JANUARY_2026 - 1, 5]]


def test_the_totals_of_a_pair_are_its_own():
    facts = pd.DataFrame({"institution": 7, "partner": [8, 9], "month": JANUARY_2026, "fact": [3, 3]})
    secrets = pd.DataFrame({"institution": 7, "partner": [8, 9], "year": 2026, "offset": [2, 0]})

    found = published_facts(facts, Rounding(("fact",)), secrets)

    assert found[["partner", "fact"]].values.tolist() == [[8, 5]]


def test_without_a_secret_nothing_is_published():
    facts = pd.DataFrame({"institution": 7, "month": [JANUARY_2026], "fact": [400]})
    secrets = pd.DataFrame({"institution": [7], "year": [2025], "offset": [0]})

    assert published_facts(facts, Rounding(("fact",)), secrets).empty


@given(st.lists(st.integers(0, 60), min_size=12, max_size=12), st.integers(0, 4))
def test_every_run_of_months_is_known_to_within_five(months, offset):
    found = published(dict(enumerate(months, start=1)), offset)

    for first in range(1, 13):
        for last in range(first, 13):
            exact = sum(months[first - 1 : last])
            assert abs(sum(found.get(month, 0) for month in range(first, last + 1)) - exact) < 5
    assert all(number % 5 == 0 for number in found.values())


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=12, max_size=12), st.integers(0, 4))
def test_a_part_never_runs_ahead_of_its_whole(months, offset):
    part = published({m: min(pair) for m, pair in enumerate(months, start=1)}, offset)
    whole = published({m: max(pair) for m, pair in enumerate(months, start=1)}, offset)

    for last in range(1, 13):
        assert sum(part.get(m, 0) for m in range(1, last + 1)) <= sum(whole.get(m, 0) for m in range(1, last + 1))


@pytest.mark.parametrize(
    ("amount", "cases", "unit"), [(812_345, 100, 8_100), (999, 30, 33), (500, 29, None), (0, 90, None)]
)
def test_a_unit_has_two_digits_and_needs_thirty_cases(amount, cases, unit):
    assert unit_of(amount, cases) == unit


# ---- values of published facts -------------------------------------------------------------------------------------


def told(code: str, period: str, top: float, bottom: float, *, last: str = "2026-12", **beside: float) -> dict | None:
    """One value as outsiders read it."""
    found = ratio(pd.Series([float(top)]), pd.Series([float(bottom)])).assign(
        indicator=code,
        period=period,
        discharges=beside.get("discharges", bottom),
        discharges_before=beside.get("before"),
    )
    end = month_number(Period.parse(last).last)
    exact = {"BUD_EXEC"}
    rows = as_published(found, list(BY_CODE.values()), [Period.parse(period)], end, exact).to_dict("records")
    return rows[0] if rows else None


def value_of(*arguments, **options) -> float | None:
    value = told(*arguments, **options)["value"]
    return None if pd.isna(value) else value


def test_no_rate_is_formed_of_fewer_than_thirty_published_cases():
    assert value_of("MORT", "2026-03", 5, 25) is None
    assert value_of("MORT", "2026-03", 5, 30) == pytest.approx(1 / 6)


def test_a_share_is_at_most_the_whole():
    assert value_of("DRG_RATE", "2026-03", 35, 30) == 1


def test_growth_needs_thirty_cases_a_year_before_too():
    assert value_of("COST_GR", "2026-03", 9_000, 8_000, before=25) is None
    assert value_of("COST_GR", "2026-03", 9_000, 8_000, before=30) is not None


def test_money_of_institutions_is_as_it_is():
    assert value_of("BUD_EXEC", "2026-03", 3, 12) == 0.25


def test_distinct_counts_are_told_of_complete_years_only_and_by_fives():
    assert told("DRG_LOSS", "2026-03", 13, 29) is None
    assert told("DRG_LOSS", "2026", 13, 29, last="2026-11") is None
    whole = told("DRG_LOSS", "2026", 13, 29, discharges=400)
    assert (whole["numerator"], whole["denominator"], whole["value"], whole["cases"]) == (10, 25, 0.4, 400)
