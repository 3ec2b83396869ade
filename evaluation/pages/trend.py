"""The trend of one indicator as chart and table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.charts.theme import themed
from evaluation.charts.trend import Limits, Series, trend
from evaluation.indicators.definition import Indicator, Unit
from evaluation.indicators.periods import Period
from evaluation.pages.tables import Table
from evaluation.pages.values import ShownValue


@dataclass(frozen=True)
class Line:
    """Values of one institution or consortium by period code."""

    name: str
    values: dict[str, ShownValue]
    is_main: bool = False


@dataclass(frozen=True)
class TrendChart:
    indicator: Indicator
    periods: Sequence[Period]
    lines: Sequence[Line]
    limits: Limits | None = None
    name: str = "trend"

    @cached_property
    def figure(self) -> dict:
        """The Plotly figure in both themes; rates in per cent."""
        scale = 100 if self.indicator.unit is Unit.PERCENT else 1
        series = [Series(line.name, self._numbers(line, scale), line.is_main) for line in self.lines]
        labels = [short_name(period) for period in self.periods]
        suffix = shown.percent_sign() if self.indicator.unit is Unit.PERCENT else ""
        limits = self._scaled_limits(scale)
        return themed(
            lambda theme: trend(labels, series, theme, decimals=self.indicator.decimals, suffix=suffix, limits=limits)
        )

    @property
    def is_empty(self) -> bool:
        return not any(value.value is not None for line in self.lines for value in line.values.values())

    @property
    def summary(self) -> str:
        """What the chart shows, for those who do not see it."""
        return _(
            "Trend of %(indicator)s, %(first)s to %(last)s, %(count)s lines; the numbers are in the table below."
        ) % {
            "indicator": self.indicator.name,
            "first": shown.period_name(self.periods[0]),
            "last": shown.period_name(self.periods[-1]),
            "count": len(self.lines),
        }

    @cached_property
    def table(self) -> Table:
        return Table(
            name=self.name,
            title=f"{self.indicator.name} ({shown.unit_head(self.indicator)})"
            if shown.unit_head(self.indicator)
            else str(self.indicator.name),
            headings=[_("Institution"), *(short_name(period) for period in self.periods)],
            rows=[
                [line.name, *(line.values[p.code].text if p.code in line.values else shown.NONE for p in self.periods)]
                for line in self.lines
            ],
        )

    def _numbers(self, line: Line, scale: float) -> list[float | None]:
        found = [line.values[period.code].value if period.code in line.values else None for period in self.periods]
        return [None if number is None else number * scale for number in found]

    def _scaled_limits(self, scale: float) -> Limits | None:
        if self.limits is None or self.indicator.from_elapsed_share:
            return None
        scaled = [
            None if limit is None else limit * scale
            for limit in (self.limits.green_low, self.limits.green_high, self.limits.red_low, self.limits.red_high)
        ]
        return Limits(*scaled)


def short_name(period: Period) -> str:
    return shown.short_month(period.last) if period.length == 1 or period.code.endswith("R12") else period.code
