"""Budget execution per member: spent against the plan and the part of the year that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Q, Sum, Value
from django.utils.translation import gettext as _

from budgets.charts import execution_chart
from budgets.models import Budget, Category, Expenditure
from evaluation import shown
from evaluation.charts.theme import themed
from evaluation.indicators.periods import Period, PeriodKind, elapsed_share
from evaluation.pages.matrix import light_word
from evaluation.pages.panels import Asked
from evaluation.pages.tables import Table
from evaluation.pages.values import ShownValue, read_values


@dataclass(frozen=True)
class ExecutionLine:
    name: str
    planned: Decimal | None
    spent: Decimal
    value: ShownValue | None
    elapsed: float
    is_total: bool = False

    @property
    def share(self) -> float | None:
        return float(self.spent / self.planned) if self.planned else None

    @property
    def share_text(self) -> str:
        return shown.percent(self.share)

    @property
    def bar(self) -> str:
        """Width of the bar in per cent, at most the track."""
        return f"{min((self.share or 0) * 100, 100):.1f}%"

    @property
    def tick(self) -> str:
        return f"{self.elapsed * 100:.1f}%"

    @property
    def light(self) -> str:
        return self.value.light if self.value else "grey"

    @property
    def distance(self) -> str:
        """Points ahead of (+) or behind the year."""
        if self.share is None:
            return shown.NONE
        return shown.signed((self.share - self.elapsed) * 100, 1)


@dataclass(frozen=True)
class CategoryLine:
    name: str
    planned: Decimal
    spent: Decimal

    @property
    def share_text(self) -> str:
        return shown.percent(float(self.spent / self.planned) if self.planned else None)


@dataclass(frozen=True)
class ExecutionPage:
    """`period` is the asked one, or for rolling periods the year of its last month up to then."""

    period: Period
    lines: list[ExecutionLine]
    categories: list[CategoryLine]
    elapsed: float
    name: str = "execution"

    @classmethod
    def build(cls, asked: Asked) -> ExecutionPage:
        period = asked.picker.period
        if period.kind is PeriodKind.ROLLING:
            period = Period.month(period.last)
        year = period.last.year
        members = [member.pk for member in asked.members]
        amounts = _amounts(asked, year, period.last)
        planned, spent = _by_institution(amounts, "planned"), _by_institution(amounts, "spent")
        values = _values(asked, period, members)
        elapsed = elapsed_share(period, asked.picker.covered[1] if asked.picker.covered else None)
        lines = [
            ExecutionLine(
                member.name, planned.get(member.pk), spent.get(member.pk, Decimal(0)), values.get(member.pk), elapsed
            )
            for member in asked.members
            if member.pk in planned or member.pk in spent
        ]
        if lines and asked.institution is None:
            total = ExecutionLine(
                _("Consortium"), sum((line.planned or Decimal(0) for line in lines), Decimal(0)),
                sum((line.spent for line in lines), Decimal(0)), values.get(None), elapsed, is_total=True,
            )  # fmt: skip
            lines.insert(0, total)
        return cls(period, lines, _by_category(amounts), elapsed)

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def year(self) -> int:
        return self.period.last.year

    @property
    def elapsed_text(self) -> str:
        return shown.percent(self.elapsed)

    @cached_property
    def figure(self) -> dict:
        with_plan = [line for line in self.lines if line.share is not None]
        names, shares = [line.name for line in with_plan], [100 * (line.share or 0) for line in with_plan]
        return themed(
            lambda theme: execution_chart(names, shares, self.elapsed * 100, theme, suffix=shown.percent_sign())
        )

    @property
    def summary(self) -> str:
        return _(
            "Budget spent per member at the end of %(period)s, %(elapsed)s of the year being over; the numbers are in the table."
        ) % {
            "period": shown.period_name(self.period), "elapsed": self.elapsed_text,
        }  # fmt: skip

    @cached_property
    def table(self) -> Table:
        headings = [
            _("Institution"),
            _("Budget, yuan"),
            _("Spent, yuan"),
            _("Spent"),
            _("Year over"),
            _("Points ahead"),
            _("Light"),
        ]
        rows = [
            [
                line.name, shown.yuan(line.planned or None), shown.yuan(line.spent),
                line.share_text, self.elapsed_text, line.distance, light_word(line.light),
            ]
            for line in self.lines
        ]  # fmt: skip
        return Table(self.name, _("Budget %(year)s") % {"year": self.year}, headings, rows)

    @property
    def tables(self) -> dict[str, Table]:
        return {self.table.name: self.table}


Amounts = list[tuple[str, int, str, Decimal]]  # planned or spent, institution, category, yuan


def _amounts(asked: Asked, year: int, last: date) -> Amounts:
    """One query: the plan of the year and the spending from January to the month; of members their months as members."""
    plans, spending = (
        Budget.objects.filter(year=year),
        Expenditure.objects.filter(month__range=(date(year, 1, 1), last)),
    )
    if asked.institution is None:
        plans, spending = (
            plans.of_members(asked.consortium, asked.user),
            spending.of_members(asked.consortium, asked.user),
        )
    else:
        plans, spending = plans.visible_to(asked.user), spending.visible_to(asked.user)
    members = [member.pk for member in asked.members]
    plans, spending = (
        found.filter(institution__in=members).order_by().values_list(Value(kind), "institution", "category")
        for found, kind in ((plans, "planned"), (spending, "spent"))
    )
    return list(plans.annotate(total=Sum("planned_amount")).union(spending.annotate(total=Sum("amount")), all=True))


def _by_institution(amounts: Amounts, kind: str) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for of_kind, institution, _category, amount in amounts:
        if of_kind == kind:
            sums[institution] = sums.get(institution, Decimal(0)) + amount
    return sums


def _by_category(amounts: Amounts) -> list[CategoryLine]:
    sums: dict[tuple[str, str], Decimal] = {}
    for kind, _institution, category, amount in amounts:
        sums[kind, category] = sums.get((kind, category), Decimal(0)) + amount
    return [
        CategoryLine(str(label), sums.get(("planned", code), Decimal(0)), sums.get(("spent", code), Decimal(0)))
        for code, label in Category.choices
        if ("planned", code) in sums or ("spent", code) in sums
    ]


def _values(asked: Asked, period: Period, members: list[int]) -> dict[int | None, ShownValue]:
    if asked.values is not None and period == asked.picker.period:
        return {value.institution_id: value for value in asked.values if value.indicator.code == "BUD_EXEC"}
    places = Q(institution__in=members) | Q(consortium=asked.consortium, level="")
    wanted = places & Q(indicator="BUD_EXEC", period=period.code)
    return {value.institution_id: value for value in read_values(wanted, asked.user)}
