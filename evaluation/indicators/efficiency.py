"""Cost and time beside the benchmark, and length of stay (domain.md B). Frame: `cases`."""

from collections.abc import Sequence

import pandas as pd

from evaluation.indicators.definition import Frames, ratio, sums


def cost_efficiency_index(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Σ cases × (average cost ÷ benchmark) ÷ Σ cases, over groups with a benchmark; 1 = region (CEI)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["cost_index"], cases["benched"])


def time_efficiency_index(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """The same with length of stay (TEI)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["time_index"], cases["benched"])


def average_stay(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Bed-days of discharged patients ÷ discharges (ALOS); a stay within one day counts 1."""
    cases = sums(frames, "cases", by)
    return ratio(cases["bed_days"], cases["discharges"])


def average_acute_stay(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """The same over acute beds only: day surgery and rehabilitation are meant to be shorter and longer (domain.md C)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["acute_bed_days"], cases["acute_stays"])
