"""The Overview: what is red, what changed, who has not delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.charts.trend import Limits
from evaluation.indicators.definition import Indicator
from evaluation.indicators.periods import Period
from evaluation.models import Consortium, Threshold, User
from evaluation.pages.delivery import Delivery
from evaluation.pages.matrix import Matrix, build_matrix
from evaluation.pages.panels import Asked, Panel, panels_for
from evaluation.pages.picker import Option, Picker
from evaluation.pages.seen import NOT_A_MEMBER, why_none
from evaluation.pages.sparkline import spark_path
from evaluation.pages.tables import Table
from evaluation.pages.trend import Line, TrendChart
from evaluation.pages.values import ShownValue, better_word, no_value, read_values
from evaluation.rating.lights import Light
from evaluation.services.values import indicators as catalogue

TREND_LENGTH = {"month": 24, "quarter": 12, "year": 5, "rolling": 24}
SPARK_LENGTH = 12
MOST_CHANGES = 5
ORDER = {Light.GREEN: 0, Light.GREY: 0, Light.YELLOW: 1, Light.RED: 2}


@dataclass(frozen=True)
class KeyFigure:
    label: str
    value: str
    change: str
    note: str
    href: str
    spark: tuple[str, str] = ("", "")
    red: int | None = None
    yellow: int | None = None
    light: str = ""


@dataclass(frozen=True)
class Change:
    """A light that changed between the two periods."""

    name: str
    href: str
    before: str
    after: str
    what: str


@dataclass(frozen=True)
class DeliveryRow:
    name: str
    delivered: int
    expected: int
    missing: list[str]


@dataclass(frozen=True)
class OverviewPage:
    consortium: Consortium
    picker: Picker
    keyfigures: list[KeyFigure]
    matrix: Matrix
    trend: TrendChart
    trend_options: list[Option]
    changes: list[Change]
    deliveries: list[DeliveryRow]
    panels: list[Panel]
    computed_at: datetime | None
    delivered: int
    expected: int

    @property
    def is_empty(self) -> bool:
        return self.picker.covered is None

    @property
    def is_complete(self) -> bool:
        return self.delivered == self.expected

    @property
    def delivered_words(self) -> str:
        return ngettext(
            "%(delivered)s of %(count)s member delivered", "%(delivered)s of %(count)s members delivered", self.expected
        ) % {"delivered": self.delivered, "count": self.expected}

    @property
    def tables(self) -> dict[str, Table]:
        own = [self.matrix.table, self.trend.table, *(table for panel in self.panels for table in panel.tables)]
        return {table.name: table for table in own}

    @classmethod
    def build(cls, user: User, consortium: Consortium, query: QueryDict) -> OverviewPage:
        return _Builder(user, consortium, query).page()


class _Builder:
    """Reads once what all parts of the page need."""

    def __init__(self, user: User, consortium: Consortium, query: QueryDict) -> None:
        self.user, self.consortium = user, consortium
        self.delivery = Delivery.of(consortium, user)
        self.picker = Picker.read(query, self.delivery.covered, self.delivery.default_month)
        self.members = self.delivery.members(self.picker.period)
        self.every = catalogue()
        self.columns = [each for each in self.every if each.in_matrix or query.get("columns") == "all"]
        self.chosen = next((each for each in self.every if each.code == query.get("indicator")), self.every[0])
        self.periods = [
            self.picker.period.shifted(-back) for back in range(TREND_LENGTH[self.picker.period.kind] - 1, -1, -1)
        ]
        self._read()

    def _read(self) -> None:
        """One query: the matrix of both periods, and the lines of trend and sparklines."""
        both = [self.picker.period.code, self.picker.before.code]
        codes = [period.code for period in self.periods]
        lines = {self.chosen.code, "DRG_CMI", "DRG_TW", "REF_RATIO", "BUD_EXEC"}
        members = {member.pk for member in self.members}
        own = Q(institution__in=members)
        whole = Q(consortium=self.consortium, level="")
        wanted = (own | whole) & Q(period__in=both)
        wanted |= own & Q(period__in=codes, indicator=self.chosen.code) | whole & Q(
            period__in=codes, indicator__in=lines
        )
        self.now: dict[tuple[int | None, str], ShownValue] = {}
        self.before: dict[tuple[int | None, str], ShownValue] = {}
        self.history: dict[tuple[int | None, str], dict[str, ShownValue]] = {}
        for value in read_values(wanted, self.user, self.delivery.data_end, self.delivery.seen):
            key = (value.institution_id, value.indicator.code)
            self.history.setdefault(key, {})[value.period] = value
            if value.period == both[0]:
                self.now[key] = value
            if value.period == both[1]:
                self.before[key] = value

    def page(self) -> OverviewPage:
        months = [
            month for month in self.picker.period.months if self.picker.covered and month <= self.picker.covered[1]
        ]
        missing = self.delivery.missing(months)
        expected = self.delivery.expected(months)
        matrix = self._matrix(missing)
        computed = [value.computed_at for value in self.now.values() if value.computed_at]
        return OverviewPage(
            consortium=self.consortium,
            picker=self.picker,
            keyfigures=self._keyfigures(matrix, len(expected - missing), len(expected)),
            matrix=matrix,
            trend=self._trend(),
            trend_options=[Option(each.code, str(each.name), is_current=each is self.chosen) for each in self.every],
            changes=self._changes(),
            deliveries=self._deliveries(months),
            panels=panels_for(
                "OVERVIEW",
                Asked(
                    self.user,
                    self.consortium,
                    self.delivery.seen,
                    self.members,
                    self.picker,
                    values=list(self.now.values()),
                ),
            ),
            computed_at=max(computed, default=None),
            delivered=len(expected - missing),
            expected=len(expected),
        )

    def _matrix(self, missing: frozenset[int]) -> Matrix:
        nothing = {
            pk for pk in missing if not any(v.value is not None for (owner, _c), v in self.now.items() if owner == pk)
        }
        sentence = _("%(period)s is not delivered yet.") % {"period": self.picker.name}
        seen = self.delivery.seen
        part = [m.pk for m in self.members if not seen.shows_institution(m.pk, self.picker.period)]
        return build_matrix(
            indicators=self.columns,
            total_indicators=len(self.every),
            members=self.members,
            missing=dict.fromkeys(nothing, sentence) | dict.fromkeys(part, gettext(NOT_A_MEMBER)),
            now=self.now,
            before=self.before,
            nothing=self._nothing,
            picker=self.picker,
            show=self.picker.query.get("show", "all"),
        )

    def _nothing(self, pk: int | None, indicator: Indicator) -> ShownValue:
        period, place = self.picker.period, pk or self.consortium.pk
        reason = why_none(self.user, self.delivery.seen, indicator, period, place, is_consortium=pk is None)
        return no_value(indicator, period.code, reason)

    def _keyfigures(self, matrix: Matrix, delivered: int, expected: int) -> list[KeyFigure]:
        red = self._light_changes(Light.RED)
        yellow = self._light_changes(Light.YELLOW)
        return [
            KeyFigure(
                _("Lights"), "", _("%(red)s red, %(yellow)s yellow") % {"red": _signed(red), "yellow": _signed(yellow)}, "",
                "#lights", red=matrix.red, yellow=matrix.yellow,
            ),
            self._figure("DRG_CMI", _("Case mix index")),
            self._cases(),
            self._figure("DRG_TW", _("Total weight"), relative=True),
            self._figure("BUD_EXEC", _("Budget spent")),
            self._figure("REF_RATIO", _("Down ÷ up referrals")),
            KeyFigure(
                _("Data complete"), shown.percent(delivered / expected, 0) if expected else shown.NONE, "",
                _("%(delivered)s of %(expected)s institutions") % {"delivered": delivered, "expected": expected}, "#data",
            ),
        ]  # fmt: skip

    def _light_changes(self, light: Light) -> int:
        codes = {indicator.code for indicator in self.columns}
        now = sum(v.light == light for (_pk, code), v in self.now.items() if code in codes)
        before = sum(v.light == light for (_pk, code), v in self.before.items() if code in codes)
        return now - before

    def _figure(self, code: str, label: str, *, relative: bool = False) -> KeyFigure:
        value, before = self.now.get((None, code)), self.before.get((None, code))
        if value is None:
            return KeyFigure(label, shown.NONE, "", "", reverse("indicator-show", args=[code]) + self.picker.carried)
        earlier = before.value if before else None
        note = better_word(value.indicator, value.value, earlier)
        change = (
            shown.relative_change(value.value, earlier)
            if relative
            else shown.change(value.indicator, value.value, earlier)
        )
        if code == "REF_RATIO" and value.value is not None:
            note = " ÷ ".join(
                shown.cases(side or 0, is_published=value.is_published) for side in (value.numerator, value.denominator)
            )
        light = value.light if value.light != Light.GREY else ""
        return KeyFigure(
            label, value.full_text, change, note, reverse("indicator-show", args=[code]) + self.picker.carried,
            self._spark(code), light=light,
        )  # fmt: skip

    def _cases(self) -> KeyFigure:
        """Discharges: what the total weight rests on."""
        value, before = self.now.get((None, "DRG_TW")), self.before.get((None, "DRG_TW"))
        cases, earlier = (each.cases if each else None for each in (value, before))
        history = self.history.get((None, "DRG_TW"), {})
        points = [history[p.code].cases if p.code in history else None for p in self.periods[-SPARK_LENGTH:]]
        return KeyFigure(
            _("Discharges"), shown.count(cases), shown.relative_change(cases, earlier), "",
            reverse("indicator-show", args=["DRG_TW"]) + self.picker.carried, spark_path(points),
        )  # fmt: skip

    def _spark(self, code: str) -> tuple[str, str]:
        history = self.history.get((None, code), {})
        return spark_path([history[p.code].value if p.code in history else None for p in self.periods[-SPARK_LENGTH:]])

    def _trend(self) -> TrendChart:
        lines = [Line(_("Consortium"), self.history.get((None, self.chosen.code), {}), is_main=True)]
        lines += [Line(m.name, self.history.get((m.pk, self.chosen.code), {})) for m in self.members]
        limits = chart_limits(self.chosen, Threshold.For.CONSORTIUM)
        return TrendChart(self.chosen, self._filled_periods(lines), lines, limits)

    def _filled_periods(self, lines: Sequence[Line]) -> list[Period]:
        """Without the periods before the first value."""
        filled = {code for line in lines for code in line.values}
        kept = [period for period in self.periods if period.code in filled]
        return [period for period in self.periods if kept and period >= kept[0]] or self.periods[-1:]

    def _changes(self) -> list[Change]:
        names = {member.pk: member for member in self.members}
        found = []
        for (pk, code), value in self.now.items():
            before = self.before.get((pk, code))
            if before is None or before.light == value.light or Light.GREY in (before.light, value.light):
                continue
            step = ORDER[Light(value.light)] - ORDER[Light(before.light)]
            name = names[pk].name if pk else _("Consortium")
            what = f"{value.indicator.name} {shown.plain(value.indicator, before.value)} → {value.full_text}"
            query = self.picker.carried + (f"&institution={pk}" if pk else "")
            href = reverse("indicator-show", args=[code]) + query
            found.append((-step, name, Change(name, href, before.light, value.light, what)))
        return [change for _step, _name, change in sorted(found, key=lambda each: each[:2])[:MOST_CHANGES]]

    def _deliveries(self, months: list[date]) -> list[DeliveryRow]:
        names = {member.pk: member.name for member in self.members}
        return [
            DeliveryRow(
                shown.month_name(month),
                len(self.delivery.expected([month]) - self.delivery.missing([month])),
                len(self.delivery.expected([month])),
                sorted(names.get(pk, "") for pk in self.delivery.missing([month])),
            )
            for month in reversed(months)
        ]


def chart_limits(indicator: Indicator, place: str) -> Limits | None:
    """The limits of a kind of institution or of consortia, for the band behind a trend."""
    limit = Threshold.objects.filter(indicator=indicator.code, level=place).first()
    return Limits(limit.green_low, limit.green_high, limit.red_low, limit.red_high) if limit else None


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"{shown.MINUS}{-number}" if number < 0 else "±0"
