"""Hiding small counts from people outside the institution: 1–4, what is built on them, and one complementary cell."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.pages.values import ShownValue

SMALL = range(1, 5)


def hide_small_counts(values: Iterable["ShownValue"], own_institution: int | None) -> list["ShownValue"]:
    """The same values, some hidden. Where just one member of a consortium would be hidden it could be worked out from the
    total: then the next smallest goes too."""
    shown = list(values)
    hidden: set[int] = set()
    tables: dict[tuple, list[int]] = defaultdict(list)
    for place, value in enumerate(shown):
        if value.institution_id is not None and value.institution_id == own_institution:
            continue
        if _is_small(value):
            hidden.add(place)
        if value.institution_id is not None:
            tables[value.indicator.code, value.period].append(place)
    for places in tables.values():
        found = [place for place in places if place in hidden]
        if len(found) == 1:
            others = [place for place in places if place not in hidden and shown[place].numerator]
            hidden |= set(sorted(others, key=lambda place: shown[place].numerator or 0)[:1])
    return [replace(value, is_hidden=True) if place in hidden else value for place, value in enumerate(shown)]


def _is_small(value: "ShownValue") -> bool:
    counted = [value.cases] if value.indicator.counts_cases else []
    if value.indicator.counts_people:
        counted += [value.numerator, value.denominator]
    return any(number in SMALL for number in counted if number is not None)
