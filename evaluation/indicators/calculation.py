"""From facts to values: roll up, divide once, for all scopes, periods and indicators at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from evaluation.indicators.definition import Indicator
from evaluation.indicators.periods import Period
from evaluation.indicators.rollup import roll_up

BY = ("scope", "period")
Window = Callable[[Period], list[date]]


@dataclass(frozen=True)
class Facts:
    """Facts per institution, month and `within`; `window` says which months of facts a period adds up."""

    frame: pd.DataFrame
    window: Window = lambda period: period.months
    within: tuple[str, ...] = ()


def month_number(month: date) -> int:
    """Months since year 0: what frames carry as `month`."""
    return month.year * 12 + month.month - 1


def windows(periods: Iterable[Period], window: Window) -> pd.DataFrame:
    """period (code), month: which months each period adds up."""
    rows = [(period.code, month_number(month)) for period in periods for month in window(period)]
    return pd.DataFrame(rows, columns=["period", "month"]).astype({"period": "category", "month": "int64"})


def calculate_values(
    facts: Mapping[str, Facts], scopes: pd.DataFrame, periods: Sequence[Period], indicators: Iterable[Indicator]
) -> pd.DataFrame:
    """scope, period, indicator, numerator, denominator, value, cases, rated_numerator, rated_denominator (what the light
    judges, where it is another number), last_index_day; rows only where facts are.

    `discharges` and `discharges_before` are those of the scope and period, and of the same period a year earlier.
    """
    chosen, codes = list(indicators), [period.code for period in periods]
    frames = {
        name: _by_scope_and_period(source, scopes, windows(periods, source.window), codes)
        for name, source in facts.items()
    }
    if any(indicator.looks_back for indicator in chosen) and "cases" in facts:
        earlier = windows([period.year_before for period in periods], facts["cases"].window)
        before = [period.year_before.code for period in periods]
        frames["cases_year_before"] = _by_scope_and_period(facts["cases"], scopes, earlier, before)
    results = {indicator.code: _calculate(indicator, frames) for indicator in chosen}
    values = pd.concat(results, names=["indicator", *BY]).reset_index()
    beside = {
        "last_index_day": ("cases", "last_index_day"),
        "discharges": ("cases", "discharges"),
        "discharges_before": ("cases_year_before", "discharges"),
    }
    for column, (name, fact) in beside.items():
        known = frames[name][fact].rename(column).reset_index() if name in frames else None
        values = (
            values.assign(**{column: float("nan")}) if known is None else values.merge(known, on=list(BY), how="left")
        )
    follow_up = [indicator.code for indicator in chosen if indicator.needs_follow_up]
    values["last_index_day"] = values["last_index_day"].where(values["indicator"].isin(follow_up))
    values["period"] = values["period"].map(dict(enumerate(codes)))
    return values


def _calculate(indicator: Indicator, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    found = indicator.calculate(frames, BY)
    if indicator.rated_on is None:
        return found.assign(rated_numerator=float("nan"), rated_denominator=float("nan"))
    rated = indicator.rated_on.calculate(frames, BY)
    return found.assign(rated_numerator=rated["numerator"], rated_denominator=rated["denominator"])


def _by_scope_and_period(
    source: Facts, scopes: pd.DataFrame, months: pd.DataFrame, codes: Sequence[str]
) -> pd.DataFrame:
    """Facts rolled up; a period is its place in `codes`. Numbers, since indices over categories cannot be aligned when
    one has more than 127 of them and the other fewer.

    Facts without further columns are one row per scope and period: indexed so, indicators need not add them up again.
    """
    places = {code: place for place, code in enumerate(codes)}
    numbered = months.assign(period=months["period"].map(places).astype("int64"))
    rolled = roll_up(source.frame, scopes, numbered, within=source.within)
    return rolled if source.within else rolled.set_index(list(BY))
