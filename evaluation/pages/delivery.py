"""Who has delivered cases for which month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from evaluation.indicators.periods import add_months
from evaluation.models import CaseCell, Consortium, Institution, Level, Membership


@dataclass(frozen=True)
class Delivery:
    """`members`: who is expected to deliver, by month; `delivered`: who has."""

    members: dict[date, frozenset[int]]
    delivered: dict[date, frozenset[int]]

    @classmethod
    def of(cls, consortium: Consortium, first: date, last: date) -> Delivery:
        """Village clinics have no inpatients; all other members are expected to deliver."""
        rows = (
            Membership.objects.filter(consortium=consortium)
            .exclude(institution__level=Level.VILLAGE)
            .values_list("institution", "joined_on", "left_on")
        )
        months = []
        month = first
        while month <= last:
            months.append(month)
            month = add_months(month, 1)
        members = {
            month: frozenset(
                pk for pk, joined, left in rows if joined < add_months(month, 1) and (left is None or left >= month)
            )
            for month in months
        }
        delivered: dict[date, set[int]] = {month: set() for month in months}
        cells = CaseCell.objects.filter(month__range=(first, last)).order_by()
        for pk, month in cells.values_list("institution", "month").distinct():
            delivered[month].add(pk)
        return cls(members, {month: members[month] & found for month, found in delivered.items()})

    def is_complete(self, month: date) -> bool:
        return bool(self.members.get(month)) and self.members[month] == self.delivered.get(month)

    def last_complete(self) -> date | None:
        """The last month that all members have delivered."""
        return max((month for month in self.members if self.is_complete(month)), default=None)

    def missing(self, months: list[date]) -> frozenset[int]:
        """Members that lack at least one of the months."""
        return frozenset(pk for month in months for pk in self.members.get(month, frozenset()) - self.delivered.get(month, frozenset()))

    def expected(self, months: list[date]) -> frozenset[int]:
        return frozenset(pk for month in months for pk in self.members.get(month, frozenset()))


def own_months(institution: Institution) -> list[date]:
    """Months the institution has delivered, newest first."""
    return list(CaseCell.objects.filter(institution=institution).order_by("-month").values_list("month", flat=True).distinct())
