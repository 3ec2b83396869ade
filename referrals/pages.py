"""Flows between members for a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation import frames, shown
from evaluation.charts.theme import themed
from evaluation.indicators.publishing import ENOUGH_PUBLISHED
from evaluation.models import Institution
from evaluation.models.institution import own_institution
from evaluation.pages.panels import Asked
from evaluation.pages.seen import is_outsider, rows_within
from evaluation.pages.tables import Table
from referrals.charts import sankey
from referrals.flows import Exchange, Flow, exchanges, flows
from referrals.frames import DIRECTIONS, PAIR_FACTS, STEPS


@dataclass(frozen=True)
class NamedExchange:
    upper: str
    lower: str
    exchange: Exchange
    is_published: bool

    @property
    def taken(self) -> str:
        return shown.cases(self.exchange.taken, is_published=self.is_published)

    @property
    def returned(self) -> str:
        return shown.cases(self.exchange.returned, is_published=self.is_published)

    @property
    def share(self) -> str:
        is_told = not self.is_published or self.exchange.taken >= ENOUGH_PUBLISHED
        return shown.number(self.exchange.share, 2) if is_told else shown.NONE

    @property
    def never_returns(self) -> bool:
        """Not said where 0 stands for 0–4."""
        return self.exchange.never_returns and not self.is_published


def _members(asked: Asked) -> Sequence[Institution]:
    """Both ends of a flow are members of the consortium in the period."""
    if asked.institution is None:
        return asked.members
    return list(
        Institution.objects.members_of(asked.consortium, asked.picker.period.first, asked.picker.period.last_day)
    )


@dataclass(frozen=True)
class FlowsPage:
    """Referrals between members (or of one member) by month of the request.

    Outsiders read published numbers, but for the flows of their own institution (`own`).
    """

    asked: Asked
    found: list[Flow]
    names: dict[int, str]
    is_published: bool
    own: int | None
    name: str = "flows"

    @classmethod
    def build(cls, asked: Asked) -> FlowsPage:
        names = {member.pk: member.name for member in _members(asked)}
        own, is_published = own_institution(asked.user), is_outsider(asked.user)
        period = asked.picker.period
        monthly = frames.source("referral_pairs").rows(
            list(names), period.first, period.last, for_outsiders=is_published, own=own if is_published else None
        )
        inside = rows_within(asked.seen, rows_within(asked.seen, monthly), "partner")
        pairs = inside.groupby(["institution", "partner"], as_index=False)[list(PAIR_FACTS)].sum()
        pairs = pairs[pairs["institution"].isin(names) & pairs["partner"].isin(names)]
        if asked.institution:
            pairs = pairs[(pairs["institution"] == asked.institution.pk) | (pairs["partner"] == asked.institution.pk)]
        return cls(asked, flows(_by_direction(pairs)), names, is_published, own)

    @property
    def is_empty(self) -> bool:
        return not self._links

    @cached_property
    def _links(self) -> list[tuple[str, str, str, int]]:
        return [
            (self.names[flow.sender], self.names[flow.receiver], flow.direction, flow.created)
            for flow in self.found
            if flow.created
        ]

    @cached_property
    def figure(self) -> dict:
        return themed(lambda theme: sankey(self._links, theme))

    @property
    def summary(self) -> str:
        return _("Flows of %(count)s referrals between members; the numbers are in the table below.") % {
            "count": sum(link[3] for link in self._links)
        }

    def _total(self, direction: str) -> int:
        return sum(flow.created for flow in self.found if flow.direction == direction)

    @property
    def up(self) -> int:
        return self._total("up")

    @property
    def down(self) -> int:
        return self._total("down")

    @property
    def lateral(self) -> int:
        return self._total("lateral")

    def _rounds(self, *ends: int) -> bool:
        """Whether the numbers of a pair are published ones."""
        return self.is_published and self.own not in ends

    @cached_property
    def exchanges(self) -> list[NamedExchange]:
        return [
            NamedExchange(self.names[each.upper], self.names[each.lower], each, self._rounds(each.upper, each.lower))
            for each in exchanges(self.found)
        ]

    @property
    def one_way(self) -> list[NamedExchange]:
        """Who takes and never returns."""
        return [each for each in self.exchanges if each.never_returns]

    @cached_property
    def table(self) -> Table:
        words = {"up": _("up"), "down": _("down"), "lateral": _("lateral")}
        rows = [
            [
                self.names[flow.sender], self.names[flow.receiver], words[flow.direction],
                *(shown.cases(number, is_published=self._rounds(flow.sender, flow.receiver)) for number in flow.numbers),
            ]
            for flow in self.found
        ]  # fmt: skip
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


def _by_direction(pairs: pd.DataFrame) -> pd.DataFrame:
    """sender, receiver, direction and the number of each step, where there is any."""
    ends = pairs[["institution", "partner"]].set_axis(["sender", "receiver"], axis=1)
    parts = [
        ends.assign(direction=direction, **{step: pairs[f"{step}_{direction}"] for step in STEPS})
        for direction in DIRECTIONS
    ]
    every = pd.concat(parts, ignore_index=True)
    return every[(every[list(STEPS)] > 0).any(axis=1)]
