"""Months, quarters, years and rolling years."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.indicators.periods import (
    Period,
    PeriodKind,
    add_months,
    codes,
    elapsed_share,
    months_between,
    periods_between,
    periods_of,
    year_to_date,
)
from tests.reference.indicators import month_of, months_of

UNHURRIED = settings(deadline=None)  # a busy machine is no failure

MONTHS = st.dates(date(1990, 1, 1), date(2090, 12, 31)).map(lambda day: day.replace(day=1))
PERIODS = st.builds(lambda month, kind: Period.month(month).in_kind(kind), MONTHS, st.sampled_from(PeriodKind))


@UNHURRIED
@given(PERIODS)
def test_a_code_names_its_period(period):
    assert Period.parse(period.code) == period


@UNHURRIED
@given(PERIODS)
def test_the_months_are_those_of_the_reference(period):
    assert [month_of(month) for month in period.months] == months_of(period.code)


@UNHURRIED
@given(PERIODS)
def test_the_period_before_is_followed_by_this_one(period):
    assert period.previous.shifted(1) == period
    assert period.previous.last == add_months(period.last, -1 if period.kind is PeriodKind.ROLLING else -period.length)


@UNHURRIED
@given(PERIODS)
def test_the_year_before_has_the_same_months_a_year_earlier(period):
    assert period.year_before.months == [add_months(month, -12) for month in period.months]


@UNHURRIED
@given(MONTHS)
def test_a_month_is_in_all_its_periods_and_in_no_other(month):
    mine = set(periods_of(month))

    assert len(mine) == 15
    assert all(month in period.months for period in mine)
    assert not any(
        month in period.months
        for period in periods_between(add_months(month, -14), add_months(month, 14))
        if period not in mine
    )


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-Q5", "2026-3", "2026-Q1R12", "26-03", "2026R12", "1889"]
)
def test_what_is_no_period_is_refused_with_the_forms_that_are(text):
    with pytest.raises(ValueError, match="2026-03, 2026-Q1, 2026 or 2026-03R12"):
        Period.parse(text)


def test_periods_between_two_months_are_all_that_touch_them():
    assert codes(periods_between(date(2025, 12, 1), date(2026, 1, 1))) == [
        "2025-12", "2025-Q4", "2025-12R12", "2025", "2026-01", "2026-01R12", "2026-Q1", "2026",
    ]  # fmt: skip


def test_rolling_periods_end_within_the_months():
    found = periods_between(date(2026, 2, 1), date(2026, 3, 1))

    assert [each.code for each in found if each.kind is PeriodKind.ROLLING] == ["2026-02R12", "2026-03R12"]


@pytest.mark.parametrize(
    ("code", "first", "last_day"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-02R12", date(2025, 3, 1), date(2026, 2, 28)),
    ],
)
def test_first_and_last_day(code, first, last_day):
    period = Period.parse(code)

    assert (period.first, period.last_day) == (first, last_day)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (PeriodKind.MONTH, "2026-05"),
        (PeriodKind.QUARTER, "2026-Q2"),
        (PeriodKind.YEAR, "2026"),
        (PeriodKind.ROLLING, "2026-05R12"),
    ],
)
def test_the_period_of_another_kind_holds_the_last_month(kind, code):
    assert Period.parse("2026-05").in_kind(kind).code == code


def test_the_year_to_date_runs_from_january_to_the_end_of_the_period():
    assert year_to_date(Period.parse("2026-Q1")) == months_between(date(2026, 1, 1), date(2026, 3, 1))
    assert year_to_date(Period.parse("2026-01")) == [date(2026, 1, 1)]
    assert year_to_date(Period.parse("2026-03R12")) == []


@pytest.mark.parametrize(("code", "share"), [("2026-03", 0.25), ("2026-Q2", 0.5), ("2026", 1)])
def test_the_elapsed_share_is_months_by_12(code, share):
    assert elapsed_share(Period.parse(code)) == share
