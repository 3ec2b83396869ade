"""Budget execution: spending since January beside the plan of the year."""

from datetime import date

import pytest

from budgets.frames import at_end, rest_of_year
from budgets.indicators import execution
from evaluation.indicators.periods import Period
from tests.indicators.literal import BY, frame, only, value


def books(spent: list[dict], planned: list[dict]) -> dict:
    return {"expenditures": frame("expenditures", *spent), "budgets": frame("budgets", *planned)}


def test_execution_is_spending_by_plan():
    found = only(execution, books([{"spent": 2000}, {"spent": 1000}], [{"planned": 12000}]))

    assert found == {"numerator": 30, "denominator": 120, "value": 0.25, "cases": None}


def test_a_plan_of_which_nothing_was_spent_is_executed_to_0():
    assert value(execution, books([], [{"planned": 12000}])) == 0


def test_spending_without_a_plan_has_no_execution():
    assert execution(books([{"spent": 2000}], []), BY).empty


def test_a_plan_of_0_has_no_execution():
    assert value(execution, books([{"spent": 2000}], [{"planned": 0}])) is None


@pytest.mark.parametrize(("code", "month"), [("2026-02", 2), ("2026-Q1", 3), ("2026", 12)])
def test_the_plan_is_that_of_the_members_in_the_last_month_of_the_period(code, month):
    assert at_end(Period.parse(code)) == [date(2026, month, 1)]


def test_rolling_periods_have_no_plan():
    assert at_end(Period.parse("2026-03R12")) == []


def test_spending_concerns_all_later_months_of_its_year():
    assert rest_of_year(date(2026, 11, 1)) == [date(2026, 11, 1), date(2026, 12, 1)]
