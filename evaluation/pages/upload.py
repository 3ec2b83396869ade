"""What the Data pages show: uploads and one upload on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.datasets import Dataset, dataset_by_name
from evaluation.importing.problems import Problem, Severity
from evaluation.models import Institution, Joining, Upload, UploadProblem
from evaluation.pages.tables import Table
from evaluation.services import staleness
from evaluation.services.uploads import removal_of, said_again, why_not
from evaluation.services.uploads.decision import sentence_of_removal, warning_to_accept

PER_PAGE = 100


@dataclass(frozen=True)
class Step:
    name: str
    note: str
    state: str  # done, current or waiting


@dataclass(frozen=True)
class ProblemGroup:
    rule: str
    is_error: bool
    column: str
    count: int
    row: int | None
    sentence: str


@dataclass(frozen=True)
class EffectLine:
    """One institution and month; costs in yuan, to the cent, since they are compared with another system's."""

    institution: str
    month: str
    counts: Mapping[str, int]
    total_cost: str
    stored_cost: str


@dataclass(frozen=True)
class ToAccept:
    rule: str
    sentence: str


@dataclass(frozen=True)
class UploadPage:
    upload: Upload
    dataset: Dataset
    severity: str
    problems: Page

    @classmethod
    def build(cls, upload: Upload, query: Any) -> UploadPage:
        severity = query.get("severity", "")
        problems = upload.problems.all()
        if severity in (Severity.ERROR, Severity.WARNING):
            problems = problems.filter(severity=severity)
        return cls(
            upload, dataset_by_name(upload.dataset), severity, Paginator(problems, PER_PAGE).get_page(query.get("page"))
        )

    @cached_property
    def groups(self) -> list[ProblemGroup]:
        return [
            ProblemGroup(
                group["rule"], group["severity"] == Severity.ERROR, group["column"], group["count"], group["row"],
                Problem(
                    group["row"], group["column"], group["severity"], group["rule"], group["message"], group["values"]
                ).sentence,
            )
            for group in self.upload.problem_groups
        ]  # fmt: skip

    @property
    def error_count(self) -> int:
        return sum(group.count for group in self.groups if group.is_error)

    @property
    def warning_count(self) -> int:
        return sum(group.count for group in self.groups if not group.is_error)

    @cached_property
    def is_computed(self) -> bool:
        return staleness.is_computed(self.upload)

    @property
    def is_moving(self) -> bool:
        """Something happens by itself: the page looks again."""
        if self.upload.status in (Upload.Status.RECEIVED, Upload.Status.STORING):
            return True
        return self.upload.status in (Upload.Status.SUBMITTED, Upload.Status.UNDONE) and not self.is_computed

    @property
    def share_done(self) -> int:
        """Per cent of the rows read that are checked (or stored)."""
        upload = self.upload
        return round(100 * upload.rows_checked / upload.rows_read) if upload.rows_read else 0

    @property
    def steps(self) -> list[Step]:
        upload, status = self.upload, self.upload.status
        end = 4 if self.is_computed else 3
        reached = {
            Upload.Status.RECEIVED: 1, Upload.Status.CHECKED: 2, Upload.Status.FAILED: 2, Upload.Status.STORING: 2,
            Upload.Status.WITHDRAWN: 2, Upload.Status.SUBMITTED: end, Upload.Status.UNDONE: end,
        }[Upload.Status(status)]  # fmt: skip
        notes = [
            _("%(rows)s rows") % {"rows": shown.number(upload.rows_read)},
            _("%(errors)s to fix, %(warnings)s to check")
            % {"errors": shown.number(self.error_count), "warnings": shown.number(self.warning_count)}
            if reached >= 2
            else _("%(done)s of %(rows)s rows")
            % {"done": shown.number(upload.rows_checked), "rows": shown.number(upload.rows_read)},
            _("%(rows)s rows") % {"rows": shown.number(upload.rows_stored)} if reached >= 3 else _("when you submit"),
            _("the figures are up to date") if reached >= 4 else _("a few seconds later"),
        ]
        names = [_("Read"), _("Checked"), _("Stored"), _("Computed")]
        return [
            Step(name, note, "done" if place < reached else "current" if place == reached else "waiting")
            for place, (name, note) in enumerate(zip(names, notes, strict=True))
        ]

    @property
    def said_again(self) -> str:
        return said_again(self.upload)

    @cached_property
    def effect(self) -> list[EffectLine]:
        lines = self.upload.effect_lines
        names = dict(
            Institution.objects.filter(code__in={line["institution"] for line in lines}).values_list("code", "name")
        )
        return [
            EffectLine(
                names.get(line["institution"], ""), _month(line["month"]), line, _yuan(line["total_cost"]),
                _yuan(line["stored_cost"]),
            )
            for line in lines
        ]  # fmt: skip

    @property
    def has_costs(self) -> bool:
        return any(line["total_cost"] is not None for line in self.upload.effect_lines)

    @property
    def has_moved(self) -> bool:
        return any(line["moved"] for line in self.upload.effect_lines)

    @property
    def effect_total(self) -> EffectLine | None:
        """All lines added up, where there are several."""
        lines = self.upload.effect_lines
        if len(lines) < 2:
            return None
        sums = {
            name: sum(line[name] or 0 for line in lines)
            for name in (
                "rows",
                "new",
                "replaced",
                "identical",
                "removed",
                "moved",
                "stored",
                "total_cost",
                "stored_cost",
            )
        }
        return EffectLine("", "", sums, _yuan(sums["total_cost"]), _yuan(sums["stored_cost"]))

    @property
    def to_accept(self) -> list[ToAccept]:
        return [ToAccept(rule, warning_to_accept(self.upload, rule)) for rule in self.upload.warnings_to_accept]

    @property
    def removal(self) -> str:
        return sentence_of_removal(self.upload)

    @property
    def must_confirm_removal(self) -> bool:
        removal = removal_of(self.upload)
        return removal is not None and removal.is_most

    @property
    def why_not_submit(self) -> str:
        return why_not(self.upload, Upload.Status.STORING)

    @property
    def why_not_undo(self) -> str:
        return why_not(self.upload, Upload.Status.UNDONE)

    @property
    def can_decide(self) -> bool:
        return self.upload.status in (Upload.Status.CHECKED, Upload.Status.FAILED)

    @property
    def can_undo(self) -> bool:
        return self.upload.status == Upload.Status.SUBMITTED

    @cached_property
    def waiting_for_consent(self) -> int:
        """Institutions that have not answered yet whether they join, of all that the consortium's office asked."""
        if self.upload.dataset != "memberships" or self.upload.status != Upload.Status.SUBMITTED:
            return 0
        return Joining.objects.waiting().filter(consortium=self.upload.consortium_id).count()

    @property
    def lines(self) -> list[ProblemLine]:
        return [ProblemLine(problem) for problem in self.problems]

    @property
    def table(self) -> Table:
        headings = [_("Row"), _("Column"), _("Your sheet says"), _("Kind"), _("Rule"), _("What to do")]
        rows = [
            [
                line.problem.row, line.problem.column, line.cell, _("must fix") if line.is_error else _("check"),
                line.problem.rule, line.sentence,
            ]
            for line in map(ProblemLine, self.upload.problems.all())
        ]  # fmt: skip
        return Table("problems", _("Problems"), headings, rows)


def _month(code: str | None) -> str:
    return shown.month_name(date.fromisoformat(f"{code}-01")) if code else shown.NONE


def _yuan(fen: int | None) -> str:
    return shown.NONE if fen is None else f"{Decimal(fen) / 100:,.2f}"


@dataclass(frozen=True)
class ProblemLine:
    problem: UploadProblem

    @property
    def is_error(self) -> bool:
        return self.problem.severity == Severity.ERROR

    @property
    def cell(self) -> str:
        """What the sheet says, as far as it may be repeated."""
        return _("not shown") if self.is_withheld else str(self.problem.values.get("cell", ""))

    @property
    def is_withheld(self) -> bool:
        return self.problem.values.get("cell", "") is None

    @property
    def sentence(self) -> str:
        stored = self.problem
        return Problem(
            stored.row, stored.column, Severity(stored.severity), stored.rule, stored.message, stored.values
        ).sentence
