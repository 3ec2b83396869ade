"""Literal frames for tests of calculations: only the facts a test is about are written down, all others are 0."""

from collections.abc import Callable, Mapping

import pandas as pd

from budgets import frames as budget_frames
from evaluation import frames as case_frames
from referrals import frames as referral_frames

BY = ("scope", "period")
PERIOD = "2026-03"
SOURCES = {source.name: source for source in (*case_frames.SOURCES, *referral_frames.SOURCES, *budget_frames.SOURCES)}


def frame(source: str, *rows: Mapping[str, object]) -> pd.DataFrame:
    """Facts of a source by scope and period, typed as it types them. A row without a scope is of scope 0."""
    dtypes = {
        name: dtype for name, dtype in SOURCES[source].dtypes.items() if name not in ("institution", "partner", "month")
    }
    keys = {"scope": "int64", "period": "str"}
    blank = {"scope": 0, "period": PERIOD, **dict.fromkeys(dtypes, 0)}
    return pd.DataFrame([{**blank, **row} for row in rows], columns=[*keys, *dtypes]).astype({**keys, **dtypes})


def of_cases(*rows: Mapping[str, object]) -> dict[str, pd.DataFrame]:
    return {"cases": frame("cases", *rows)}


def of_groups(cases: Mapping[str, object], **groups: Mapping[str, object]) -> dict[str, pd.DataFrame]:
    """Facts of all cases of a scope, and of its DRGs by their codes."""
    rows = [{"drg": drg, **facts} for drg, facts in groups.items()]
    return {"cases": frame("cases", cases), "case_groups": frame("case_groups", *rows)}


EMPTY_MONTH = {
    **{name: frame(name) for name in SOURCES},
    "cases_year_before": frame("cases"),
}


def only(calculate: Callable, frames: Mapping[str, pd.DataFrame]) -> dict[str, float | None]:
    """The one row that comes out, with None for what is missing."""
    values = calculate(frames, BY)
    assert len(values) == 1, values
    row = values.iloc[0]
    return {name: None if pd.isna(row[name]) else float(row[name]) for name in values.columns}


def value(calculate: Callable, frames: Mapping[str, pd.DataFrame]) -> float | None:
    return only(calculate, frames)["value"]
