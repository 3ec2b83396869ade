"""Red, yellow, green or no light, with the reason in a sentence (domain.md C).

A value at the green limit is green, at the red limit yellow, beyond it red. No limit, no value, or fewer than 30 cases
give no rating. Limits of rates are 0–1 like the rates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext_noop as _

ENOUGH_CASES = 30
EXACT_DIGITS = 12  # 0.3 − 0.25 must be 0.05, not 0.04999…: limits are compared after rounding float noise away


class Light(StrEnum):
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    GREY = "grey"


@dataclass(frozen=True)
class Limits:
    """Green inside green_low…green_high, red outside red_low…red_high; None = no limit on that side."""

    green_low: float | None = None
    green_high: float | None = None
    red_low: float | None = None
    red_high: float | None = None

    def __post_init__(self) -> None:
        for name in ("green_low", "green_high", "red_low", "red_high"):
            limit = getattr(self, name)
            if limit is not None:
                object.__setattr__(self, name, round(limit, EXACT_DIGITS))  # like the values it is compared with

    @property
    def is_empty(self) -> bool:
        return all(limit is None for limit in (self.green_low, self.green_high, self.red_low, self.red_high))


@dataclass(frozen=True)
class Rating:
    """A light and why: a translatable sentence whose %(limit)s etc. are filled when it is shown, in the unit."""

    light: Light
    reason: str
    values: dict[str, float] = field(default_factory=dict)


def rate(
    value: float | None, cases: float | None, limits: Limits | None, *, distance_from: float | None = None
) -> Rating:
    """The light of a value. `cases` None means that no cases are behind it; with `distance_from` the limits apply to
    the distance from it (budget execution against the elapsed share of the year)."""
    if value is None or math.isnan(value):
        return Rating(Light.GREY, _("No value: nothing to divide by in this period."))
    if limits is None or limits.is_empty:
        return Rating(Light.GREY, _("Not rated: no limits are set for this indicator here."))
    if cases is not None and cases < ENOUGH_CASES:
        return Rating(Light.GREY, _("Not rated: %(cases)s cases, fewer than 30."), {"cases": cases})
    measured = round(value - (distance_from or 0), EXACT_DIGITS)
    if distance_from is not None:
        return _rate_distance(measured, distance_from, limits)
    if limits.red_high is not None and measured > limits.red_high:
        return Rating(Light.RED, _("%(value)s is above the red limit of %(limit)s."), _shown(value, limits.red_high))
    if limits.red_low is not None and measured < limits.red_low:
        return Rating(Light.RED, _("%(value)s is below the red limit of %(limit)s."), _shown(value, limits.red_low))
    if limits.green_high is not None and measured > limits.green_high:
        return _between(value, limits.green_high, limits.red_high)
    if limits.green_low is not None and measured < limits.green_low:
        return _between(value, limits.green_low, limits.red_low)
    return _green(value, limits)


def _rate_distance(distance: float, expected: float, limits: Limits) -> Rating:
    values = {"value": distance + expected, "expected": expected}
    beyond_red = (limits.red_high is not None and distance > limits.red_high) or (
        limits.red_low is not None and distance < limits.red_low
    )
    inside_green = (limits.green_high is None or distance <= limits.green_high) and (
        limits.green_low is None or distance >= limits.green_low
    )
    if beyond_red:
        return Rating(Light.RED, _("%(value)s is spent where %(expected)s of the year is over: too far apart."), values)
    if inside_green:
        return Rating(Light.GREEN, _("%(value)s is spent, %(expected)s of the year is over: in step."), values)
    return Rating(Light.YELLOW, _("%(value)s is spent where %(expected)s of the year is over: drifting apart."), values)


def _between(value: float, green: float, red: float | None) -> Rating:
    if red is None:
        return Rating(
            Light.YELLOW, _("%(value)s misses the green limit of %(green)s."), {"value": value, "green": green}
        )
    return Rating(
        Light.YELLOW,
        _("%(value)s is between green (%(green)s) and red (%(red)s)."),
        {"value": value, "green": green, "red": red},
    )


def _green(value: float, limits: Limits) -> Rating:
    if limits.green_low is not None and limits.green_high is not None:
        return Rating(
            Light.GREEN,
            _("%(value)s lies inside the green range %(low)s to %(high)s."),
            {"value": value, "low": limits.green_low, "high": limits.green_high},
        )
    limit = limits.green_high if limits.green_low is None else limits.green_low
    return Rating(Light.GREEN, _("%(value)s keeps the green limit of %(limit)s."), _shown(value, limit or 0))


def _shown(value: float, limit: float) -> dict[str, float]:
    return {"value": value, "limit": limit}
