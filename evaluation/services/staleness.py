"""Marking what has to be computed again, in the transaction that changes the data."""

from collections.abc import Iterable
from datetime import date

from django.db.models import F

from evaluation.models import DataState, InpatientCase, StaleMark

Partition = tuple[int, date]  # institution id, first day of the month


def pages_changed() -> None:
    """What pages show is about to change with this transaction."""
    if not DataState.objects.update(version=F("version") + 1):
        DataState.objects.create(version=1)


def mark_cases(partitions: Iterable[Partition]) -> None:
    """The cases of these institution-months changed."""
    _mark(StaleMark.Source.CASES, partitions)


def mark_values(partitions: Iterable[Partition], source: StaleMark.Source = StaleMark.Source.VALUES) -> None:
    """Facts other than cells changed for these institution-months: delivered rows, referrals, spending, …"""
    _mark(source, partitions)


def mark_consortium(consortium_id: int) -> None:
    """Who belongs to the consortium changed."""
    StaleMark.objects.create(source=StaleMark.Source.VALUES, consortium_id=consortium_id)


def mark_institutions(institutions: Iterable[int]) -> None:
    """The institutions are measured or rated differently: all their months."""
    chosen = list(institutions)
    cases = InpatientCase.objects.filter(is_current=True, institution__in=chosen)
    mark_cases(cases.order_by().values_list("institution", "month").distinct())
    StaleMark.objects.bulk_create(
        [StaleMark(source=StaleMark.Source.VALUES, institution_id=institution) for institution in chosen]
    )


def mark_lights() -> None:
    """Limits changed: only the ratings are stale."""
    StaleMark.objects.create(source=StaleMark.Source.LIGHTS)


def _mark(source: StaleMark.Source, partitions: Iterable[Partition]) -> None:
    StaleMark.objects.bulk_create(
        [
            StaleMark(source=source, institution_id=institution, month=month)
            for institution, month in sorted(set(partitions))
        ]
    )
