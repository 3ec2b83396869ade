"""Flows between members for a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation import shown
from evaluation.access.roles import Permission
from evaluation.access.rules import may
from evaluation.charts.theme import themed
from evaluation.models import Institution
from evaluation.pages.panels import Asked
from evaluation.pages.tables import Table
from referrals.charts import sankey
from referrals.flows import FLOW_COLUMNS, Exchange, Flow, exchanges, flows
from referrals.models import Referral

SMALLEST = 5
DIRECTIONS = ("up", "down", "lateral")


@dataclass(frozen=True)
class NamedExchange:
    upper: str
    lower: str
    exchange: Exchange
    is_hidden: bool

    @property
    def taken(self) -> str:
        return "< 5" if self.is_hidden else shown.number(self.exchange.taken)

    @property
    def returned(self) -> str:
        return "< 5" if self.is_hidden else shown.number(self.exchange.returned)

    @property
    def share(self) -> str:
        return shown.NONE if self.is_hidden else shown.number(self.exchange.share, 2)

    @property
    def never_returns(self) -> bool:
        return self.exchange.never_returns and not self.is_hidden


def _members(asked: Asked) -> Sequence[Institution]:
    """Both ends of a flow are members of the consortium in the period."""
    if asked.institution is None:
        return asked.members
    return list(
        Institution.objects.members_of(asked.consortium, asked.picker.period.first, asked.picker.period.last_day)
    )


@dataclass(frozen=True)
class FlowsPage:
    """Referrals between members (or of one member) by month of the request; counts 1–4 are hidden from outsiders."""

    asked: Asked
    found: list[Flow]
    names: dict[int, str]
    hides_small: bool
    name: str = "flows"

    @classmethod
    def build(cls, asked: Asked) -> FlowsPage:
        period = asked.picker.period
        names = {member.pk: member.name for member in _members(asked)}
        sent = Referral.objects.between_members(asked.consortium, asked.user).filter(
            month__range=(period.first, period.last), sender__in=names, receiver__in=names
        )
        found = flows(pd.DataFrame(list(sent.counted_by_pair()), columns=list(FLOW_COLUMNS)))
        if asked.institution:
            found = [flow for flow in found if asked.institution.pk in (flow.sender, flow.receiver)]
        return cls(asked, found, names, not may(asked.user, Permission.SEE_SMALL_COUNTS))

    @property
    def is_empty(self) -> bool:
        return not self._links

    @cached_property
    def _links(self) -> list[tuple[str, str, str, int]]:
        return [
            (self.names[flow.sender], self.names[flow.receiver], flow.direction, flow.created)
            for flow in self.found
            if flow not in self.hidden
        ]

    @cached_property
    def figure(self) -> dict:
        return themed(lambda theme: sankey(self._links, theme))

    @property
    def summary(self) -> str:
        return _("Flows of %(count)s referrals between members; the numbers are in the table below.") % {
            "count": sum(link[3] for link in self._links)
        }

    @cached_property
    def hidden(self) -> frozenset[Flow]:
        """Flows with a number from 1 to 4 between others than the own institution; of each direction at least two, and the
        rest that the total leaves is no small number itself."""
        if not self.hides_small:
            return frozenset()
        own = self.asked.user.institution_id
        foreign = [
            flow for flow in reversed(self.found) if own not in (flow.sender, flow.receiver)
        ]  # the smallest first
        hidden = {flow for flow in foreign if any(0 < number < SMALLEST for number in flow.numbers)}
        for direction in DIRECTIONS:
            others = [flow for flow in foreign if flow.direction == direction and flow not in hidden]
            while others and self._tells(hidden, direction):
                hidden.add(others.pop(0))
        return frozenset(hidden)

    @staticmethod
    def _tells(hidden: set[Flow] | frozenset[Flow], direction: str) -> bool:
        """The total of the direction tells what is hidden."""
        unknown = [flow for flow in hidden if flow.direction == direction]
        return len(unknown) == 1 or 0 < sum(flow.created for flow in unknown) < SMALLEST

    def _total(self, direction: str) -> int | None:
        """Referrals of the direction; none where it would tell what is hidden."""
        if self._tells(self.hidden, direction):
            return None
        return sum(flow.created for flow in self.found if flow.direction == direction)

    @property
    def up(self) -> int | None:
        return self._total("up")

    @property
    def down(self) -> int | None:
        return self._total("down")

    @property
    def lateral(self) -> int | None:
        return self._total("lateral")

    @cached_property
    def exchanges(self) -> list[NamedExchange]:
        """Hidden where a flow between the two is."""
        ends = {frozenset((flow.sender, flow.receiver)) for flow in self.hidden if flow.direction in ("up", "down")}
        return [
            NamedExchange(
                self.names[each.upper], self.names[each.lower], each, frozenset((each.upper, each.lower)) in ends
            )
            for each in exchanges(self.found)
        ]

    @property
    def one_way(self) -> list[NamedExchange]:
        """Who takes and never returns."""
        return [each for each in self.exchanges if each.never_returns]

    @cached_property
    def table(self) -> Table:
        words = {"up": _("up"), "down": _("down"), "lateral": _("lateral")}
        rows = []
        for flow in self.found:
            numbers = ["< 5", "", ""] if flow in self.hidden else flow.numbers
            rows.append([self.names[flow.sender], self.names[flow.receiver], words[flow.direction], *numbers])
        headings = [
            pgettext("referral", "From"), pgettext("referral", "To"), _("Direction"), pgettext("number", "Referrals"),
            pgettext("referral", "Accepted"), _("Completed"),
        ]  # fmt: skip
        return Table(self.name, _("Referrals"), headings, rows)

    @property
    def exchange_table(self) -> Table:
        headings = [
            _("Takes"),
            pgettext("referral", "From"),
            _("Taken (accepted up)"),
            _("Returned (completed down)"),
            _("Returned ÷ taken"),
        ]
        rows = [[each.upper, each.lower, each.taken, each.returned, each.share] for each in self.exchanges]
        return Table("exchanges", _("Taken and returned"), headings, rows)

    @property
    def tables(self) -> dict[str, Table]:
        return {table.name: table for table in (self.table, self.exchange_table)}
