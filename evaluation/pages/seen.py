"""What a reader sees: values of which months, exact or published, and what is said of the others."""

from __future__ import annotations

import pandas as pd
from django.utils.translation import gettext_noop

from evaluation.access.roles import Permission
from evaluation.access.rules import may
from evaluation.indicators.calculation import month_number
from evaluation.indicators.definition import Indicator
from evaluation.indicators.periods import Period
from evaluation.models import SeenMonths, User
from evaluation.models.institution import own_institution

NO_DATA = gettext_noop("No value: nothing was delivered for this period.")
NOT_A_MEMBER = gettext_noop("No value here: not a member in all months of this period.")
YEARS_ONLY = gettext_noop("Shown for complete calendar years only: it counts different things, which do not add up.")


def is_outsider(user: User) -> bool:
    """Who reads published values of all but the own institution."""
    return not may(user, Permission.SEE_EXACT_VALUES)


def rows_within(seen: SeenMonths, frame: pd.DataFrame, end: str = "institution") -> pd.DataFrame:
    """Rows with a column `month` (months since year 0) of months in which the institution at this end was a member."""
    spans = [
        (pk, month_number(first), month_number(last)) for pk, held in seen.institutions.items() for first, last in held
    ]
    held = pd.DataFrame(spans, columns=[end, "first", "last"]).astype("int64")
    joined = frame.merge(held, on=end)
    inside = joined[(joined["month"] >= joined["first"]) & (joined["month"] <= joined["last"])]
    return inside.drop(columns=["first", "last"])


def why_none(
    user: User | None,
    seen: SeenMonths | None,
    indicator: Indicator,
    period: Period,
    pk: int,
    *,
    is_consortium: bool = False,
) -> str:
    """The reason where a value is missing: it is the same whether or not there is one that others see."""
    if user is None or seen is None:
        return NO_DATA
    is_shown = seen.shows_consortium(pk, period) if is_consortium else seen.shows_institution(pk, period)
    if not is_shown:
        return NOT_A_MEMBER
    is_own = not is_consortium and pk == own_institution(user)
    return YEARS_ONLY if indicator.counts_distinct and is_outsider(user) and not is_own else NO_DATA
