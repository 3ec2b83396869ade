"""What a consortium's pages rest on: its members month by month, and who has delivered cases for which month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from evaluation import frames
from evaluation.indicators.periods import Period, months_between
from evaluation.models import Consortium, Institution, Level, Membership, SeenMonths, User
from evaluation.models.institution import own_institution
from evaluation.pages.seen import is_outsider


@dataclass(frozen=True)
class Delivery:
    """`facts` is the span of months with facts of any kind, `covered` the part of it that the person sees of the consortium;
    `delivered` has the institutions with cases by month. `seen` are the months of this consortium and its members that the
    person sees: people of a former member those up to its leaving.

    For outsiders who delivered is told by published discharges: that a month has any would tell of one to four.
    """

    consortium: Consortium
    seen: SeenMonths
    institutions: dict[int, Institution]
    facts: tuple[date, date] | None
    covered: tuple[date, date] | None
    delivered: dict[date, frozenset[int]]
    data_end: int

    @classmethod
    def of(cls, consortium: Consortium, user: User) -> Delivery:
        """Two queries."""
        span = frames.published_span(own_institution(user)) if is_outsider(user) else frames.delivered_span()
        memberships = list(Membership.objects.filter(consortium=consortium).select_related("institution"))
        seen = SeenMonths.among(user, memberships)
        institutions = {each.institution_id: each.institution for each in memberships}
        covered = seen.part_of(consortium.pk, span.covered) if span.covered else None
        return cls(consortium, seen, institutions, span.covered, covered, span.delivered, span.data_end)

    def last_month_of(self, institution: Institution) -> date | None:
        """The last month the institution has delivered, as far as the person sees its months."""
        months = [month for month, who in self.delivered.items() if institution.pk in who]
        is_own = institution.pk == self.seen.own
        return max((m for m in months if is_own or self.seen.touches(institution.pk, m, m)), default=None)

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
