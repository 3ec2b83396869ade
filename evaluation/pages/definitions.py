"""The catalogue as people read it: the same texts as on every page and in the API."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.indicators.definition import THEME_NAMES, Better, Indicator
from evaluation.models import Threshold
from evaluation.services.values import indicators as catalogue


@dataclass(frozen=True)
class LimitLine:
    place: str
    green: str
    red: str


@dataclass(frozen=True)
class DefinitionCard:
    indicator: Indicator
    theme: str
    better: str
    limits: list[LimitLine]

    @classmethod
    def of(cls, indicator: Indicator, thresholds: list[Threshold]) -> DefinitionCard:
        order = list(Threshold.For.values)
        ordered = sorted(thresholds, key=lambda each: order.index(each.level))
        return cls(
            indicator, str(THEME_NAMES[indicator.theme]), better_sentence(indicator.better),
            [limit_line(indicator, each) for each in ordered],
        )  # fmt: skip


def better_sentence(better: Better) -> str:
    return {
        Better.HIGHER: _("higher is better"),
        Better.LOWER: _("lower is better"),
        Better.RANGE: _("best inside a range"),
    }.get(better, _("for information"))


def limit_line(indicator: Indicator, threshold: Threshold) -> LimitLine:
    """Green and red limits in words."""
    return LimitLine(
        str(threshold.get_level_display()),
        _span(
            indicator, threshold.green_low, threshold.green_high,
            _("at least %(low)s"), _("at most %(high)s"), _("%(low)s to %(high)s"),
        ),
        _span(
            indicator, threshold.red_low, threshold.red_high,
            _("below %(low)s"), _("above %(high)s"), _("below %(low)s or above %(high)s"),
        ),
    )  # fmt: skip


def _span(indicator: Indicator, low: float | None, high: float | None, least: str, most: str, both: str) -> str:
    values = {"low": shown.full(indicator, low), "high": shown.full(indicator, high)}
    if low is None and high is None:
        return shown.NONE
    template = both if low is not None and high is not None else least if low is not None else most
    text = template % values
    return (
        _("%(limits)s from the elapsed part of the year") % {"limits": text} if indicator.from_elapsed_share else text
    )


@dataclass(frozen=True)
class ThemeCards:
    name: str
    cards: list[DefinitionCard]


def definition_themes() -> list[ThemeCards]:
    """All cards by theme."""
    by_code: dict[str, list[Threshold]] = {}
    for threshold in Threshold.objects.all():
        by_code.setdefault(threshold.indicator, []).append(threshold)
    themes: list[ThemeCards] = []
    for indicator in catalogue():
        name = str(THEME_NAMES[indicator.theme])
        if not themes or themes[-1].name != name:
            themes.append(ThemeCards(name, []))
        themes[-1].cards.append(DefinitionCard.of(indicator, by_code.get(indicator.code, [])))
    return themes
