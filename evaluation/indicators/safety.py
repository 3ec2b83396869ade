"""Deaths, complications and readmissions (domain.md B, notes 1 and 2). Frame: `cases`."""

from collections.abc import Sequence

import pandas as pd

from evaluation.indicators.definition import Frames, ratio, sums


def mortality(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Deaths ÷ discharges (MORT)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["deaths"], cases["discharges"])


def low_risk_mortality(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Deaths ÷ cases in groups of risk level 1 of the year (LRM)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["risk1_deaths"], cases["risk1_cases"])


def medium_low_risk_mortality(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Deaths ÷ cases in groups of risk level 2 of the year (MLRM)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["risk2_deaths"], cases["risk2_cases"])


def complication_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Surgical cases with a complication ÷ surgical cases of which it is known (COMPL)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["complications"], cases["complication_known"])


def readmission_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Index stays followed by an admission anywhere within 30 days ÷ index stays (READM30)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["readmitted"], cases["index_stays"])


def same_disease_readmission_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """The same, unplanned and in the same ADRG, or the same first three ICD characters (READM_SAME)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["readmitted_same"], cases["index_stays"])
