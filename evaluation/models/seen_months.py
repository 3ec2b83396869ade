"""Rights over months: what belongs to months in which an institution was in the scope of a person (docs/decisions/0013).

In the database for rows of any table, and as an object for pages that read values of many periods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Aggregate, Exists, F, Func, OuterRef, Q, Subquery

from evaluation.access.roles import Scope
from evaluation.indicators.periods import Period, add_months
from evaluation.models.institution import Consortium, Membership, own_institution

Span = tuple[date, date]  # first days of the first and the last month
ALWAYS: tuple[Span, ...] = ((date.min, date.max),)


def in_seen_months(user, *, month: str = "month", institution: str = "institution") -> Q:
    """The rows of the own institution, and those whose month lies in months of their institution that the user sees."""
    held = Membership.objects.seen_by(user).filter(institution=OuterRef(institution), seen__contains=OuterRef(month))
    return Q(Exists(held)) | Q(**{institution: own_institution(user)})


def in_months_of_members(user, consortium) -> Exists:
    """The rows of members of one consortium, in months that the user sees: the same for all who look at its pages."""
    held = Membership.objects.seen_by(user).filter(
        consortium=consortium, institution=OuterRef("institution"), seen__contains=OuterRef("month")
    )
    return Exists(held)


def seen_on_the_day(user, *, day: str, institution: str = "institution") -> Exists:
    """For rows of single patients: only days on which the institution was a member of one of the user's consortia."""
    held = Membership.objects.filter(
        institution=OuterRef(institution), consortium__in=Consortium.objects.visible_to(user)
    )
    return Exists(held.during(OuterRef(day), OuterRef(day)))


class DateMultiRangeField(models.Field):
    """Several spans of days; only computed, never stored."""

    def db_type(self, connection) -> str:
        return "datemultirange"


class _AllTogether(Aggregate):
    function = "range_agg"
    output_field = DateMultiRangeField()


class Covers(Func):
    """Whether the first spans of days contain the second."""

    template, arg_joiner = "(%(expressions)s)", " @> "
    output_field = models.BooleanField()


class PeriodMonths(Func):
    """The days of a period, from its code."""

    function, output_field = "period_months", DateRangeField()


def all_seen_months(user, institution: str = "institution") -> Subquery:
    """All months of the row's institution that the user sees, as one value."""
    held = Membership.objects.seen_by(user).filter(institution=OuterRef(institution)).order_by()
    return Subquery(held.values("institution").annotate(all=_AllTogether("seen")).values("all"))


def last_day_of(period: F) -> Func:
    return Func(PeriodMonths(period), template="(upper(%(expressions)s) - 1)", output_field=models.DateField())


@dataclass(frozen=True)
class SeenMonths:
    """The months that a person sees of each institution and of each consortium.

    A value of an institution is shown for a period if all its months are seen; one of a consortium if its last month is.
    """

    own: int | None
    institutions: Mapping[int, tuple[Span, ...]]
    consortia: Mapping[int, tuple[Span, ...]]

    @classmethod
    def of(cls, user) -> SeenMonths:
        """One query."""
        return cls.among(user, Membership.objects.filter(consortium__in=Consortium.objects.visible_to(user)))

    @classmethod
    def among(cls, user, memberships: Iterable[Membership]) -> SeenMonths:
        """From all memberships of some consortia that the user may look at."""
        members: defaultdict[int, dict[int, list[Span]]] = defaultdict(dict)
        for each in memberships:
            members[each.consortium_id].setdefault(each.institution_id, []).append(_span(each))
        own = own_institution(user)
        always = ALWAYS if user.scope is Scope.CONSORTIUM else ()
        consortia = {
            consortium: tuple(inside.get(own, ())) if own is not None else always
            for consortium, inside in members.items()
        }
        institutions: defaultdict[int, list[Span]] = defaultdict(list)
        for consortium, inside in members.items():
            for institution, spans in inside.items():
                institutions[institution] += _shared(spans, consortia[consortium])
        return cls(own, {pk: _joined(spans) for pk, spans in institutions.items()}, consortia)

    def shows_institution(self, institution: int, period: Period) -> bool:
        return institution == self.own or any(
            first <= period.first and period.last <= last for first, last in self.institutions.get(institution, ())
        )

    def shows_consortium(self, consortium: int, period: Period) -> bool:
        return any(first <= period.last <= last for first, last in self.consortia.get(consortium, ()))

    def touches(self, institution: int, first: date, last: date) -> bool:
        """Whether some month from `first` to `last` is seen of the institution as a member."""
        return any(start <= last and first <= end for start, end in self.institutions.get(institution, ()))

    def part_of(self, consortium: int, covered: Span) -> Span | None:
        """From the first to the last of the covered months that are seen of the consortium."""
        parts = _shared([covered], self.consortia.get(consortium, ()))
        return (min(first for first, _last in parts), max(last for _first, last in parts)) if parts else None


def _span(membership: Membership) -> Span:
    left_on = membership.left_on
    return membership.joined_on.replace(day=1), left_on.replace(day=1) if left_on else date.max


def _shared(spans: Iterable[Span], windows: Iterable[Span]) -> list[Span]:
    both = [(max(first, start), min(last, end)) for first, last in spans for start, end in windows]
    return [(first, last) for first, last in both if first <= last]


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans that overlap or follow each other without a month between become one."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and (found[-1][1] == date.max or first <= add_months(found[-1][1], 1)):
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)
