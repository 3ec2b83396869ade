"""One member: its values beside its peers and its place among them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.indicators.definition import THEME_NAMES, Better, Indicator
from evaluation.indicators.scopes import band
from evaluation.models import Consortium, Institution, Membership, SeenMonths, User
from evaluation.pages.delivery import Delivery
from evaluation.pages.matrix import band_name, light_word
from evaluation.pages.overview import TREND_LENGTH, chart_limits
from evaluation.pages.panels import Asked, Panel, panels_for
from evaluation.pages.picker import Option, Picker
from evaluation.pages.seen import why_none
from evaluation.pages.sparkline import spark_path
from evaluation.pages.tables import Table
from evaluation.pages.trend import Line, TrendChart
from evaluation.pages.values import ShownValue, better_word, no_value, read_values
from evaluation.rating.lights import Light
from evaluation.services.values import indicators as catalogue


@dataclass(frozen=True)
class ValueLine:
    """One indicator of the institution."""

    indicator: Indicator
    value: ShownValue
    before: ShownValue | None
    peers: ShownValue | None
    place: str
    spark: tuple[str, str]
    href: str

    @property
    def change(self) -> str:
        return shown.change(self.indicator, self.value.value, self.before.value if self.before else None)

    @property
    def change_word(self) -> str:
        return better_word(self.indicator, self.value.value, self.before.value if self.before else None)

    @property
    def unit(self) -> str:
        return shown.unit_head(self.indicator)


@dataclass(frozen=True)
class ThemeLines:
    name: str
    lines: list[ValueLine]


@dataclass(frozen=True)
class InstitutionPage:
    consortium: Consortium
    institution: Institution
    picker: Picker
    level: str
    memberships: list[Membership]
    themes: list[ThemeLines]
    attention: list[ValueLine]
    trend: TrendChart
    trend_options: list[Option]
    panels: list[Panel]
    peers: int
    last_month: str
    shows_master_data: bool  # of today: not of one that left

    @property
    def has_values(self) -> bool:
        return any(line.value.value is not None for theme in self.themes for line in theme.lines)

    @property
    def tables(self) -> dict[str, Table]:
        headings = [
            _("Indicator"),
            _("Value"),
            _("Unit"),
            _("Light"),
            _("Reason"),
            self.picker.before_name,
            _("Peers"),
            _("Place"),
        ]
        rows = [
            [
                str(line.indicator.name), line.value.text, line.unit, light_word(line.value.light), line.value.sentence,
                line.before.text if line.before else shown.NONE, line.peers.text if line.peers else shown.NONE, line.place,
            ]
            for theme in self.themes
            for line in theme.lines
        ]  # fmt: skip
        own = [Table("values", self.institution.name, headings, rows), self.trend.table]
        return {table.name: table for table in (*own, *(table for panel in self.panels for table in panel.tables))}

    @classmethod
    def build(cls, user: User, consortium: Consortium, institution: Institution, query: QueryDict) -> InstitutionPage:
        return _Builder(user, consortium, institution, query).page()


class _Builder:
    def __init__(self, user: User, consortium: Consortium, institution: Institution, query: QueryDict) -> None:
        self.user, self.consortium, self.institution = user, consortium, institution
        delivery = Delivery.of(consortium, user)
        self.seen, self.of_consortium = SeenMonths.of(user), delivery.seen
        self.last_month = delivery.last_month_of(institution)
        self.picker = Picker.read(query, delivery.facts, self.last_month or timezone.localdate().replace(day=1))
        period = self.picker.period
        members = Institution.objects.members_of(consortium, period.first, period.last_day)
        seen = [m for m in members if self.seen.touches(m.pk, period.first, period.last)]
        self.peers = [m.pk for m in seen if band(m.level) == band(institution.level)]
        self.every = catalogue()
        self.chosen = next((each for each in self.every if each.code == query.get("indicator")), self.every[0])
        self.periods = [period.shifted(-back) for back in range(TREND_LENGTH[period.kind] - 1, -1, -1)]
        codes = {p.code for p in self.periods} | {self.picker.before.code}
        own = Q(institution=institution, period__in=codes)
        peers = Q(institution__in=self.peers) | Q(consortium=consortium, level=band(institution.level))
        peers &= Q(period=period.code)
        self.own: dict[str, dict[str, ShownValue]] = {}
        for value in read_values(own, user, delivery.data_end, self.seen):
            self.own.setdefault(value.indicator.code, {})[value.period] = value
        self.around: dict[str, list[ShownValue]] = {}
        self.level: dict[str, ShownValue] = {}
        for value in read_values(peers, user, delivery.data_end, self.seen):
            if value.consortium_id:
                self.level[value.indicator.code] = value
            else:
                self.around.setdefault(value.indicator.code, []).append(value)

    def page(self) -> InstitutionPage:
        lines = [self._line(indicator) for indicator in self.every]
        themes: list[ThemeLines] = []
        for line in lines:
            name = str(THEME_NAMES[line.indicator.theme])
            if not themes or themes[-1].name != name:
                themes.append(ThemeLines(name, []))
            themes[-1].lines.append(line)
        order = [Light.RED, Light.YELLOW]
        attention = [line for line in lines if line.value.light in order]
        return InstitutionPage(
            consortium=self.consortium,
            institution=self.institution,
            picker=self.picker,
            level=band_name(band(self.institution.level)),
            memberships=list(self.institution.memberships.visible_to(self.user).select_related("consortium")),
            themes=themes,
            attention=sorted(attention, key=lambda line: order.index(Light(line.value.light))),
            trend=self._trend(),
            trend_options=[Option(each.code, str(each.name), is_current=each is self.chosen) for each in self.every],
            panels=panels_for(
                "INSTITUTION",
                Asked(
                    self.user, self.consortium, self.of_consortium, [self.institution], self.picker, self.institution
                ),
            ),
            peers=len(self.peers),
            last_month=shown.month_name(self.last_month) if self.last_month else "",
            shows_master_data=Institution.objects.belonging_to(self.user).filter(pk=self.institution.pk).exists(),
        )

    def _line(self, indicator: Indicator) -> ValueLine:
        history = self.own.get(indicator.code, {})
        value = history.get(self.picker.period.code) or no_value(
            indicator,
            self.picker.period.code,
            why_none(self.user, self.seen, indicator, self.picker.period, self.institution.pk),
        )
        points = [history[p.code].value if p.code in history else None for p in self.periods[-12:]]
        query = f"{self.picker.carried}&institution={self.institution.code}"
        return ValueLine(
            indicator, value, history.get(self.picker.before.code), self.level.get(indicator.code),
            self._place(indicator, value), spark_path(points), reverse("indicator-show", args=[indicator.code]) + query,
        )  # fmt: skip

    def _place(self, indicator: Indicator, value: ShownValue) -> str:
        """ "2 / 5": the place among the peers of the level, best first; only where better has a direction."""
        if value.value is None or indicator.better not in (Better.HIGHER, Better.LOWER):
            return ""
        numbers = [other.value for other in self.around.get(indicator.code, []) if other.value is not None]
        if len(numbers) < 2:
            return ""
        ahead = sum(n > value.value if indicator.better is Better.HIGHER else n < value.value for n in numbers)
        return f"{ahead + 1} / {len(numbers)}"

    def _trend(self) -> TrendChart:
        history = self.own.get(self.chosen.code, {})
        kept = [p for p in self.periods if p.code in history]
        periods = [p for p in self.periods if kept and p >= kept[0]] or self.periods[-1:]
        limits = chart_limits(self.chosen, band(self.institution.level))
        return TrendChart(self.chosen, periods, [Line(self.institution.name, history, is_main=True)], limits)
