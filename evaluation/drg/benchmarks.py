"""Which benchmark an institution is measured by, and the risk levels of DRGs (domain.md B, convention 6 and note 1).

Benchmarks are a consortium's or common. For a year and DRG an institution looks among those of the consortium it joined
last: region and level, then region, then level, then everywhere; where that consortium has none of the four, among the
common ones in the same order. Risk levels rest on how a set spreads: they are worked out within the consortium's own set,
and a DRG that gets none there takes its level in the common set.
"""

import numpy as np
import pandas as pd

ENOUGH_CASES = 30  # of a group, for its mortality to say something
NOISE = 1e-12  # of floating point, in logarithms of mortality
COMMON = 0  # in the place of a consortium: of none
PLACE = ["consortium", "region", "level"]
KEY = [*PLACE, "year", "drg"]


def local_benchmarks(benchmarks: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """What institutions of each place see, year by year.

    benchmarks: consortium (COMMON: everyone's), year, region, level, drg, rw, avg_cost, avg_los, cases, deaths (blank
    region or level = everywhere). places: consortium (the one joined last; COMMON: none), region, level. Returns the
    place, year, drg, rw, avg_cost, avg_los (of the year; empty where it has none) and risk 1–4 (from the year before;
    empty where it gives none).
    """
    sets = [
        _seen_from(benchmarks, places, owner) for owner in (places["consortium"], COMMON)
    ]  # the own before the common
    seen = pd.concat(sets, ignore_index=True).drop_duplicates(KEY)
    risks = pd.concat([_risks(each) for each in sets], ignore_index=True).drop_duplicates(KEY)
    joined = seen[[*KEY, "rw", "avg_cost", "avg_los"]].merge(risks, on=KEY, how="outer")
    return joined.sort_values(KEY, ignore_index=True)


def _seen_from(benchmarks: pd.DataFrame, places: pd.DataFrame, owner: pd.Series | int) -> pd.DataFrame:
    """The best row per place, year and DRG of the owner's set: region and level, region, level, everywhere."""
    steps = []
    for rank, (use_region, use_level) in enumerate([(True, True), (True, False), (False, True), (False, False)]):
        wanted = places.assign(
            owner=owner,
            of_region=places["region"] if use_region else "",
            of_level=places["level"] if use_level else "",
            rank=rank,
        )
        named = benchmarks.rename(columns={"consortium": "owner", "region": "of_region", "level": "of_level"})
        steps.append(wanted.merge(named, on=["owner", "of_region", "of_level"]))
    found = pd.concat(steps, ignore_index=True).sort_values("rank", kind="stable")
    return found.drop_duplicates(KEY).drop(columns=["owner", "of_region", "of_level", "rank"])


def _risks(seen: pd.DataFrame) -> pd.DataFrame:
    """The risk levels of the year after, of one set as each place sees it; only where there is one."""
    found = [
        group.assign(year=group["year"] + 1, risk=risk_levels(group))[[*KEY, "risk"]]
        for _, group in seen.groupby([*PLACE, "year"], sort=False)
    ]
    return pd.concat(found).dropna(subset=["risk"]) if found else pd.DataFrame(columns=[*KEY, "risk"])


def risk_levels(groups: pd.DataFrame) -> pd.Series:
    """Risk level per row of one benchmark set from its cases and deaths: 1 low … 4 high, empty where unknown.

    No deaths → 1. Otherwise the place of ln(mortality) among the groups with deaths: below mean − sd → 1, below the
    mean → 2, below mean + sd → 3, else 4. Fewer than two groups with deaths, or no spread → no levels at all.
    """
    cases = groups["cases"].astype("float64")
    deaths = groups["deaths"].astype("float64")
    rated = (cases >= ENOUGH_CASES) & deaths.notna()
    mortal = rated & (deaths > 0)
    logs = pd.Series(np.log((deaths / cases).where(mortal)), groups.index)
    mean, spread = logs.mean(), logs.std(ddof=1)
    levels = pd.Series(np.nan, groups.index)
    if mortal.sum() < 2 or not spread > NOISE:
        return levels
    levels[rated & (deaths == 0)] = 1
    levels[mortal] = 4
    levels[mortal & (logs < mean + spread - NOISE)] = 3
    levels[mortal & (logs < mean - NOISE)] = 2
    levels[mortal & (logs < mean - spread - NOISE)] = 1
    return levels
