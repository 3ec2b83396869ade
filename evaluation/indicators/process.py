"""How patients are treated: surgery, pathways, antibacterials (domain.md B). Frame: `cases`."""

from collections.abc import Sequence

import pandas as pd

from evaluation.indicators.definition import Frames, ratio, sums


def surgery_share(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Discharges with an operation or intervention ÷ discharges (SURG)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["surgical"], cases["discharges"])


def level_4_share(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Patients with a level-4 operation ÷ surgical patients, once per stay (SURG4)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["surgical_4"], cases["surgical"])


def day_surgery_share(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Day surgery ÷ elective surgical patients of whom it is known (DAYSURG)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["day_surgery"], cases["elective"])


def antibacterial_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Discharges given antibacterials ÷ discharges of which it is known (ABX)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["antibacterial"], cases["antibacterial_known"])


def pathway_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Cases on a clinical pathway ÷ eligible cases, the field not being empty (PATHWAY)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["pathway"], cases["pathway_known"])


def data_accuracy(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Accepted ÷ read rows of the month's submitted uploads (DATA_ACC). Frame: `uploads`."""
    rows = sums(frames, "uploads", by)
    return ratio(rows["rows_accepted"], rows["rows_read"])
