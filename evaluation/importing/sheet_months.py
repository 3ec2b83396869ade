"""V27: months of discharge that lie far from the rest of the sheet, or before the institution joined a consortium."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.findings import Finding
from evaluation.importing.problems import Severity

FARTHEST = 12  # months from the sheet's most frequent one
FAR = _(
    "Discharged in %(month)s, more than 12 months from most of the sheet (%(usual)s). "
    "Correct the year, or accept the row if it is right."
)
EARLY = _(
    "Discharged in %(month)s, before the institution joined a consortium (%(joined)s). "
    "Correct the date, or accept the row if it is right."
)


class SheetMonths:
    """The months of the accepted rows of a sheet. Which is the most frequent one is known when all rows have passed."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.months: list[np.ndarray] = []
        self.institutions: list[np.ndarray] = []
        self.counts: Counter[int] = Counter()

    def remember(self, accepted: pd.DataFrame) -> None:
        """Typed rows of a chunk that were not refused; the index is the sheet's own row number."""
        months = accepted["discharged_at"].to_numpy().astype("datetime64[M]").astype("int32")
        self.rows.append(accepted.index.to_numpy())
        self.months.append(months)
        self.institutions.append(accepted["institution"].to_numpy(dtype=object))
        values, counts = np.unique(months, return_counts=True)
        self.counts.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))

    @property
    def usual(self) -> int:
        """The most frequent month as months since 1970; the latest of several that are as frequent."""
        return max(self.counts, key=lambda month: (self.counts[month], month))

    def findings(self, joined: Mapping[str, date], heading: str) -> list[Finding]:
        """`joined` is the day on which an institution first joined a consortium, by code."""
        if not self.counts:
            return []
        rows, months = np.concatenate(self.rows), np.concatenate(self.months)
        found = [(FAR, np.abs(months - self.usual) > FARTHEST, {"usual": _named(self.usual)})]
        for code in joined.keys() & set(self._codes()):
            early = (np.concatenate(self.institutions) == code) & (months < _month(joined[code]))
            found.append((EARLY, early, {"joined": joined[code].isoformat()}))
        return [
            _finding(message, rows[mask], months[mask], heading, said) for message, mask, said in found if mask.any()
        ]

    def _codes(self) -> set[str]:
        return {code for part in self.institutions for code in pd.unique(part)}


def _finding(message: str, rows: np.ndarray, months: np.ndarray, heading: str, said: Mapping[str, str]) -> Finding:
    names, places = np.unique(months, return_inverse=True)
    shown = np.array([_named(month) for month in names], dtype=object)[places]
    values = {"cell": shown, "month": shown, **{name: np.full(len(rows), text, object) for name, text in said.items()}}
    return Finding(heading, Severity.WARNING, "V27", message, rows, values)


def _month(day: date) -> int:
    return (day.year - 1970) * 12 + day.month - 1


def _named(month: int) -> str:
    return f"{1970 + month // 12}-{month % 12 + 1:02d}"
