"""Years and decades of data: one wrong year in a sheet must not keep anybody's figures from being computed."""

from datetime import date

import pandas as pd
import pytest

from evaluation.indicators.calculation import Facts, calculate_values, month_number
from evaluation.indicators.periods import add_months, months_between, periods_between
from evaluation.indicators.scopes import scopes_of
from evaluation.services.values import indicators
from tests.indicators.literal import SOURCES

LAST = date(2026, 11, 1)


def facts(name: str, months: list[date]) -> Facts:
    """One row of ones for each of the months."""
    source = SOURCES[name]
    filled = {column: "BR21" if column == "drg" else 1 for column in source.dtypes}
    rows = [filled | {"month": month_number(month)} for month in months]
    return Facts(pd.DataFrame(rows).astype(dict(source.dtypes)), source.window, source.within)


def group_counts(frames: dict[str, Facts], first: date) -> pd.Series:
    """Distinct groups by period, of one institution."""
    institutions = pd.DataFrame({"institution": [1], "level": ["L3"]})
    nobody = pd.DataFrame({"consortium": [], "institution": [], "first": [], "last": []}).astype("int64")
    _scopes, table = scopes_of(institutions, nobody, [month_number(month) for month in months_between(first, LAST)])
    values = calculate_values(frames, table, periods_between(first, LAST), indicators())
    return values[values["indicator"] == "DRG_N"].set_index("period")["value"]


@pytest.mark.parametrize("years", [1, 10, 30, 100])
def test_any_span_of_months_is_computed(years):
    first = add_months(LAST, -12 * years)
    months = months_between(first, LAST)
    grouped = facts("case_groups", [LAST])
    grouped.frame["mdt"] = 0

    counted = group_counts({name: facts(name, months) for name in SOURCES} | {"case_groups": grouped}, first)

    assert (counted[f"{first:%Y-%m}"], counted[f"{LAST:%Y-%m}"], counted[f"{LAST:%Y}"]) == (0, 1, 1)


@pytest.mark.parametrize("groups", [126, 200, 33_000])
def test_any_number_of_groups_is_counted(groups):
    source = SOURCES["case_groups"]
    row = dict.fromkeys(source.dtypes, 1) | {"month": month_number(LAST)}
    rows = pd.DataFrame([row | {"drg": f"{number:04X}"} for number in range(groups)]).astype(dict(source.dtypes))
    many = {"case_groups": Facts(rows, source.window, source.within)}

    counted = group_counts({name: facts(name, [LAST]) for name in SOURCES} | many, LAST)

    assert counted[f"{LAST:%Y-%m}"] == groups
