"""What a consortium's pages rest on: its members month by month, and who has delivered cases for which month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from evaluation import frames
from evaluation.indicators.periods import Period, months_between
from evaluation.models import CaseCell, Consortium, Institution, Level, Membership, SeenMonths, User


@dataclass(frozen=True)
class Delivery:
    """`covered` is the span of months with facts of any kind that the person sees; `delivered` has the institutions with
    cases by month.

    `around` are the memberships of all consortia to which one of the consortium's institutions ever belonged; `seen` are the
    months of this consortium and its members that the person sees: people of a former member those up to its leaving.
    """

    consortium: Consortium
    seen: SeenMonths
    around: list[Membership]
    covered: tuple[date, date] | None
    delivered: dict[date, frozenset[int]]
    data_end: int | None

    @classmethod
    def of(cls, consortium: Consortium, user: User) -> Delivery:
        """Two queries."""
        span = frames.delivered_span()
        own = Membership.objects.filter(consortium=consortium).values("institution")
        theirs = Membership.objects.filter(institution__in=own).values("consortium")
        around = list(Membership.objects.filter(consortium__in=theirs).select_related("institution"))
        seen = SeenMonths.among(user, [each for each in around if each.consortium_id == consortium.pk])
        covered = seen.part_of(consortium.pk, span.covered) if span.covered else None
        return cls(consortium, seen, around, covered, span.delivered, span.data_end)

    @cached_property
    def institutions(self) -> dict[int, Institution]:
        return {
            each.institution_id: each.institution for each in self.around if each.consortium_id == self.consortium.pk
        }

    @cached_property
    def months(self) -> list[date]:
        return months_between(*self.covered) if self.covered else []

    @property
    def default_month(self) -> date:
        """The last month that all members have delivered, else the last with facts, else this one."""
        complete = max((month for month in self.months if self._is_complete(month)), default=None)
        return complete or (self.months[-1] if self.months else timezone.localdate().replace(day=1))

    def members(self, period: Period) -> list[Institution]:
        """Those who were a member on any day of the period, by level and code."""
        held = [each for pk, each in self.institutions.items() if self.seen.touches(pk, period.first, period.last)]
        return sorted(held, key=lambda each: (each.level, each.code))

    def expected(self, months: list[date]) -> frozenset[int]:
        """Members in any of the months; village clinics have no inpatients, all others are expected to deliver."""
        return frozenset(pk for month in months for pk in self._expected_in(month))

    def missing(self, months: list[date]) -> frozenset[int]:
        """Members that lack at least one of the months."""
        return frozenset(
            pk for month in months for pk in self._expected_in(month) - self.delivered.get(month, frozenset())
        )

    def _expected_in(self, month: date) -> frozenset[int]:
        return frozenset(
            pk
            for pk, each in self.institutions.items()
            if each.level != Level.VILLAGE and self.seen.touches(pk, month, month)
        )

    def _is_complete(self, month: date) -> bool:
        expected = self._expected_in(month)
        return bool(expected) and expected <= self.delivered.get(month, frozenset())


def own_months(institution: Institution, user: User) -> list[date]:
    """Months the institution has delivered, as far as the user sees them, newest first."""
    cells = CaseCell.objects.visible_to(user).filter(institution=institution).order_by("-month")
    return list(cells.values_list("month", flat=True).distinct())
