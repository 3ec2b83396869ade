"""Blocks that other apps add to the Overview and Institution pages (their panels.py: `OVERVIEW`, `INSTITUTION`, `KEY_FIGURES`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.discovery import collected
from evaluation.models import Consortium, Institution, SeenMonths, User
from evaluation.pages.picker import Picker
from evaluation.pages.tables import Table
from evaluation.pages.values import ShownValue


@dataclass(frozen=True)
class Asked:
    """What a page shows: the consortium, perhaps one member, the period, for whom. `seen` are the months of this consortium
    and its members that the person sees."""

    user: User
    consortium: Consortium
    seen: SeenMonths
    members: Sequence[Institution]
    picker: Picker
    institution: Institution | None = None
    values: Sequence[ShownValue] | None = None  # those of the period, where the page has read them already


@dataclass(frozen=True)
class Panel:
    """A block with its template and the object it shows as `panel`; its tables can be downloaded."""

    template: str
    content: Any
    tables: Sequence[Table] = ()


def panels_for(place: str, asked: Asked) -> list[Panel]:
    """`place` is OVERVIEW or INSTITUTION."""
    builders: Sequence[Callable[[Asked], Panel]] = collected("panels", place)
    return [build(asked) for build in builders]
