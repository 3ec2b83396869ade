"""Works off stale marks: cells first, then values. PostgreSQL is the truth, the queue only rings.

A claim is a row lock: marks are taken with FOR UPDATE SKIP LOCKED and deleted in the transaction that does their work.
A killed worker's transaction rolls back, its marks are free again at once, and the next sweep takes them. What fails for a
reason of its own is set aside with the reason and tried again later; it keeps nothing else from being computed.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evaluation import frames
from evaluation.indicators.definition import Indicator
from evaluation.models import CaseCell, StaleMark
from evaluation.services import cells, locks, publications, staleness, values
from evaluation.services.apart import each_apart
from evaluation.services.staleness import Partition

PARTITIONS_AT_ONCE, STAYS_AT_ONCE = 400, 20_000
MANY_PARTITIONS = 200  # from so many on, and half of all, everything is rebuilt: one join instead of many look-ups
OF_CELLS = (StaleMark.Source.CASES, StaleMark.Source.STAYS)


def recompute_stale() -> int:
    """Work off all marks that no one else has claimed. Returns how many were worked off.

    What was delivered first; what that changes elsewhere, the readmissions of earlier stays, after it.
    """
    done = _recompute_most_cells()
    while claimed := _recompute_cells():
        done += claimed
    done += _recompute_values()
    while claimed := _recompute_stays():
        done += claimed
    return done + _recompute_follow_up() + _publish()


def recompute_everything() -> None:
    """Rebuild all cells and values by the set-based path."""
    with transaction.atomic():
        locks.take_all_cells()
        _rebuild_all_cells([mark for source in OF_CELLS for mark in _claim(source)])
    while _recompute_cells():
        pass
    with transaction.atomic():
        locks.take_values()
        claimed = [mark for source in StaleMark.Source if source not in OF_CELLS for mark in _claim(source)]
        _recompute_claimed_values(claimed, None)
        _set_aside(StaleMark.Source.PUBLISHED, publications.publish(), since=claimed)


@transaction.atomic
def _recompute_most_cells() -> int:
    """By the set-based path, if most are stale: after a first large load, or new benchmarks."""
    claimed = _claim(StaleMark.Source.CASES)
    partitions = len(_partitions(claimed))
    if (
        partitions < MANY_PARTITIONS
        or 2 * partitions < CaseCell.objects.values("institution", "month").distinct().count()
    ):
        return 0
    locks.take_all_cells()
    claimed += _claim(StaleMark.Source.STAYS)
    if not _rebuild_all_cells(claimed):
        return 0
    StaleMark.objects.create(source=StaleMark.Source.VALUES)
    return len(claimed)


def _rebuild_all_cells(claimed: list[StaleMark]) -> bool:
    """False if that fails: then every partition is marked, so that the one at fault is found."""
    failed = each_apart(lambda _all: cells.rebuild_cells(), ["All cells at once"])
    if failed:
        staleness.mark_all_cases()
    else:
        _release(claimed)
    return not failed


@transaction.atomic
def _recompute_cells() -> int:
    claimed = _claim(StaleMark.Source.CASES, limit=PARTITIONS_AT_ONCE)
    if not claimed:
        return 0
    partitions = _partitions(claimed)
    _lock_partitions(partitions)
    failed = each_apart(cells.rebuild_cells, sorted(partitions))
    staleness.mark_values(partitions - failed.keys())
    _release(claimed)
    staleness.set_aside(
        [
            StaleMark(source=StaleMark.Source.CASES, institution_id=institution, month=month, failure=reason)
            for (institution, month), reason in failed.items()
        ],
        since=claimed,
    )
    return len(claimed)


@transaction.atomic
def _recompute_values() -> int:
    locks.take_values()
    stale = _claim(StaleMark.Source.VALUES)
    if stale:
        _recompute_claimed_values(stale, stale)
    lights = _claim(StaleMark.Source.LIGHTS)
    if lights:
        values.rate_again()
        _release(lights)
    return len(stale) + len(lights)


@transaction.atomic
def _recompute_stays() -> int:
    claimed = _claim(StaleMark.Source.STAYS, limit=STAYS_AT_ONCE)
    if not claimed:
        return 0
    _lock_partitions(_partitions(claimed))
    changed: set[Partition] = set()
    places = {mark.stay_id: (mark.institution_id, mark.month) for mark in claimed}
    failed = each_apart(lambda stays: changed.update(cells.recount_readmissions(stays)), sorted(places))
    staleness.mark_values(changed, StaleMark.Source.FOLLOW_UP)
    _release(claimed)
    staleness.set_aside(
        [
            StaleMark(
                source=StaleMark.Source.STAYS, stay_id=stay, failure=reason,
                institution_id=places[stay][0], month=places[stay][1],
            )
            for stay, reason in failed.items()
        ],
        since=claimed,
    )  # fmt: skip
    return len(claimed)


@transaction.atomic
def _recompute_follow_up() -> int:
    locks.take_values()
    claimed = _claim(StaleMark.Source.FOLLOW_UP)
    if claimed:
        _recompute_claimed_values(claimed, claimed, [each for each in values.indicators() if each.needs_follow_up])
    return len(claimed)


@transaction.atomic
def _publish() -> int:
    """What outsiders read, after the exact values that others wait for."""
    locks.take_values()
    claimed = _claim(StaleMark.Source.PUBLISHED)
    if claimed:
        failed = publications.publish(claimed)
        _release(claimed)
        _set_aside(StaleMark.Source.PUBLISHED, failed, since=claimed)
    return len(claimed)


@transaction.atomic
def recompute_source(source: StaleMark.Source) -> int:
    """Work off the marks of facts that only some indicators rest on, like spending. Returns how many."""
    locks.take_values()
    claimed = _claim(source)
    if claimed:
        facts = [each for each in frames.sources() if each.stale == source]
        names = {each.name for each in facts}
        chosen = [indicator for indicator in values.indicators() if names & set(indicator.facts)]
        wide = [
            StaleMark(institution_id=mark.institution_id, month=month)
            for mark in claimed
            for each in facts
            for month in each.concerns(mark.month)
        ]
        _recompute_claimed_values(claimed, wide, chosen)
    return len(claimed)


def recompute_all_stale() -> int:
    """Everything that is stale, of all sources, in this process."""
    own = {each.stale for each in frames.sources()} - {StaleMark.Source.VALUES}
    return sum(recompute_source(source) for source in sorted(own)) + recompute_stale()


def _recompute_claimed_values(
    claimed: list[StaleMark], stale: Sequence[StaleMark] | None, chosen: Sequence[Indicator] | None = None
) -> None:
    """What outsiders read follows. Who failed is computed again later, with all periods and indicators."""
    failed = values.recompute_values(stale, chosen)
    if stale is not None:
        staleness.mark_published(claimed)
    _release(claimed)
    _set_aside(StaleMark.Source.VALUES, failed, since=claimed)


def _set_aside(source: StaleMark.Source, failed: values.Faults, *, since: list[StaleMark]) -> None:
    staleness.set_aside(
        [
            StaleMark(source=source, institution_id=place.institution, consortium_id=place.consortium, failure=reason)
            for place, reason in failed.items()
        ],
        since=since,
    )


def _claim(source: StaleMark.Source, *, limit: int | None = None) -> list[StaleMark]:
    """The marks that nobody else has, those set aside once their time has come."""
    is_due = Q(retry_at__isnull=True) | Q(retry_at__lte=timezone.now())
    marks = StaleMark.objects.select_for_update(skip_locked=True).filter(is_due, source=source).order_by("pk")
    return list(marks[:limit] if limit else marks)


def _release(marks: list[StaleMark]) -> None:
    StaleMark.objects.filter(pk__in=[mark.pk for mark in marks]).delete()


def _partitions(marks: Iterable[StaleMark]) -> set[Partition]:
    return {(mark.institution_id, mark.month) for mark in marks}


def _lock_partitions(partitions: set[Partition]) -> None:
    locks.take_partitions(institution * 100_000 + month.year * 12 + month.month for institution, month in partitions)
