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
from evaluation.models import StaleMark
from evaluation.services import records
from evaluation.services.staleness import Partition


class Owner(StrEnum):
    INSTITUTION = "institution"  # its staff deliver it
    CONSORTIUM = "consortium"  # the office delivers it


class RecordStore(Protocol):
    """Keeps the records of a dataset in their own table. A content is a row as JSON, by column name."""

    def put(self, contents: Sequence[dict]) -> None: ...

    def remove(self, contents: Sequence[dict]) -> None: ...

    def partitions(self, contents: Sequence[dict]) -> set[Partition]: ...


@dataclass(frozen=True)
class Dataset:
    """`store` None: cases, which have a table of versions and a path of their own.

    `of_consortium`: a record is of the consortium for which its sheet was delivered, or common (delivered for none).
    """

    layout: Layout
    name: str
    owner: Owner
    rules: Rules
    store: RecordStore | None
    has_month: bool = False
    of_consortium: bool = False
    stale: StaleMark.Source = StaleMark.Source.VALUES

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
        records.Memberships(),
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
