"""What outsiders may read: facts whose running totals are rounded, so that no sum of them tells a small count (design §6).

Per institution (or pair), fact and calendar year: S_m the running total January … m, P_m = 5·⌊(S_m + o) / 5⌋ with a secret
offset o from 0 to 4, the same for all facts; the published month is P_m − P_{m−1}. Whatever is added up or subtracted then
speaks of running totals known to within five, never of a month or a person. Amounts (days, yuan, weights) go in steps of
5·u, u being what a case amounts to on average. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from evaluation.indicators.definition import Indicator
from evaluation.indicators.periods import Period, PeriodKind

STEP = 5
ENOUGH_PUBLISHED = 30  # no rate is formed of fewer published cases
OFFSET = "offset"
UNIT = "unit_"


@dataclass(frozen=True)
class Rounding:
    """How the facts of a source are rounded: counts by fives, an amount by five times its mean per case.

    `amounts`: for each amount the count of cases it rests on. `units`: the mean where none is known yet.
    """

    counts: tuple[str, ...]
    amounts: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)


def published_facts(facts: pd.DataFrame, rounding: Rounding, secrets: pd.DataFrame) -> pd.DataFrame:
    """The published months of whole calendar years.

    facts: institution, perhaps partner or drg, month (months since year 0), and the facts; a row per month that has any.
    secrets: institution (and partner), year, `offset`, and `unit_…` per amount; facts without a secret are left out.
    Returns the same columns; a month of which every fact is published as 0 has no row, like one without facts.
    """
    names = [*rounding.counts, *rounding.amounts]
    keys = [name for name in ("institution", "partner", "drg") if name in facts.columns]
    series = [*keys, "year"]
    dated = facts.assign(year=facts["month"] // 12)
    known = dated.merge(secrets, on=[name for name in series if name in secrets.columns])
    known = known.sort_values([*keys, "month"], kind="stable", ignore_index=True)
    totals = known.groupby(series, sort=False, observed=True)[names].cumsum()
    answer = known[[*keys, "month"]].copy()
    for name in names:
        unit = known[UNIT + name] if name in rounding.amounts else 1
        steps = (totals[name] + known[OFFSET] * unit) // (STEP * unit)
        before = steps.groupby([known[key] for key in series], sort=False, observed=True).shift(fill_value=0)
        answer[name] = (steps - before) * STEP * unit
    return answer[(answer[names] != 0).any(axis=1)].reset_index(drop=True)


def unit_of(amount: float, cases: float) -> float | None:
    """What a case amounts to, to two digits; none where too few cases tell it."""
    return float(f"{amount / cases:.1e}") if cases >= ENOUGH_PUBLISHED and amount > 0 else None


def as_published(
    values: pd.DataFrame, indicators: Sequence[Indicator], periods: Sequence[Period], last_month: int, exact: set[str]
) -> pd.DataFrame:
    """Values computed of published facts, without those that no outsider is told.

    values: what calculate_values returns for published facts. A rate of fewer than 30 published cases, or beside a year
    before of fewer, has no value. Distinct counts are told of complete years only, rounded down to fives. `exact`: the
    indicators of institutional money, left as they are.
    last_month: the last covered month, as months since year 0.
    """
    by_code = {indicator.code: indicator for indicator in indicators}
    complete = {
        period.code
        for period in periods
        if period.kind is PeriodKind.YEAR and period.last.year * 12 + period.last.month - 1 <= last_month
    }
    untold = values["indicator"].isin([code for code, each in by_code.items() if each.counts_distinct])
    untold &= ~(values["period"].isin(complete) & (values["discharges"] > 0))
    told = _with_round_counts(values[~untold].copy(), by_code)
    rounded = ~told["indicator"].isin(exact)
    too_few = rounded & told["denominator"].notna() & ~(told["cases"] >= ENOUGH_PUBLISHED)
    back = told["indicator"].isin([code for code, each in by_code.items() if each.looks_back])
    too_few |= back & ~(told["discharges_before"] >= ENOUGH_PUBLISHED)
    shares = rounded & told["indicator"].isin([code for code, each in by_code.items() if each.is_share])
    value = told["value"].mask(too_few)
    return told.assign(
        value=value.mask(shares & (value > 1), 1.0)
    )  # a part may be rounded up in a month, its whole down


def _with_round_counts(values: pd.DataFrame, by_code: Mapping[str, Indicator]) -> pd.DataFrame:
    """Distinct counts rounded down, their quotients formed anew; the cases they rest on are the published discharges."""
    for code, indicator in by_code.items():
        chosen = values["indicator"] == code
        if not indicator.counts_distinct or not chosen.any():
            continue
        for side in indicator.counts_distinct:
            values.loc[chosen, side] = values.loc[chosen, side] // STEP * STEP
        top, bottom = values.loc[chosen, "numerator"], values.loc[chosen, "denominator"]
        values.loc[chosen, "value"] = top if bottom.isna().all() else top / bottom.where(bottom != 0)
        values.loc[chosen, "cases"] = values.loc[chosen, "discharges"]
    return values
