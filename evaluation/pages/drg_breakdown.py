"""An indicator by DRG: where it comes from. Who sees the cases sees every group; others the large groups of a calendar year,
in published numbers (design §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import pandas as pd
from django.db.models import F, Q
from django.utils.translation import gettext as _

from evaluation import frames, shown
from evaluation.access.roles import Permission, Scope
from evaluation.access.rules import may
from evaluation.indicators.calculation import month_number
from evaluation.indicators.definition import Indicator
from evaluation.indicators.facts import CASE_MAXIMA
from evaluation.indicators.periods import PeriodKind
from evaluation.indicators.publishing import ENOUGH_PUBLISHED
from evaluation.models import Benchmark, Consortium, Institution, SeenMonths, User
from evaluation.models.institution import own_institution
from evaluation.pages.picker import Picker
from evaluation.pages.seen import rows_within
from evaluation.pages.tables import Table
from evaluation.services.publications import published_groups

MOST_GROUPS = 15
BY_DRG = {
    "DRG_CMI", "RW2", "CEI", "TEI", "ALOS", "IP_COST", "COST_RW", "DRUG", "CONS", "EXAM_COST", "DRG_MARGIN", "MORT",
    "COMPL", "SURG", "SURG4", "DAYSURG", "ABX", "PATHWAY", "READM30", "READM_SAME", "DRG_TW",
}  # fmt: skip


@dataclass(frozen=True)
class GroupLine:
    drg: str
    name: str
    cases: str
    value: str


@dataclass(frozen=True)
class Breakdown:
    """The groups with most cases. `is_published`: large groups only, in published numbers; `reason`: why there are none."""

    lines: list[GroupLine]
    table: Table
    is_published: bool = False
    reason: str = ""

    @classmethod
    def of(
        cls, user: User, consortium: Consortium, seen: SeenMonths, members: Sequence[Institution],
        chosen: Institution | None, indicator: Indicator, picker: Picker, data_end: int,
    ) -> Breakdown:  # fmt: skip
        is_exact = _sees_cases(user, chosen)
        nothing = partial(cls, [], Table("groups", "", [], []), not is_exact)
        if indicator.code not in BY_DRG or indicator.facts != ("cases",):
            return nothing(_("This indicator is not broken down by DRG."))
        if not is_exact and picker.period.kind is not PeriodKind.YEAR:
            return nothing(_("Groups are shown for calendar years: choose a year as the period."))
        places = [member.pk for member in ([chosen] if chosen else members)]
        if is_exact:
            frame = frames.case_groups(places, picker.period.first, picker.period.last)
        else:
            frame = published_groups(places, picker.period.last.year)
        if chosen is None or chosen.pk != own_institution(user):
            frame = rows_within(seen, frame)
        if not is_exact:
            frame = _large(frame, picker.period.last)
        if frame.empty:
            return nothing(
                _("No grouped cases in this period.")
                if is_exact
                else _("No group has 30 published cases in this year.")
            )
        return cls._built(frame, indicator, data_end, consortium, is_published=not is_exact)

    @classmethod
    def _built(
        cls, frame: pd.DataFrame, indicator: Indicator, data_end: int, consortium: Consortium, *, is_published: bool
    ) -> Breakdown:
        values = indicator.calculate({"cases": frame}, ["drg"])
        groups = frame.groupby("drg", observed=True)
        if indicator.needs_follow_up:
            values["value"] = values["value"].where(groups["last_index_day"].max() <= data_end - 30)
        if is_published and values["denominator"].notna().any():
            values["value"] = values["value"].where(values["cases"] >= ENOUGH_PUBLISHED)
            if indicator.is_share:
                values["value"] = values["value"].clip(upper=1)
        cases = groups["discharges"].sum().sort_values(ascending=False, kind="stable")
        names = dict(
            Benchmark.objects.filter(Q(consortium=consortium) | Q(consortium=None), drg__in=list(cases.index))
            .exclude(name="")
            .order_by("year", F("consortium").asc(nulls_first=True))
            .values_list("drg", "name")
        )
        lines = [
            GroupLine(
                drg, names.get(drg, ""), shown.number(int(count)),
                shown.plain(indicator, None if pd.isna(values["value"].get(drg)) else float(values["value"][drg])),
            )
            for drg, count in cases.items()
        ]  # fmt: skip
        unit = shown.unit_head(indicator)
        table = Table(
            "groups",
            _("%(indicator)s by DRG") % {"indicator": indicator.name},
            ["DRG", _("Name"), _("Cases"), f"{indicator.name} ({unit})" if unit else str(indicator.name)],
            [[line.drg, line.name, line.cases, line.value] for line in lines],
        )
        return cls(lines[:MOST_GROUPS], table, is_published)


def _sees_cases(user: User, chosen: Institution | None) -> bool:
    """The office the cases of all members, an institution's people those of their own."""
    if not may(user, Permission.SEE_CASES):
        return False
    return user.scope is Scope.CONSORTIUM or (chosen is not None and chosen.pk == user.institution_id)


def _large(frame: pd.DataFrame, last: date) -> pd.DataFrame:
    """Published facts by institution and DRG of the year, of groups with 30 discharges there; what is left has no number."""
    facts = [name for name in frame.columns if name not in ("institution", "month", "drg")]
    yearly = frame.groupby(["institution", "drg"], as_index=False)[facts].sum()
    day = (pd.Timestamp(last) + pd.offsets.MonthEnd(0)).toordinal() - date(1970, 1, 1).toordinal()
    ends = {name: (yearly["index_stays"] > 0) * day for name in CASE_MAXIMA}
    large = yearly[yearly["discharges"] >= ENOUGH_PUBLISHED]
    return large.assign(month=month_number(last), **{name: end.loc[large.index] for name, end in ends.items()})
