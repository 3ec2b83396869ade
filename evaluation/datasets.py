"""The datasets: what can be delivered, by whom, by which rules it is checked and where it is kept.

Other apps add theirs in their own datasets.py (`DATASETS`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from evaluation.discovery import collected
from evaluation.importing import master_checks, master_layouts
from evaluation.importing.case_checks import check_cases
from evaluation.importing.case_layout import CASES
from evaluation.importing.checks import Rules
from evaluation.importing.layouts import Layout
from evaluation.models import StaleMark, User
from evaluation.services import memberships, records
from evaluation.services.staleness import Partition


class Owner(StrEnum):
    INSTITUTION = "institution"  # its staff deliver it
    CONSORTIUM = "consortium"  # the office delivers it


class Reach(StrEnum):
    """Of which institutions an office delivers the rows of a dataset (docs/decisions/0013)."""

    TODAY = "today"  # master data: of those that belong to its consortium today
    YEAR = "year"  # of those that were a member in the row's year
    CONSENT = "consent"  # of all: they are asked


class RecordStore(Protocol):
    """Keeps the records of a dataset in their own table. A content is a row as JSON, by column name.

    `by` is who delivered the rows or undoes what superseded them; None is the command line.
    """

    def put(self, contents: Sequence[dict], by: User | None) -> None: ...

    def remove(self, contents: Sequence[dict]) -> None: ...

    def partitions(self, contents: Sequence[dict]) -> list[set[Partition]]:
        """The institution-months that each of the records concerns."""
        ...


@dataclass(frozen=True)
class Dataset:
    """`store` None: cases, which have a table of versions and a path of their own.

    `cases_at`: the column with the institution about whose cases the records say something.
    `of_consortium`: a record is of the consortium for which its sheet was delivered, or common (delivered for none).
    """

    layout: Layout
    name: str
    owner: Owner
    rules: Rules
    store: RecordStore | None
    has_month: bool = False
    reach: Reach = Reach.TODAY
    of_consortium: bool = False
    stale: StaleMark.Source = StaleMark.Source.VALUES
    cases_at: str = ""

    @property
    def code(self) -> str:
        return self.layout.dataset

    @property
    def of_institution(self) -> bool:
        return "institution" in self.layout.by_name or self.owner is Owner.INSTITUTION

    @staticmethod
    def all() -> tuple[Dataset, ...]:
        return collected("datasets", "DATASETS")


def dataset_by_name(name: str) -> Dataset:
    """KeyError for a name that no dataset has."""
    return {dataset.code: dataset for dataset in Dataset.all()}[name]


DATASETS = (
    Dataset(CASES, _("Inpatient cases"), Owner.INSTITUTION, check_cases, None, has_month=True),
    Dataset(
        master_layouts.CONSORTIA, _("Consortia"), Owner.CONSORTIUM, master_checks.check_consortia, records.Consortia()
    ),
    Dataset(
        master_layouts.INSTITUTIONS, pgettext_lazy("dataset", "Institutions"), Owner.CONSORTIUM, master_checks.check_institutions,
        records.Institutions(),
    ),
    Dataset(
        master_layouts.MEMBERSHIPS, _("Memberships"), Owner.CONSORTIUM, master_checks.check_memberships,
        memberships.Memberships(), reach=Reach.CONSENT,
    ),
    Dataset(
        master_layouts.DEPARTMENTS, _("Departments"), Owner.CONSORTIUM, master_checks.check_departments,
        records.Departments(),
    ),
    Dataset(
        master_layouts.BENCHMARKS, _("Benchmarks"), Owner.CONSORTIUM, master_checks.check_benchmarks,
        records.Benchmarks(), of_consortium=True,
    ),
)  # fmt: skip
