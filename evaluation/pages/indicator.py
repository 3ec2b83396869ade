"""One indicator: trend per member, ranking, definition, DRGs, and the way to its cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation import shown
from evaluation.access.roles import Permission
from evaluation.access.rules import may, refusal
from evaluation.charts.bars import ranked_bars
from evaluation.charts.theme import themed
from evaluation.indicators.definition import Indicator, Unit
from evaluation.indicators.scopes import band
from evaluation.models import Consortium, Institution, Threshold, User
from evaluation.pages.definitions import DefinitionCard
from evaluation.pages.delivery import Delivery
from evaluation.pages.drg_breakdown import Breakdown
from evaluation.pages.matrix import band_name, light_word
from evaluation.pages.overview import TREND_LENGTH, chart_limits
from evaluation.pages.picker import Option, Picker
from evaluation.pages.seen import why_none
from evaluation.pages.tables import Table
from evaluation.pages.trend import Line, TrendChart
from evaluation.pages.values import ShownValue, better_word, no_value, read_values
from evaluation.services.values import indicators as catalogue


@dataclass(frozen=True)
class Standing:
    """One line of the ranking."""

    place: int | None
    name: str
    level: str
    value: ShownValue
    before: ShownValue | None
    href: str
    cases_href: str
    is_total: bool = False
    is_chosen: bool = False

    @property
    def change(self) -> str:
        return shown.change(self.value.indicator, self.value.value, self.before.value if self.before else None)

    @property
    def change_word(self) -> str:
        return better_word(self.value.indicator, self.value.value, self.before.value if self.before else None)

    @property
    def fraction(self) -> str:
        """Numerator ÷ denominator, where it has both."""
        value = self.value
        if value.numerator is None or value.denominator is None:
            return ""
        return f"{_rounded(value, value.numerator)} ÷ {_rounded(value, value.denominator)}"

    @property
    def cases_text(self) -> str:
        return self.value.cases_text


@dataclass(frozen=True)
class RankingChart:
    indicator: Indicator
    standings: list[Standing]
    table: Table
    name: str = "ranking"

    @property
    def is_empty(self) -> bool:
        return not self._ranked

    @cached_property
    def _ranked(self) -> list[Standing]:
        return [each for each in self.standings if not each.is_total and each.value.value is not None]

    @cached_property
    def figure(self) -> dict:
        scale = 100 if self.indicator.unit is Unit.PERCENT else 1
        names = [each.name for each in self._ranked]
        values = [(each.value.value or 0) * scale for each in self._ranked]
        suffix = shown.percent_sign() if self.indicator.unit is Unit.PERCENT else ""
        return themed(lambda theme: ranked_bars(names, values, theme, decimals=self.indicator.decimals, suffix=suffix))

    @property
    def summary(self) -> str:
        return _("Ranking of %(count)s institutions by %(indicator)s; the numbers are in the table.") % {
            "count": len(self._ranked), "indicator": self.indicator.name,
        }  # fmt: skip


@dataclass(frozen=True)
class IndicatorPage:
    consortium: Consortium
    indicator: Indicator
    picker: Picker
    card: DefinitionCard
    trend: TrendChart
    ranking: RankingChart
    standings: list[Standing]
    quartiles: list[tuple[str, str]]
    breakdown: Breakdown
    chosen: Institution | None
    institutions: list[Option]
    cases_href: str
    cases_refusal: str

    @property
    def tables(self) -> dict[str, Table]:
        tables = [self.trend.table, self.ranking.table]
        if self.breakdown.table.rows:
            tables.append(self.breakdown.table)
        return {table.name: table for table in tables}

    @classmethod
    def build(cls, user: User, consortium: Consortium, indicator: Indicator, query: QueryDict) -> IndicatorPage:
        return _Builder(user, consortium, indicator, query).page()


class _Builder:
    def __init__(self, user: User, consortium: Consortium, indicator: Indicator, query: QueryDict) -> None:
        self.user, self.consortium, self.indicator = user, consortium, indicator
        delivery = Delivery.of(consortium, user)
        self.seen, self.data_end = delivery.seen, delivery.data_end
        self.picker = Picker.read(query, delivery.covered, delivery.default_month)
        self.members = delivery.members(self.picker.period)
        self.chosen = next(
            (m for m in self.members if str(m.pk) == query.get("institution") or m.code == query.get("institution")),
            None,
        )
        self.periods = [
            self.picker.period.shifted(-back) for back in range(TREND_LENGTH[self.picker.period.kind] - 1, -1, -1)
        ]
        codes = {period.code for period in self.periods} | {self.picker.before.code}
        places = Q(institution__in=[member.pk for member in self.members]) | Q(consortium=consortium, level="")
        wanted = places & Q(indicator=indicator.code, period__in=codes)
        self.values: dict[int | None, dict[str, ShownValue]] = {}
        for value in read_values(wanted, user, self.data_end, self.seen):
            self.values.setdefault(value.institution_id, {})[value.period] = value

    def page(self) -> IndicatorPage:
        standings = self._standings()
        return IndicatorPage(
            consortium=self.consortium,
            indicator=self.indicator,
            picker=self.picker,
            card=DefinitionCard.of(self.indicator, list(Threshold.objects.filter(indicator=self.indicator.code))),
            trend=self._trend(),
            ranking=RankingChart(self.indicator, standings, self._table(standings)),
            standings=standings,
            quartiles=self._quartiles(standings),
            breakdown=Breakdown.of(
                self.user,
                self.consortium,
                self.seen,
                self.members,
                self.chosen,
                self.indicator,
                self.picker,
                self.data_end,
            ),
            chosen=self.chosen,
            institutions=[Option(m.code, m.name, is_current=m == self.chosen) for m in self.members],
            cases_href=self._cases_href(self.chosen),
            cases_refusal="" if may(self.user, Permission.SEE_CASES) else refusal(Permission.SEE_CASES),
        )

    def _standings(self) -> list[Standing]:
        """The consortium, then members from best to worst (or highest to lowest), those without a value last."""
        reverse_order = self.indicator.better.value != "lower"

        def key(member: Institution):
            seen = self._value(member.pk).value
            return (seen is None, (-seen if reverse_order else seen) if seen is not None else 0)

        ordered = sorted(self.members, key=key)
        lines = [self._standing(None, None)]
        place = 0
        for member in ordered:
            has_value = self._value(member.pk).value is not None
            place += has_value
            lines.append(self._standing(member, place if has_value else None))
        return lines

    def _standing(self, member: Institution | None, place: int | None) -> Standing:
        pk = member.pk if member else None
        return Standing(
            place,
            member.name if member else _("Consortium"),
            band_name(band(member.level)) if member else "",
            self._value(pk),
            self.values.get(pk, {}).get(self.picker.before.code),
            reverse("institution-show", args=[member.code]) + self.picker.carried if member else "",
            self._cases_href(member),
            is_total=member is None,
            is_chosen=member is not None and member == self.chosen,
        )

    def _value(self, pk: int | None) -> ShownValue:
        period = self.picker.period
        if value := self.values.get(pk, {}).get(period.code):
            return value
        reason = why_none(
            self.user, self.seen, self.indicator, period, pk or self.consortium.pk, is_consortium=pk is None
        )
        return no_value(self.indicator, period.code, reason)

    def _trend(self) -> TrendChart:
        lines = [Line(_("Consortium"), self.values.get(None, {}), is_main=self.chosen is None)]
        first = [self.chosen] if self.chosen else []
        others = [member for member in self.members if member != self.chosen]
        lines += [Line(m.name, self.values.get(m.pk, {}), is_main=m == self.chosen) for m in (*first, *others)]
        filled = {code for line in lines for code in line.values}
        kept = [p for p in self.periods if p.code in filled]
        periods = [p for p in self.periods if kept and p >= kept[0]] or self.periods[-1:]
        place = band(self.chosen.level) if self.chosen else Threshold.For.CONSORTIUM
        return TrendChart(self.indicator, periods, lines, chart_limits(self.indicator, place))

    def _quartiles(self, standings: list[Standing]) -> list[tuple[str, str]]:
        """Lowest, quartiles and highest among the members."""
        numbers = sorted(each.value.value for each in standings if not each.is_total and each.value.value is not None)
        if len(numbers) < 4:
            return []
        names = [_("Lowest"), _("Lower quartile"), _("Median"), _("Upper quartile"), _("Highest")]
        return [
            (name, shown.full(self.indicator, _quantile(numbers, q)))
            for name, q in zip(names, (0, 0.25, 0.5, 0.75, 1), strict=True)
        ]

    def _table(self, standings: list[Standing]) -> Table:
        unit = shown.unit_head(self.indicator)
        value = f"{self.indicator.name} ({unit})" if unit else str(self.indicator.name)
        return Table(
            "ranking",
            f"{self.indicator.name} · {self.picker.name}",
            [
                _("Institution"), _("Level"), value, _("Light"), self.picker.before_name,
                pgettext("difference", "Change"), _("Cases"),
            ],
            [
                [
                    each.name, each.level, each.value.text, light_word(each.value.light),
                    each.before.text if each.before else shown.NONE, each.change, each.cases_text,
                ]
                for each in standings
            ],
        )  # fmt: skip

    def _cases_href(self, member: Institution | None) -> str:
        href = reverse("case-list") + self.picker.carried + f"&indicator={self.indicator.code}"
        return href + (f"&institution={member.code}" if member else "")


def _quantile(numbers: list[float], share: float) -> float:
    position = share * (len(numbers) - 1)
    low = int(position)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (position - low)


def _rounded(value: ShownValue, number: float) -> str:
    if value.is_published and number == 0:
        return shown.FEW
    return shown.number(number, 0 if float(number).is_integer() or abs(number) >= 1000 else 3)


def other_indicators(indicator: Indicator) -> list[Option]:
    return [Option(each.code, str(each.name), is_current=each is indicator) for each in catalogue()]
