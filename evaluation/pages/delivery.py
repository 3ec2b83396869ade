"""What a consortium's pages rest on: its members month by month, and who has delivered cases for which month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from evaluation import frames
from evaluation.indicators.periods import Period, add_months, months_between
from evaluation.models import Consortium, Institution, Level, Membership, User
from evaluation.pages.values import is_outsider


@dataclass(frozen=True)
class Delivery:
    """`covered` is the span of months with facts of any kind; `delivered` has the institutions with cases by month.

    For outsiders who delivered is told by published discharges: that a month has any would tell of one to four.
    """

    consortium: Consortium
    memberships: list[Membership]
    covered: tuple[date, date] | None
    delivered: dict[date, frozenset[int]]
    data_end: int

    @classmethod
    def of(cls, consortium: Consortium, user: User) -> Delivery:
        """Two queries."""
        span = frames.published_span(user.institution_id) if is_outsider(user) else frames.delivered_span()
        memberships = Membership.objects.filter(consortium=consortium).select_related("institution")
        return cls(consortium, list(memberships), span.covered, span.delivered, span.data_end)

    def last_month_of(self, institution: Institution) -> date | None:
        """The last month the institution has delivered."""
        return max((month for month, who in self.delivered.items() if institution.pk in who), default=None)

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
        held = {m.institution_id: m.institution for m in self.memberships if _holds(m, period.first, period.last_day)}
        return sorted(held.values(), key=lambda each: (each.level, each.code))

    def expected(self, months: list[date]) -> frozenset[int]:
        """Members in any of the months; village clinics have no inpatients, all others are expected to deliver."""
        return frozenset(pk for month in months for pk in self._expected_in(month))

    def missing(self, months: list[date]) -> frozenset[int]:
        """Members that lack at least one of the months."""
        return frozenset(
            pk for month in months for pk in self._expected_in(month) - self.delivered.get(month, frozenset())
        )

    def _expected_in(self, month: date) -> frozenset[int]:
        last = add_months(month, 1)
        return frozenset(
            each.institution_id
            for each in self.memberships
            if each.institution.level != Level.VILLAGE
            and each.joined_on < last
            and (each.left_on is None or each.left_on >= month)
        )

    def _is_complete(self, month: date) -> bool:
        expected = self._expected_in(month)
        return bool(expected) and expected <= self.delivered.get(month, frozenset())


def _holds(membership: Membership, first: date, last: date) -> bool:
    return membership.joined_on <= last and (membership.left_on is None or membership.left_on >= first)
