"""What holds for every indicator of the catalogue."""

import pandas as pd
import pytest

from budgets.indicators import INDICATORS as BUDGET_INDICATORS
from evaluation.indicators import INDICATORS as CASE_INDICATORS
from referrals.indicators import INDICATORS as REFERRAL_INDICATORS
from tests.indicators.literal import BY, EMPTY_MONTH, SOURCES, frame
from tests.reference.indicators import FORMULAS

CATALOGUE = (*CASE_INDICATORS, *REFERRAL_INDICATORS, *BUDGET_INDICATORS)
ALL = pytest.mark.parametrize("indicator", CATALOGUE, ids=lambda indicator: indicator.code)
OF_DISCHARGES = ("DRG_TW", "DRG_N", "MDC_COV")  # 0 where there are discharges


def zeros() -> dict[str, pd.DataFrame]:
    """Every frame with one row in which nothing happened."""
    frames = {name: frame(name, {"drg": "BR21"} if "drg" in SOURCES[name].dtypes else {}) for name in SOURCES}
    return {**frames, "cases_year_before": frame("cases", {})}


def test_the_catalogue_is_the_references():
    assert sorted(indicator.code for indicator in CATALOGUE) == sorted(FORMULAS)


@ALL
def test_an_empty_month_gives_a_typed_empty_answer(indicator):
    values = indicator.calculate(EMPTY_MONTH, BY)

    assert values.empty
    assert list(values.columns) == ["numerator", "denominator", "value", "cases"]
    assert list(values.index.names) == list(BY)
    assert {str(values[column].dtype) for column in ("numerator", "denominator", "value")} == {"float64"}


@ALL
def test_nothing_to_divide_by_is_no_value_and_never_0(indicator):
    values = indicator.calculate(zeros(), BY)

    assert len(values) == 1
    assert values["value"].isna().all()


@ALL
def test_every_indicator_says_what_it_is_and_names_frames_that_exist(indicator):
    texts = (indicator.name, indicator.short, indicator.why_it_matters, indicator.how_calculated, indicator.source)

    assert all(str(text).strip() for text in texts)
    assert set(indicator.facts) <= set(SOURCES)
    assert indicator.version >= 1


@ALL
def test_scopes_and_periods_are_kept_apart(indicator):
    two = {
        name: pd.concat([each, each.assign(scope=1), each.assign(period="2026-04")], ignore_index=True)
        for name, each in zeros().items()
    }

    values = indicator.calculate(two, BY)

    assert sorted(values.index) == [(0, "2026-03"), (0, "2026-04"), (1, "2026-03")]
