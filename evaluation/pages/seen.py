"""Values of months that the reader sees, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from evaluation.indicators.periods import Period
from evaluation.models import SeenMonths

if TYPE_CHECKING:
    from evaluation.pages.values import ShownValue

NO_DATA = gettext_noop("No value: nothing was delivered for this period.")
NOT_A_MEMBER = gettext_noop("No value here: not a member in all months of this period.")


def within(seen: SeenMonths, values: list[ShownValue]) -> list[ShownValue]:
    """Those of months that are seen; last, since what is hidden depends on all that stands beside."""
    periods = {code: Period.parse(code) for code in {value.period for value in values}}
    shown_places = {
        (institution, consortium, period)
        for institution, consortium, period in {(v.institution_id, v.consortium_id, v.period) for v in values}
        if (
            seen.shows_institution(institution, periods[period])
            if institution is not None
            else seen.shows_consortium(consortium, periods[period])
        )
    }
    return [v for v in values if (v.institution_id, v.consortium_id, v.period) in shown_places]


def why_none(seen: SeenMonths | None, period: Period, pk: int, is_consortium: bool = False) -> str:
    """The reason where a value is missing: it is the same whether or not there is one that others see."""
    if seen is None:
        return NO_DATA
    is_shown = seen.shows_consortium(pk, period) if is_consortium else seen.shows_institution(pk, period)
    return NO_DATA if is_shown else NOT_A_MEMBER
