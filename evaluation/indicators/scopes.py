"""What a value can be of: an institution, a consortium, or one level of a consortium, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

PRIMARY = "PRIMARY"
LEVELS_OF_BAND = {"L1": PRIMARY, "CHC": PRIMARY, "THC": PRIMARY, "VC": PRIMARY}
NOWHERE = -1


@dataclass(frozen=True)
class Scope:
    """Either an institution, or a consortium with an optional level (L3 … VC, or PRIMARY for all primary levels)."""

    institution: int | None = None
    consortium: int | None = None
    level: str = ""


def band(level: str) -> str:
    """The band of limits that a level belongs to: L3, L2 or PRIMARY."""
    return LEVELS_OF_BAND.get(level, level)


def scopes_of(
    institutions: pd.DataFrame, memberships: pd.DataFrame, months: Sequence[int]
) -> tuple[list[Scope], pd.DataFrame]:
    """All scopes, and which institution is in which scope in which month.

    institutions: institution, level. memberships: consortium, institution, first, last (month numbers, inclusive).
    The frame has scope (place in the list), institution, month and surrounding: the consortium's own scope, within
    which both ends of a referral must lie; −1 for institutions, which count whomever they deal with.
    """
    calendar = pd.DataFrame({"month": list(months)})
    own = institutions.merge(calendar, how="cross").assign(consortium=NOWHERE, of_level="")
    held = memberships.merge(institutions, on="institution").merge(calendar, how="cross")
    held = held[(held["month"] >= held["first"]) & (held["month"] <= held["last"])]
    held = held.drop_duplicates(["consortium", "institution", "month"])
    primary = held[held["level"].map(band) == PRIMARY]
    parts = pd.concat(
        [held.assign(of_level=""), held.assign(of_level=held["level"]), primary.assign(of_level=PRIMARY)],
        ignore_index=True,
    )
    scopes = [Scope(institution=int(institution)) for institution in institutions["institution"]]
    places = {scope.institution: place for place, scope in enumerate(scopes)}
    frames = [own.assign(scope=own["institution"].map(places), surrounding=NOWHERE)]
    whole: dict[int, int] = {}
    for (group, of_level), members in parts.groupby(["consortium", "of_level"], sort=True):
        consortium, level = int(str(group)), str(of_level)
        if not level:
            whole[consortium] = len(scopes)
        frames.append(members.assign(scope=len(scopes), surrounding=whole[consortium]))
        scopes.append(Scope(consortium=consortium, level=level))
    table = pd.concat(frames, ignore_index=True)[["scope", "institution", "month", "surrounding"]]
    return scopes, table.astype("int64")
