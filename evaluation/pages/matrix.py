"""The light matrix: institutions × indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation import shown
from evaluation.indicators.definition import THEME_NAMES, Indicator
from evaluation.indicators.scopes import PRIMARY, band
from evaluation.models import Institution
from evaluation.pages.picker import Picker
from evaluation.pages.tables import Table
from evaluation.pages.values import ShownValue, better_word
from evaluation.rating.lights import Light


@dataclass(frozen=True)
class Cell:
    value: ShownValue
    before: ShownValue | None
    href: str
    starts_theme: bool

    @property
    def text(self) -> str:
        return self.value.text

    @property
    def light(self) -> str:
        return self.value.light

    @property
    def change(self) -> str:
        before = self.before.value if self.before else None
        return shown.change(self.value.indicator, self.value.value, before)

    @property
    def change_word(self) -> str:
        return better_word(self.value.indicator, self.value.value, self.before.value if self.before else None)

    @property
    def before_text(self) -> str:
        return self.before.full_text if self.before else shown.NONE

    @property
    def cases_text(self) -> str:
        return "" if self.value.cases is None else self.value.cases_text


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    cells: list[Cell]
    missing: str = ""
    is_total: bool = False

    @property
    def red(self) -> int:
        return sum(cell.light == Light.RED for cell in self.cells)

    @property
    def yellow(self) -> int:
        return sum(cell.light == Light.YELLOW for cell in self.cells)


@dataclass(frozen=True)
class Group:
    """Institutions of one level; without a name the consortium itself."""

    name: str
    rows: list[Row]


@dataclass(frozen=True)
class ThemeHead:
    name: str
    width: int


@dataclass(frozen=True)
class Head:
    name: str
    unit: str
    href: str
    starts_theme: bool
    code: str = ""


@dataclass(frozen=True)
class Matrix:
    indicators: Sequence[Indicator]
    groups: list[Group]
    picker: Picker
    total_indicators: int
    show: str = "all"
    heads: list[Head] = field(default_factory=list)
    themes: list[ThemeHead] = field(default_factory=list)

    @property
    def width(self) -> int:
        return len(self.indicators) + 2

    @property
    def members(self) -> int:
        return sum(len(group.rows) for group in self.groups if group.name)

    @property
    def red(self) -> int:
        return sum(row.red for group in self.groups for row in group.rows)

    @property
    def yellow(self) -> int:
        return sum(row.yellow for group in self.groups for row in group.rows)

    @property
    def table(self) -> Table:
        headings = [_("Institution")]
        for indicator in self.indicators:
            unit = shown.unit_head(indicator)
            headings += [
                f"{indicator.name} ({unit})" if unit else str(indicator.name),
                _("Light"),
                pgettext("difference", "Change"),
            ]
        rows = [
            [row.name, *(item for cell in row.cells for item in (cell.text, light_word(cell.light), cell.change))]
            for group in self.groups
            for row in group.rows
        ]
        return Table("lights", _("Lights"), headings, rows)


def light_word(light: str) -> str:
    return {"red": _("red"), "yellow": _("yellow"), "green": _("green")}.get(light, _("no rating"))


def band_name(level_band: str) -> str:
    return {"L3": _("Tertiary"), "L2": _("Secondary")}.get(level_band, _("Primary"))


def build_matrix(
    *,
    indicators: Sequence[Indicator],
    total_indicators: int,
    members: Sequence[Institution],
    missing: dict[int, str],
    now: dict[tuple[int | None, str], ShownValue],
    before: dict[tuple[int | None, str], ShownValue],
    nothing,
    picker: Picker,
    show: str,
) -> Matrix:
    """now, before: values by institution id (None: the consortium) and indicator code. `nothing(pk, indicator)` stands where
    there is no value."""
    starts = {
        indicator.code
        for place, indicator in enumerate(indicators)
        if place == 0 or indicators[place - 1].theme is not indicator.theme
    }

    def cells(pk: int | None) -> list[Cell]:
        query = f"{picker.carried}" + (f"&institution={pk}" if pk else "")
        return [
            Cell(
                now.get((pk, indicator.code)) or nothing(pk, indicator),
                before.get((pk, indicator.code)),
                reverse("indicator-show", args=[indicator.code]) + query,
                indicator.code in starts,
            )
            for indicator in indicators
        ]

    groups = [Group("", [Row(_("Consortium"), "", cells(None), is_total=True)])]
    for level_band in ("L3", "L2", PRIMARY):
        rows = [
            Row(
                member.name,
                reverse("institution-show", args=[member.code]) + picker.carried,
                cells(member.pk),
                missing.get(member.pk, ""),
            )
            for member in members
            if band(member.level) == level_band
        ]
        if show == "attention":
            rows = [row for row in rows if row.red or row.yellow or row.missing]
        if rows:
            groups.append(Group(band_name(level_band), rows))
    heads = [
        Head(
            str(indicator.short), shown.unit_head(indicator), reverse("indicator-show", args=[indicator.code]) + picker.carried,
            indicator.code in starts, indicator.code,
        )
        for indicator in indicators
    ]  # fmt: skip
    themes: list[ThemeHead] = []
    for indicator in indicators:
        if indicator.code in starts:
            themes.append(ThemeHead(str(THEME_NAMES[indicator.theme]), 0))
        themes[-1] = ThemeHead(themes[-1].name, themes[-1].width + 1)
    return Matrix(indicators, groups, picker, total_indicators, show, heads, themes)
