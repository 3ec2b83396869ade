"""The cases behind a figure, with masked record numbers, for those who may see them."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, ExtractYear
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation import frames, shown
from evaluation.indicators.definition import Indicator
from evaluation.models import Consortium, InpatientCase, Institution, LocalBenchmark, Membership, User
from evaluation.pages.picker import Picker
from evaluation.pages.tables import Table

PER_PAGE = 50
MOST_EXPORTED = 20_000
UNGROUPED = Q(drg_code__regex=r"^([A-Z]QY|0000)?$")
NUMERATORS: dict[str, Q] = {  # over `with_benchmark`, which adds weight and risk
    "DRG_RATE": ~UNGROUPED,
    "MORT": Q(disposition="5"),
    "RW2": ~UNGROUPED & Q(weight__gte=2),
    "SURG": Q(surgery_level__isnull=False),
    "SURG4": Q(surgery_level=4),
    "DAYSURG": Q(surgery_level__isnull=False, elective=True, day_surgery=True),
    "COMPL": Q(surgery_level__isnull=False, complication=True),
    "ABX": Q(antibacterial=True),
    "PATHWAY": Q(pathway=True),
    "MDT_COV": ~UNGROUPED & Q(mdt=True),
    "LRM": ~UNGROUPED & Q(risk=1, disposition="5"),
    "MLRM": ~UNGROUPED & Q(risk=2, disposition="5"),
    "READM30": Q(readmission__isnull=False),
    "READM_SAME": Q(readmission__same=True),
}


def with_benchmark(cases: QuerySet) -> QuerySet:
    """As services/cells.py counts them: the sheet's weight, else the benchmark's, and the group's risk level of the year."""
    joined = Membership.objects.joined_last().filter(institution=OuterRef(OuterRef("institution")))
    local = LocalBenchmark.objects.alias(owner=Coalesce("consortium", 0)).filter(
        owner=Coalesce(Subquery(joined.values("consortium")), 0), year=ExtractYear(OuterRef("month")),
        region=OuterRef("institution__region_code"), level=OuterRef("institution__level"), drg=OuterRef("drg_code"),
    )  # fmt: skip
    return cases.annotate(
        weight=Coalesce("rw", Subquery(local.values("rw")[:1])), risk=Subquery(local.values("risk")[:1])
    )


@dataclass(frozen=True)
class CaseLine:
    case: InpatientCase

    @property
    def record(self) -> str:
        return self.case.masked_record_no

    @property
    def disposition(self) -> str:
        return {
            "1": _("home"), "2": _("transferred"), "3": _("to primary care"), "4": _("against advice"), "5": _("died"),
        }.get(self.case.disposition, _("other"))  # fmt: skip

    @property
    def cost(self) -> str:
        return shown.yuan(self.case.total_cost / 100)

    @property
    def weight(self) -> str:
        return shown.NONE if self.case.rw is None else shown.number(float(self.case.rw), 2)


@dataclass(frozen=True)
class CaseListPage:
    consortium: Consortium
    institution: Institution | None
    indicator: Indicator | None
    picker: Picker
    page: Page
    lines: list[CaseLine]
    only_counted: bool
    can_count: bool
    drg: str
    queryset: QuerySet

    @property
    def table(self) -> Table:
        headings = [
            _("Record"), _("Stay no."), _("Institution"), _("Department"), _("Admitted"), _("Discharged"), _("Days"),
            _("Main diagnosis"), "DRG", "RW", _("Cost, yuan"), _("Way of leaving"),
        ]  # fmt: skip
        rows = [
            [
                case.masked_record_no, case.stay_no, case.institution.name, case.dis_dept,
                *(f"{timezone.localtime(at):%Y-%m-%d}" for at in (case.admitted_at, case.discharged_at)),
                case.los, case.main_dx, case.drg_code,
                float(case.rw) if case.rw is not None else None, shown.yuan(case.total_cost / 100),
                case.disposition,
            ]
            for case in self.queryset[:MOST_EXPORTED]
        ]  # fmt: skip
        return Table("cases", _("Cases"), headings, rows)

    @classmethod
    def build(
        cls, user: User, consortium: Consortium, institution: Institution | None, indicator: Indicator | None,
        query: QueryDict,
    ) -> CaseListPage:  # fmt: skip
        covered = frames.covered_months()
        picker = Picker.read(query, covered, covered[1] if covered else timezone.localdate().replace(day=1))
        cases = InpatientCase.objects.visible_to(user).filter(month__range=(picker.period.first, picker.period.last))
        if institution is not None:
            cases = cases.filter(institution=institution)
        else:
            held = Membership.objects.filter(consortium=consortium, institution=OuterRef("institution"))
            day = OuterRef("discharged_at__date")
            cases = cases.filter(Exists(held.during(day, day)))
        drg = query.get("drg", "")
        if drg:
            cases = cases.filter(drg_code=drg)
        numerator = NUMERATORS.get(indicator.code) if indicator else None
        only_counted = numerator is not None and query.get("counted") != "all"
        if numerator is not None and only_counted:
            cases = with_benchmark(cases).filter(numerator)
        order = (
            F("total_cost").desc()
            if indicator and indicator.code in ("IP_COST", "CEI", "COST_RW", "COST_GR")
            else F("discharged_at").desc()
        )
        ordered = cases.select_related("institution").order_by(order, "pk")
        page = Paginator(ordered, PER_PAGE).get_page(query.get("page"))
        lines = [CaseLine(case) for case in page.object_list]
        return cls(
            consortium, institution, indicator, picker, page, lines, only_counted, numerator is not None, drg, ordered
        )
