"""Adding facts up over scopes and periods. The numbers are divided only afterwards: averages are never averaged.

A scope is an institution, a consortium, or a level of a consortium; `scopes` says month by month which institutions
are in it, so that a member counts while it is one.
"""

from collections.abc import Sequence

import pandas as pd

from evaluation.indicators.facts import CASE_MAXIMA


def roll_up(
    facts: pd.DataFrame, scopes: pd.DataFrame, windows: pd.DataFrame, *, within: Sequence[str] = ()
) -> pd.DataFrame:
    """Facts by scope, period and the `within` columns.

    facts: institution, month, the `within` columns and facts; a column `partner` makes them facts of a pair, which a
    scope counts when either end is in it and both are in its consortium.
    scopes: scope, institution, month, and `surrounding` (the scope both ends must be in, or −1).
    windows: period, month. Returns one row per scope and period that has facts.
    """
    keys = ["scope", "month", *within]
    ends = [column for column in ("institution", "partner") if column in facts.columns]
    names = [column for column in facts.columns if column not in ("institution", "partner", "month", *within)]
    if "partner" in ends:
        placed = _pairs_in(facts, scopes)
    else:
        placed = facts.merge(scopes[["scope", "institution", "month"]], on=["institution", "month"])
    monthly = _add(placed, keys, names)
    return _add(monthly.merge(windows, on="month"), ["scope", "period", *within], names)


def _pairs_in(facts: pd.DataFrame, scopes: pd.DataFrame) -> pd.DataFrame:
    """Each pair once per scope that holds one of its ends, if the scope's surroundings hold both."""
    pairs = facts.assign(pair=range(len(facts)))
    places = scopes[["scope", "institution", "month", "surrounding"]]
    ends = [
        pairs.merge(places.rename(columns={"institution": end}), on=[end, "month"])
        for end in ("institution", "partner")
    ]
    placed = pd.concat(ends, ignore_index=True).drop_duplicates(["pair", "scope"])
    inside = places[["scope", "institution", "month"]].rename(columns={"scope": "surrounding"})
    for end in ("institution", "partner"):
        held = placed.merge(
            inside.rename(columns={"institution": end}), on=["surrounding", end, "month"], how="left", indicator="_held"
        )
        placed = placed[((held["_held"] == "both") | (held["surrounding"] == -1)).to_numpy()]
    return placed


def _add(frame: pd.DataFrame, keys: list[str], names: list[str]) -> pd.DataFrame:
    """Sum by keys, but the latest of day columns."""
    grouped = frame.groupby(keys, observed=True, sort=False)
    latest = [name for name in names if name in CASE_MAXIMA]
    added = grouped[[name for name in names if name not in latest]].sum()
    if latest:
        added = added.join(grouped[latest].max())
    return added.reset_index()
