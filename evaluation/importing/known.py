"""What the checks need to know beyond the sheet; gathered once by the service, never queried per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pandas as pd


@dataclass(frozen=True)
class Place:
    """An institution as the checks see it. `joined_last` is the code of the consortium whose benchmarks hold for it."""

    region: str
    level: str
    joined_last: str = ""


@dataclass(frozen=True)
class Known:
    """`now` is local time. `institutions` by code; `writable` limits them to those the sender answers for (None: all).

    `member_months` has, by institution, the spans of months (first day of the first, of the last) in which it was in a
    consortium of the sender (None: whenever). `given_institution` and `given_month` came with the upload and hold for all its rows.
    """

    now: datetime
    institutions: Mapping[str, Place] = field(default_factory=dict)
    consortia: frozenset[str] = frozenset()
    writable: frozenset[str] | None = None
    writable_consortia: frozenset[str] | None = None
    member_months: Mapping[str, Sequence[tuple[date, date]]] | None = None
    given_institution: str = ""
    given_month: date | None = None
    departments: frozenset[tuple[str, str]] = frozenset()
    # weights of the year's benchmark: columns joined_last, region, level, year, drg, benchmark_rw
    weights: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["joined_last", "region", "level", "year", "drg", "benchmark_rw"])
    )

    def is_member_in_year(self, institution: str, year: int) -> bool:
        if self.member_months is None:
            return True
        return any(first.year <= year <= last.year for first, last in self.member_months.get(institution, ()))
