"""The rules for budgets and spending."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from budgets.checks import check_budgets, check_expenditures
from budgets.layouts import BUDGETS, EXPENDITURES
from tests.importing.sheets import KNOWN, Judged, Row, judge

ERROR = "error"
PLAN: Row = {"year": "2026", "institution": "H33010000001", "category": "treatment", "planned_amount": "120000000.00"}
SPENT: Row = {"month": "2026-03", "institution": "H33010000001", "category": "treatment", "amount": "9800000.00"}


def budgets(*rows: Row, **options) -> Judged:
    return judge(BUDGETS, check_budgets, rows, **options)


def expenditures(*rows: Row, **options) -> Judged:
    return judge(EXPENDITURES, check_expenditures, rows, **options)


@pytest.mark.parametrize("chinese", [False, True], ids=["english", "chinese"])
@pytest.mark.parametrize(
    ("changes", "column", "rule", "sentence"),
    [
        ({"year": "1999"}, "year", "V1", "Year 1999 is out of range. Correct it"),
        ({"year": "2028"}, "year", "V1", "Year 2028 is out of range. Correct it"),
        ({"year": "this"}, "year", "V0", "digits only"),
        ({"institution": "H0"}, "institution", "V4", "H0 is not known"),
        ({"category": "gifts"}, "category", "V4", "Write one of treatment, prevention, training, project"),
        ({"planned_amount": "-0.01"}, "planned_amount", "V19", "-0.01 is below 0. Correct the amount"),
        ({"planned_amount": "1000000000000"}, "planned_amount", "V5", "Write it like 12480.50"),
        ({"planned_amount": "1.2亿"}, "planned_amount", "V5", "Write it like 12480.50"),
        ({"planned_amount": ""}, "planned_amount", "V0", "Fill it in"),
    ],
    ids=str,
)
def test_a_budget_that_breaks_a_rule_is_refused_at_its_cell(changes, column, rule, sentence, chinese):
    result = budgets(PLAN, PLAN | {"category": "training"} | changes, chinese=chinese)

    assert result.said == [(3, BUDGETS.by_name[column].heading if chinese else column, ERROR, rule)]
    assert sentence in result.problems[0].sentence


@pytest.mark.parametrize(
    ("changes", "column", "rule", "sentence"),
    [
        ({"month": "2026-05"}, "month", "V1", "2026-05 lies in the future"),
        ({"month": "1989-12"}, "month", "V1", "before 1990"),
        ({"month": "0000-01"}, "month", "V1", "Correct the year"),
        ({"month": "2026-13"}, "month", "V1", "Write it as YYYY-MM"),
        ({"month": "Mar-26"}, "month", "V1", "Write it as YYYY-MM"),
        ({"month": "2026-02-30"}, "month", "V1", "Write it as YYYY-MM"),
        ({"month": ""}, "month", "V0", "Fill it in"),
        ({"amount": "-1"}, "amount", "V19", "-1 is below 0"),
        ({"amount": "1000000000000.00"}, "amount", "V5", "Write it like 12480.50"),
    ],
    ids=str,
)
def test_an_expenditure_that_breaks_a_rule_is_refused_at_its_cell(changes, column, rule, sentence):
    result = expenditures(SPENT, SPENT | {"category": "training"} | changes)

    assert result.said == [(3, column, ERROR, rule)]
    assert sentence in result.problems[0].sentence


@pytest.mark.parametrize(
    "text",
    [
        "2026-03",
        "2026/3",
        "2026.03",
        "2026年3月",
        "202603",
        "2026-03-01",
        "2026-03-01 00:00:00",
        "2026/3/1",
        "2026年3月1日",
    ],
)
def test_a_month_is_understood_even_where_a_spreadsheet_made_a_day_of_it(text):
    result = expenditures(SPENT | {"month": text})

    assert result.said == []
    assert result.rows["month"].item() == datetime(2026, 3, 1)


def test_the_largest_amount_and_zero_pass():
    rows = [SPENT | {"amount": "999,999,999,999.99"}, SPENT | {"category": "training", "amount": "0"}]

    assert list(expenditures(*rows).rows["amount"]) == [99_999_999_999_999, 0]
    assert budgets(PLAN | {"year": "2027", "planned_amount": "999999999999.99"}).said == []


def test_a_month_given_with_the_upload_refuses_others():
    known = replace(KNOWN, given_month=date(2026, 3, 1))

    assert expenditures(SPENT, SPENT | {"month": "2026-02"}, known=known).rejected == [3]


def test_the_same_line_twice_is_a_repeat_however_it_is_written():
    assert expenditures(SPENT, SPENT | {"month": "2026年3月"}).said == [(3, "month", ERROR, "V3")]
    assert budgets(PLAN, PLAN | {"planned_amount": "1"}).said == [(3, "year", ERROR, "V3")]
