"""Flows between members for a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation import frames, shown
from evaluation.access.roles import Permission
from evaluation.access.rules import may
from evaluation.charts.theme import themed
from evaluation.models import Institution
from evaluation.pages.panels import Asked
from evaluation.pages.tables import Table
from referrals.charts import sankey
from referrals.flows import Exchange, Flow, exchanges, flows
from referrals.frames import ACCEPTED

SMALLEST = 5


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
        query = f"""SELECT sender_id, receiver_id, direction, count(*), count(*) FILTER (WHERE {ACCEPTED}),
                           count(*) FILTER (WHERE status = 'completed')
                    FROM referrals_referral WHERE month BETWEEN %s AND %s AND sender_id = ANY(%s) AND receiver_id = ANY(%s)
                    GROUP BY sender_id, receiver_id, direction"""
        dtypes = {
            "sender": "int64", "receiver": "int64", "direction": "str", "created": "int64", "accepted": "int64",
            "completed": "int64",
        }  # fmt: skip
        found = flows(frames.read_frame(query, [period.first, period.last, list(names), list(names)], dtypes))
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
            if not self._is_hidden(flow.sender, flow.receiver, flow.created)
        ]

    @cached_property
    def figure(self) -> dict:
        return themed(lambda theme: sankey(self._links, theme))

    @property
    def summary(self) -> str:
        return _("Flows of %(count)s referrals between members; the numbers are in the table below.") % {
            "count": sum(link[3] for link in self._links)
        }

    @property
    def up(self) -> int:
        return sum(flow.created for flow in self.found if flow.direction == "up")

    @property
    def down(self) -> int:
        return sum(flow.created for flow in self.found if flow.direction == "down")

    @property
    def lateral(self) -> int:
        return sum(flow.created for flow in self.found if flow.direction == "lateral")

    @cached_property
    def exchanges(self) -> list[NamedExchange]:
        return [
            NamedExchange(
                self.names[each.upper], self.names[each.lower], each,
                self._is_hidden(each.upper, each.lower, each.taken) or self._is_hidden(each.upper, each.lower, each.returned),
            )
            for each in exchanges(self.found)
        ]  # fmt: skip

    @property
    def one_way(self) -> list[NamedExchange]:
        """Who takes and never returns."""
        return [each for each in self.exchanges if each.never_returns]

    @cached_property
    def table(self) -> Table:
        words = {"up": _("up"), "down": _("down"), "lateral": _("lateral")}
        rows = []
        for flow in self.found:
            hidden = self._is_hidden(flow.sender, flow.receiver, flow.created)
            numbers = ["< 5", "", ""] if hidden else [flow.created, flow.accepted, flow.completed]
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

    def _is_hidden(self, sender: int, receiver: int, count: int) -> bool:
        own = self.asked.user.institution_id
        return self.hides_small and 0 < count < SMALLEST and own not in (sender, receiver)
