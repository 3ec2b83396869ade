"""Which benchmark an institution is measured by, and the risk levels of DRGs (domain.md B, convention 6 and note 1)."""

import numpy as np
import pandas as pd

ENOUGH_CASES = 30  # of a group, for its mortality to say something
NOISE = 1e-12  # of floating point, in logarithms of mortality


def local_benchmarks(benchmarks: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """What institutions of each region and level see, year by year.

    benchmarks: year, region, level, drg, rw, avg_cost, avg_los, cases, deaths (blank region or level = everywhere).
    places: region, level. Returns region, level, year, drg, rw, avg_cost, avg_los (of the year; empty where it has
    none) and risk 1–4 (from the year before; empty where it gives none).
    """
    seen = _seen_from(benchmarks, places)
    columns = ["region", "level", "year", "drg"]
    risks = [
        group.assign(year=group["year"] + 1, risk=risk_levels(group))[[*columns, "risk"]]
        for _, group in seen.groupby(["region", "level", "year"], sort=False)
    ]
    risk = pd.concat(risks) if risks else pd.DataFrame(columns=[*columns, "risk"])
    joined = seen[[*columns, "rw", "avg_cost", "avg_los"]].merge(risk.dropna(subset=["risk"]), on=columns, how="outer")
    return joined.sort_values(columns, ignore_index=True)


def _seen_from(benchmarks: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The best row per place, year and DRG: region and level, then region, then level, then everywhere."""
    steps = []
    for rank, (use_region, use_level) in enumerate([(True, True), (True, False), (False, True), (False, False)]):
        wanted = places.assign(
            of_region=places["region"] if use_region else "", of_level=places["level"] if use_level else "", rank=rank
        )
        steps.append(
            wanted.merge(
                benchmarks.rename(columns={"region": "of_region", "level": "of_level"}), on=["of_region", "of_level"]
            )
        )
    found = pd.concat(steps, ignore_index=True).sort_values("rank", kind="stable")
    return found.drop_duplicates(["region", "level", "year", "drg"]).drop(columns=["of_region", "of_level", "rank"])


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
