"""Works off stale marks: cells first, then values. PostgreSQL is the truth, the queue only rings.

A claim is a row lock: marks are taken with FOR UPDATE SKIP LOCKED and deleted in the transaction that does their work.
A killed worker's transaction rolls back, its marks are free again at once, and the next sweep takes them.
"""

from django.db import transaction

from evaluation import frames
from evaluation.models import StaleMark
from evaluation.services import cells, locks, staleness, values
from evaluation.services.staleness import Partition

PARTITIONS_AT_ONCE, STAYS_AT_ONCE = 400, 20_000


def recompute_stale() -> int:
    """Work off all marks that no one else has claimed. Returns how many were worked off.

    What was delivered first; what that changes elsewhere, the readmissions of earlier stays, after it.
    """
    done = 0
    while claimed := _recompute_cells():
        done += claimed
    done += _recompute_values()
    while claimed := _recompute_stays():
        done += claimed
    return done + _recompute_follow_up()


def recompute_everything() -> None:
    """Rebuild all cells and values by the set-based path."""
    with transaction.atomic():
        locks.take_all_cells()
        claimed = _claim(StaleMark.Source.CASES) + _claim(StaleMark.Source.STAYS)
        cells.rebuild_cells()
        _release(claimed)
    with transaction.atomic():
        locks.take_values()
        of_cells = (StaleMark.Source.CASES, StaleMark.Source.STAYS)
        claimed = [mark for source in StaleMark.Source if source not in of_cells for mark in _claim(source)]
        values.recompute_values()
        _release(claimed)


@transaction.atomic
def _recompute_cells() -> int:
    claimed = _claim(StaleMark.Source.CASES, limit=PARTITIONS_AT_ONCE)
    if not claimed:
        return 0
    partitions: set[Partition] = {(mark.institution_id, mark.month) for mark in claimed}
    _lock_partitions(partitions)
    cells.rebuild_cells(partitions)
    staleness.mark_values(partitions)
    _release(claimed)
    return len(claimed)


@transaction.atomic
def _recompute_values() -> int:
    locks.take_values()
    stale = _claim(StaleMark.Source.VALUES)
    if stale:
        values.recompute_values(stale)
    lights = _claim(StaleMark.Source.LIGHTS)
    if lights:
        values.rate_again()
    _release(stale + lights)
    return len(stale) + len(lights)


@transaction.atomic
def _recompute_stays() -> int:
    claimed = _claim(StaleMark.Source.STAYS, limit=STAYS_AT_ONCE)
    if not claimed:
        return 0
    _lock_partitions({(mark.institution_id, mark.month) for mark in claimed})
    changed = cells.recount_readmissions({mark.stay_id for mark in claimed})
    staleness.mark_values(changed, StaleMark.Source.FOLLOW_UP)
    _release(claimed)
    return len(claimed)


@transaction.atomic
def _recompute_follow_up() -> int:
    locks.take_values()
    claimed = _claim(StaleMark.Source.FOLLOW_UP)
    if claimed:
        values.recompute_values(claimed, [each for each in values.indicators() if each.needs_follow_up])
        _release(claimed)
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
        values.recompute_values(wide, chosen)
        _release(claimed)
    return len(claimed)


def recompute_all_stale() -> int:
    """Everything that is stale, of all sources, in this process."""
    own = {each.stale for each in frames.sources()} - {StaleMark.Source.VALUES}
    return recompute_stale() + sum(recompute_source(source) for source in sorted(own))


def _claim(source: StaleMark.Source, *, limit: int | None = None) -> list[StaleMark]:
    marks = StaleMark.objects.select_for_update(skip_locked=True).filter(source=source).order_by("pk")
    return list(marks[:limit] if limit else marks)


def _release(marks: list[StaleMark]) -> None:
    StaleMark.objects.filter(pk__in=[mark.pk for mark in marks]).delete()


def _lock_partitions(partitions: set[Partition]) -> None:
    locks.take_partitions(institution * 100_000 + month.year * 12 + month.month for institution, month in partitions)
