"""Periods as the contract writes them: `2026-03`, `2026-Q1`, `2026`, `2026-03R12` (12 months ending then)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_noop as _

PATTERN = re.compile(
    r"(?P<year>20\d{2}|19\d{2})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])(?P<rolling>R12)?))?"
)


class PeriodKind(StrEnum):
    """How long a period is; a rolling one has twelve months and ends with any of them."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ROLLING = "rolling"


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months later."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True, order=True)
class Period:
    """A run of whole months that ends with the month `last` (its first day)."""

    last: date
    kind: PeriodKind

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period of a code; ValueError names the forms that are understood."""
        match = PATTERN.fullmatch(text.strip())
        if not match:
            raise ValueError(_("Write a period as 2026-03, 2026-Q1, 2026 or 2026-03R12."))
        year = int(match["year"])
        if match["quarter"]:
            return cls(date(year, 3 * int(match["quarter"]), 1), PeriodKind.QUARTER)
        if match["month"]:
            kind = PeriodKind.ROLLING if match["rolling"] else PeriodKind.MONTH
            return cls(date(year, int(match["month"]), 1), kind)
        return cls(date(year, 12, 1), PeriodKind.YEAR)

    @classmethod
    def month(cls, month: date) -> Period:
        return cls(month.replace(day=1), PeriodKind.MONTH)

    @property
    def code(self) -> str:
        match self.kind:
            case PeriodKind.MONTH:
                return f"{self.last:%Y-%m}"
            case PeriodKind.QUARTER:
                return f"{self.last.year}-Q{self.last.month // 3}"
            case PeriodKind.YEAR:
                return f"{self.last.year}"
        return f"{self.last:%Y-%m}R12"

    @property
    def length(self) -> int:
        return {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3}.get(self.kind, 12)

    @property
    def first(self) -> date:
        return add_months(self.last, 1 - self.length)

    @property
    def last_day(self) -> date:
        return self.last.replace(day=calendar.monthrange(self.last.year, self.last.month)[1])

    @property
    def months(self) -> list[date]:
        return [add_months(self.last, offset) for offset in range(1 - self.length, 1)]

    @property
    def previous(self) -> Period:
        """The period before; for rolling ones the one that ended a month earlier."""
        return self.shifted(-1)

    @property
    def year_before(self) -> Period:
        return Period(add_months(self.last, -12), self.kind)

    def shifted(self, steps: int) -> Period:
        step = 1 if self.kind is PeriodKind.ROLLING else self.length
        return Period(add_months(self.last, steps * step), self.kind)

    def in_kind(self, kind: PeriodKind) -> Period:
        """The period of another kind that contains (or, rolling, ends with) this one's last month."""
        match kind:
            case PeriodKind.QUARTER:
                return Period(date(self.last.year, (self.last.month - 1) // 3 * 3 + 3, 1), kind)
            case PeriodKind.YEAR:
                return Period(date(self.last.year, 12, 1), kind)
        return Period(self.last, kind)


def periods_of(month: date) -> list[Period]:
    """Every period that contains the month: itself, its quarter, its year and twelve rolling ones."""
    own = Period.month(month)
    return [
        own,
        own.in_kind(PeriodKind.QUARTER),
        own.in_kind(PeriodKind.YEAR),
        *(Period(add_months(own.last, offset), PeriodKind.ROLLING) for offset in range(12)),
    ]


def periods_between(first: date, last: date) -> list[Period]:
    """All periods that touch the months from `first` to `last`; rolling ones end within them."""
    months = months_between(first, last)
    found = {period for month in months for period in periods_of(month)}
    return sorted(period for period in found if period.kind is not PeriodKind.ROLLING or period.last <= months[-1])


def months_between(first: date, last: date) -> list[date]:
    """The first days of all months from `first` to `last`, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(first, offset) for offset in range(count + 1)]


def year_to_date(period: Period) -> list[date]:
    """January to the end of the period; none for rolling periods, which belong to no budget year."""
    if period.kind is PeriodKind.ROLLING:
        return []
    return months_between(date(period.last.year, 1, 1), period.last)


def elapsed_share(period: Period, until: date | None = None) -> float:
    """The part of the year that is over at the end of the period, or of the month `until` if that is earlier."""
    last = period.last if until is None else min(period.last, until)
    return last.month / 12 if last.year == period.last.year else 1.0


def codes(periods: Iterable[Period]) -> list[str]:
    """The periods as the contract writes them."""
    return [period.code for period in periods]
