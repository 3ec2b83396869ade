"""What an indicator is: a document that managers read and a pure calculation, in one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Frames = Mapping[str, pd.DataFrame]
Calculation = Callable[[Frames, Sequence[str]], pd.DataFrame]


class Unit(StrEnum):
    """In what a value is measured; a per cent is stored as 0–1."""

    NUMBER = "number"
    PERCENT = "percent"
    DAYS = "days"
    YUAN = "yuan"
    COUNT = "count"


class Better(StrEnum):
    """In which direction a value is good."""

    HIGHER = "higher"
    LOWER = "lower"
    RANGE = "range"
    WATCH = "watch"  # neither: for information


class Theme(StrEnum):
    """The groups of the catalogue, in display order."""

    CAPACITY = "capacity"
    EFFICIENCY = "efficiency"
    COST = "cost"
    SAFETY = "safety"
    PROCESS = "process"
    COOPERATION = "cooperation"
    BUDGET = "budget"
    DATA = "data"


THEME_NAMES = {
    Theme.CAPACITY: _("Capacity"),
    Theme.EFFICIENCY: _("Efficiency"),
    Theme.COST: _("Cost"),
    Theme.SAFETY: _("Safety"),
    Theme.PROCESS: _("Care process"),
    Theme.COOPERATION: _("Cooperation"),
    Theme.BUDGET: _("Budget"),
    Theme.DATA: pgettext_lazy("theme", "Data"),
}


@dataclass(frozen=True)
class RatedOn:
    """What a light judges where it is another number than the shown value: the same ratio over fewer cases, which its
    denominator counts. The sentences are translated when they are shown: `label` names the number in the reason, `none`
    and `too_few` say why there is no light where there is no such case, or fewer than 30.
    """

    calculate: Calculation
    label: str
    none: str
    too_few: str


@dataclass(frozen=True)
class Indicator:
    """One entry of the catalogue. `calculate` takes frames of facts and the columns to calculate by.

    It returns a frame indexed by these columns with `numerator`, `denominator`, `value` and `cases` (the number of
    cases the value rests on; empty where it rests on none). `needs_follow_up`: the value counts only 30 days after the
    last discharge in it. `looks_back`: the value also depends on the same period of the year before.
    Raise `version` when the same input would give another number.
    """

    code: str
    name: str
    short: str
    theme: Theme
    unit: Unit
    better: Better
    why_it_matters: str
    how_calculated: str
    source: str
    calculate: Calculation
    facts: tuple[str, ...] = ("cases",)  # the frame sources it needs
    decimals: int = 1
    version: int = 1
    needs_follow_up: bool = False
    looks_back: bool = False
    from_elapsed_share: bool = False  # limits apply to the distance from the elapsed part of the year
    in_matrix: bool = True
    counts_cases: bool = True  # fewer than 30 cases are too few to rate
    is_sum: bool = False  # a plain count or sum, no rate over cases: rated from any number of them
    rated_on: RatedOn | None = None  # the light judges another number than the value
    is_share: bool = False  # the numerator counts some of what the denominator counts
    counts_distinct: tuple[str, ...] = ()  # the sides that count different things, which cannot be added up


def ratio(numerator: pd.Series, denominator: pd.Series, cases: pd.Series | None = None) -> pd.DataFrame:
    """numerator ÷ denominator; no value where the denominator is 0 or missing. Cases default to the denominator."""
    bottom = denominator.astype("float64")
    top = numerator.astype("float64")
    value = top / bottom.where(bottom != 0)
    return pd.DataFrame(
        {"numerator": top, "denominator": bottom, "value": value, "cases": bottom if cases is None else cases}
    )


def amount(total: pd.Series, cases: pd.Series) -> pd.DataFrame:
    """A plain count or sum: 0 where there are discharges, no value where there are none."""
    value = total.astype("float64").where(cases > 0)
    return pd.DataFrame({"numerator": value, "denominator": np.nan, "value": value, "cases": cases})


def sums(frames: Frames, source: str, by: Sequence[str]) -> pd.DataFrame:
    """All facts of a source added up by the given columns; a frame indexed by them is added up already."""
    frame = frames[source]
    if list(frame.index.names) == list(by):
        return frame
    facts = [column for column in frame.columns if column not in (*by, "institution", "month", "department", "drg")]
    return frame.groupby(list(by), observed=True)[facts].sum()
