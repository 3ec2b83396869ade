"""What the institutions can treat: grouping, weight, breadth (domain.md B). Frames: `cases`, `case_groups`."""

from collections.abc import Sequence

import pandas as pd

from evaluation.indicators.definition import Frames, amount, ratio, sums
from evaluation.indicators.facts import WEIGHT_UNITS

MDC_COUNT = 26


def grouping_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Grouped cases ÷ discharges (DRG_RATE)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["grouped"], cases["discharges"])


def total_weight(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Sum of the relative weights of grouped cases (DRG_TW)."""
    cases = sums(frames, "cases", by)
    return amount(cases["weight"] / WEIGHT_UNITS, cases["discharges"])


def case_mix_index(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Mean relative weight of grouped cases that have one (DRG_CMI)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["weight"] / WEIGHT_UNITS, cases["weighted"])


def heavy_share(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Cases with RW ≥ 2 ÷ grouped cases with a relative weight (RW2)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["heavy"], cases["weighted"])


def group_count(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Distinct DRGs with at least one case (DRG_N); 0 where cases exist but none is grouped."""
    discharges = sums(frames, "cases", by)["discharges"]
    return amount(distinct(frames, by, "drg").reindex(discharges.index, fill_value=0), discharges)


def mdc_coverage(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Distinct major diagnostic categories ÷ 26 (MDC_COV)."""
    discharges = sums(frames, "cases", by)["discharges"]
    groups = frames["case_groups"]
    mdc = groups["drg"].map(lambda drg: drg[0])  # of a categorical column this looks at each DRG once
    covered = distinct({"case_groups": groups.assign(mdc=mdc)}, by, "mdc")
    covered = covered.reindex(discharges.index, fill_value=0).where(discharges > 0)
    return ratio(covered, pd.Series(float(MDC_COUNT), covered.index).where(discharges > 0), discharges)


def mdt_coverage(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """DRGs with at least one case discussed by several disciplines ÷ DRGs of which it is known (MDT_COV)."""
    cases = sums(frames, "cases", by)
    return ratio(
        distinct(frames, by, "drg", "mdt").reindex(cases.index, fill_value=0),
        distinct(frames, by, "drg", "mdt_known").reindex(cases.index, fill_value=0),
        cases["mdt_known"],
    )


def distinct(frames: Frames, by: Sequence[str], column: str, fact: str = "discharges") -> pd.Series:
    """How many different values of `column` have `fact` above zero. Not additive: counted anew for every selection."""
    groups = frames["case_groups"]
    present = groups.loc[groups[fact] > 0, [*by, column]].drop_duplicates()
    return present.groupby(list(by), observed=True)[column].size()
