"""Hiding small counts from people outside the institution: 1–4, what is built on them, and enough others beside them that
none can be worked out from the sums that stay visible.

What is hidden depends on all values of an indicator and period, never on the few that a page or a request asks for:
otherwise several requests together would show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evaluation.indicators.definition import Indicator
    from evaluation.pages.values import ShownValue

SMALL = range(1, 5)
SURE = 1 - 1e-9
Group = tuple[int, str]  # consortium and level of a sum; the level is empty for the whole consortium
Groups = Mapping[Group, frozenset[int]]
Key = tuple[str, str, int | None, int | None, str]


def hide_small_counts(
    values: Iterable[ShownValue],
    beside: Iterable[ShownValue],
    groups: Mapping[str, Groups],
    own_institution: int | None = None,
) -> list[ShownValue]:
    """The same values, some hidden. `beside` holds them and all others of their consortia, `groups` by period code the
    institutions that each sum adds up."""
    tables: dict[tuple[str, str], list[ShownValue]] = defaultdict(list)
    for value in beside:
        tables[value.indicator.code, value.period].append(value)
    hidden: set[Key] = set()
    for (_code, period), table in tables.items():
        if any(map(is_small, table)):
            hidden |= _Table(table, groups.get(period, {}), own_institution).hidden_keys()
    return [replace(value, is_hidden=True) if _key(value) in hidden else value for value in values]


def hides(indicator: Indicator) -> bool:
    """Whether values of the indicator rest on numbers of people."""
    return indicator.counts_cases or indicator.counts_people


def is_small(value: ShownValue) -> bool:
    return any(number in SMALL for number in _counts(value) if number is not None)


class _Table:
    """All values of an indicator and period: those of institutions, and sums over groups of them."""

    def __init__(self, values: list[ShownValue], groups: Groups, own: int | None) -> None:
        self.members = {value.institution_id: value for value in values if value.institution_id is not None}
        self.sums = {(v.consortium_id, v.level): v for v in values if v.consortium_id is not None}
        inside = {group: groups.get(group, frozenset()).intersection(self.members) for group in self.sums}
        self.inside = dict(sorted(inside.items(), key=lambda each: len(each[1])))
        self.own = own
        self.hidden = {pk for pk, value in self.members.items() if pk != own and is_small(value)}
        self.hidden_sums = {group for group, value in self.sums.items() if is_small(value)}

    def hidden_keys(self) -> set[Key]:
        while (group := self._telling()) is not None:
            further = self._smallest_visible(group)
            if further is None:
                self.hidden_sums.add(group)
            else:
                self.hidden.add(further)
        keys = {_key(self.members[pk]) for pk in self.hidden}
        return keys | {_key(self.sums[group]) for group in self.hidden_sums}

    @property
    def _visible(self) -> dict[Group, frozenset[int]]:
        return {group: inside for group, inside in self.inside.items() if group not in self.hidden_sums}

    def _telling(self) -> Group | None:
        """A visible sum from which, with the others, something hidden can be worked out; the narrowest first."""
        visible = self._visible
        certain = self._certain(visible)
        for group, inside in visible.items():
            if inside & certain or self._is_small_rest(group, inside):
                return group
        return None

    def _certain(self, visible: Mapping[Group, frozenset[int]]) -> set[int]:
        """Hidden members that the visible sums determine: the sums are linear equations."""
        unknown = sorted(self.hidden)
        equations = np.array([[pk in inside for pk in unknown] for inside in visible.values()], dtype=float)
        if not unknown or not equations.any():
            return set()
        determined = np.diag(np.linalg.pinv(equations) @ equations)
        return {pk for pk, share in zip(unknown, determined, strict=True) if share > SURE}

    def _is_small_rest(self, group: Group, inside: frozenset[int]) -> bool:
        """What the sum leaves for its hidden members together, with or without narrower sums, is a small count itself."""
        narrower = {other: each for other, each in self._visible.items() if each < inside}
        of_consortium = frozenset[int]().union(*(each for (pk, _level), each in narrower.items() if pk == group[0]))
        known = {frozenset(), of_consortium, frozenset().union(*narrower.values()), *narrower.values()}
        return any(self._is_small_sum((self.hidden & inside) - each) for each in known)

    def _is_small_sum(self, members: Iterable[int]) -> bool:
        counts = [_counts(self.members[pk]) for pk in members]
        return any(sum(number or 0 for number in column) in SMALL for column in zip(*counts, strict=True))

    def _smallest_visible(self, group: Group) -> int | None:
        """The member to hide next: if possible one that no narrower sum shows."""
        inside = self.inside[group]
        narrower = frozenset().union(*(each for each in self._visible.values() if each < inside))
        candidates = [pk for pk in inside - self.hidden if pk != self.own and _size(self.members[pk])]
        return min(candidates, key=lambda pk: (pk in narrower, _size(self.members[pk]), pk), default=None)


def _counts(value: ShownValue) -> list[float | None]:
    """The numbers of people that the value shows or rests on."""
    counted: list[float | None] = [value.cases] if value.indicator.counts_cases else []
    if value.indicator.rated_on:  # the reason names the mean of these cases
        counted.append(value.rated_cases)
    if value.indicator.counts_people:
        counted += [value.numerator, value.denominator]
    return counted


def _size(value: ShownValue) -> float:
    return value.cases or value.numerator or 0


def _key(value: ShownValue) -> Key:
    return (value.indicator.code, value.period, value.institution_id, value.consortium_id, value.level)
