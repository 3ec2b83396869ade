"""An indicator by DRG: where it comes from. Small groups are left out and small counts hidden for everyone (design §6): who
may see the cases finds them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from django.db.models import F, Q
from django.utils.translation import gettext as _

from evaluation import frames, shown
from evaluation.indicators.definition import Indicator
from evaluation.indicators.facts import CASE_FACTS, CASE_INDICES
from evaluation.models import Benchmark, Consortium, Institution, User
from evaluation.pages.picker import Picker
from evaluation.pages.tables import Table

MOST_GROUPS = 15
SMALLEST = 5  # cases; smaller groups are left out
HIDDEN = "< 5"
BY_DRG = {
    "DRG_CMI", "RW2", "CEI", "TEI", "ALOS", "IP_COST", "COST_RW", "DRUG", "CONS", "EXAM_COST", "DRG_MARGIN", "MORT",
    "COMPL", "SURG", "SURG4", "DAYSURG", "ABX", "PATHWAY", "READM30", "READM_SAME", "DRG_TW",
}  # fmt: skip


@dataclass(frozen=True)
class GroupLine:
    drg: str
    name: str
    cases: str
    share: float
    value: str


@dataclass(frozen=True)
class Breakdown:
    """The groups with most cases. `left_out`: how many groups have fewer than five; `reason`: why there are none."""

    lines: list[GroupLine]
    left_out: int
    table: Table
    reason: str = ""

    @classmethod
    def of(
        cls, user: User, consortium: Consortium, members: Sequence[Institution], chosen: Institution | None,
        indicator: Indicator, picker: Picker,
    ) -> Breakdown:  # fmt: skip
        nothing = partial(cls, [], 0, Table("groups", "", [], []))
        if indicator.code not in BY_DRG or indicator.facts != ("cases",):
            return nothing(_("This indicator is not broken down by DRG."))
        if not members:
            return nothing(_("No grouped cases in this period."))
        frame = _cells(consortium, [chosen] if chosen else members, picker, within_membership=chosen is None)
        if frame.empty:
            return nothing(_("No grouped cases in this period."))
        values = indicator.calculate({"cases": frame}, ["drg"])
        cases = frame.groupby("drg", observed=True)["discharges"].sum()
        if indicator.needs_follow_up:
            end = frames.data_end_day() or 0
            latest = frame.groupby("drg", observed=True)["last_index_day"].max()
            values["value"] = values["value"].where(latest <= end - 30)
        names = dict(
            Benchmark.objects.filter(Q(consortium=consortium) | Q(consortium=None), drg__in=list(cases.index))
            .exclude(name="")
            .order_by("year", F("consortium").asc(nulls_first=True))
            .values_list("drg", "name")
        )
        large = _large(cases)
        hidden = _hidden(values, large.index) if indicator.counts_people else frozenset()
        lines = [
            GroupLine(
                drg, names.get(drg, ""), shown.number(int(count)), float(count / cases.sum()),
                HIDDEN
                if drg in hidden
                else shown.plain(indicator, None if pd.isna(values["value"].get(drg)) else float(values["value"][drg])),
            )
            for drg, count in large.items()
        ]  # fmt: skip
        unit = shown.unit_head(indicator)
        table = Table(
            "groups",
            _("%(indicator)s by DRG") % {"indicator": indicator.name},
            ["DRG", _("Name"), _("Cases"), f"{indicator.name} ({unit})" if unit else str(indicator.name)],
            [[line.drg, line.name, line.cases, line.value] for line in lines],
        )
        return cls(lines[:MOST_GROUPS], int((cases < SMALLEST).sum()), table)


def _large(cases: pd.Series) -> pd.Series:
    """Groups with five cases or more; without the smallest of them where the total would tell the size of one left out."""
    large = cases[cases >= SMALLEST].sort_values(ascending=False, kind="stable")
    small = cases[cases < SMALLEST]
    while len(small) and len(large) and (len(small) == 1 or small.sum() < SMALLEST):
        small, large = cases.drop(large.index[:-1]), large.iloc[:-1]
    return large


def _hidden(values: pd.DataFrame, visible: pd.Index) -> frozenset[str]:
    """Groups with 1–4 counted people, and the next smallest where the total would tell their number."""
    counts = values.loc[visible, "numerator"].fillna(0)
    is_small = values.loc[visible, ["numerator", "denominator"]].isin(range(1, SMALLEST)).any(axis=1)
    hidden = list(counts.index[is_small])
    others = list(counts[~is_small & (counts > 0)].sort_values(kind="stable").index)
    left_out = values["numerator"].drop(visible).fillna(0)
    while hidden and others:
        unknown = [*left_out[left_out > 0], *(counts[drg] for drg in hidden if counts[drg] > 0)]
        if len(unknown) != 1 and not 0 < sum(unknown) < SMALLEST:
            break
        hidden.append(others.pop(0))
    return frozenset(hidden)


def _cells(
    consortium: Consortium, members: Sequence[Institution], picker: Picker, *, within_membership: bool
) -> pd.DataFrame:
    """Facts by DRG of the period; for the consortium only of the months in which a member was one."""
    totals = ", ".join(f"{'max' if column.startswith('last_') else 'sum'}({column})" for column in CASE_FACTS)
    query = (
        f"SELECT institution_id, {frames.MONTH_NUMBER.format('month')}, drg, {totals} FROM evaluation_casecell"
        " WHERE institution_id = ANY(%s) AND month BETWEEN %s AND %s AND drg <> '' GROUP BY institution_id, month, drg"
    )
    dtypes = {
        **frames.PLACE, "drg": "str", **dict.fromkeys(CASE_FACTS, "int64"), **dict.fromkeys(CASE_INDICES, "float64"),
    }  # fmt: skip
    frame = frames.read_frame(query, [[m.pk for m in members], picker.period.first, picker.period.last], dtypes)
    if not within_membership:
        return frame
    held = frames.memberships()
    held = held[held["consortium"] == consortium.pk]
    joined = frame.merge(held, on="institution")
    inside = joined[(joined["month"] >= joined["first"]) & (joined["month"] <= joined["last"])]
    return inside.drop_duplicates(["institution", "month", "drg"]).drop(columns=["consortium", "first", "last"])
