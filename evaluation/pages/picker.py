"""The period picker: which period a page shows and what it is compared with, kept in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.indicators.periods import Period, PeriodKind, periods_between

MOST_OPTIONS = 60


@dataclass(frozen=True)
class Option:
    code: str
    name: str
    href: str = ""
    is_current: bool = False


@dataclass(frozen=True)
class Picker:
    """`covered` is the span of months with data; None when there are none."""

    period: Period
    against_year: bool
    covered: tuple[date, date] | None
    query: QueryDict

    @classmethod
    def read(cls, query: QueryDict, covered: tuple[date, date] | None, default: date) -> Picker:
        """From the URL; what cannot be understood falls back to the default month."""
        try:
            period = Period.parse(query.get("period", ""))
        except ValueError:
            period = Period.month(default)
        return cls(period, query.get("against") == "year", covered, query)

    @property
    def before(self) -> Period:
        """What the period is compared with."""
        return self.period.year_before if self.against_year else self.period.previous

    @property
    def name(self) -> str:
        return shown.period_name(self.period)

    @property
    def before_name(self) -> str:
        return shown.period_name(self.before)

    @property
    def kinds(self) -> list[Option]:
        names = {
            PeriodKind.MONTH: _("Month"),
            PeriodKind.QUARTER: _("Quarter"),
            PeriodKind.YEAR: _("Year"),
            PeriodKind.ROLLING: _("12 months"),
        }
        return [
            Option(kind, name, self.href(period=self._in_kind(kind).code), kind is self.period.kind)
            for kind, name in names.items()
        ]

    @property
    def options(self) -> list[Option]:
        """Periods of the kind, newest first."""
        return [
            Option(period.code, shown.period_name(period), is_current=period == self.period)
            for period in self._selectable()
        ]

    @property
    def earlier(self) -> str:
        return self._step(-1)

    @property
    def later(self) -> str:
        return self._step(1)

    @property
    def against_options(self) -> list[Option]:
        previous, year = shown.period_name(self.period.previous), shown.period_name(self.period.year_before)
        return [
            Option("previous", _("against %(period)s") % {"period": previous}, is_current=not self.against_year),
            Option("year", _("against %(period)s") % {"period": year}, is_current=self.against_year),
        ]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """The rest of the URL, which the form of the picker must keep."""
        return [
            (name, value)
            for name, value in self.query.items()
            if name not in ("period", "against", "download", "table")
        ]

    def href(self, **changes: str) -> str:
        """The query of this page with some parameters changed; an empty one is taken out."""
        query = self.query.copy()
        for name in ("download", "table"):
            query.pop(name, None)
        query["period"], query["against"] = self.period.code, "year" if self.against_year else "previous"
        for name, value in changes.items():
            if value:
                query[name] = value
            else:
                query.pop(name, None)
        return f"?{query.urlencode()}"

    @property
    def carried(self) -> str:
        """What other pages take over."""
        return f"?period={self.period.code}&against={'year' if self.against_year else 'previous'}"

    def _in_kind(self, kind: PeriodKind) -> Period:
        """Of the kind; a coarser period shrinks to its last month with data."""
        last = min(self.period.last, self.covered[1]) if self.covered else self.period.last
        return Period.month(last).in_kind(kind)

    def _selectable(self) -> list[Period]:
        periods = {self.period}
        if self.covered:
            periods |= {period for period in periods_between(*self.covered) if period.kind is self.period.kind}
        return sorted(periods, reverse=True)[:MOST_OPTIONS]

    def _step(self, steps: int) -> str:
        target = self.period.shifted(steps)
        if self.covered and (target.first > self.covered[1] or target.last < self.covered[0]):
            return ""
        return self.href(period=target.code)
