"""Marking what has to be computed again, in the transaction that changes the data."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import F, Min, Q
from django.utils import timezone

from evaluation.models import DataState, InpatientCase, StaleMark, Upload
from evaluation.services import locks

Partition = tuple[int, date]  # institution id, first day of the month

BEHIND = timedelta(minutes=15)  # figures that show what was delivered so long ago still not
RETRY_AFTER = timedelta(minutes=10)  # what failed for a reason of its own


def pages_changed() -> None:
    """What pages show is about to change with this transaction."""
    if not DataState.objects.update(version=F("version") + 1):
        DataState.objects.create(version=1)


def mark_cases(partitions: Iterable[Partition]) -> None:
    """The cases of these institution-months changed."""
    _mark(StaleMark.Source.CASES, partitions)


# Index stays whose readmission may change with the admissions of the cases in changed_case: the patient's discharges
# before them, but for those of institution-months that are computed anew as a whole.
MARK_STAYS_SQL = """
INSERT INTO evaluation_stalemark (source, institution_id, month, stay_id)
SELECT DISTINCT %s, earlier.institution_id, earlier.month, earlier.id
FROM changed_case JOIN evaluation_inpatientcase changed USING (id)
CROSS JOIN LATERAL (
    SELECT stay.id, stay.institution_id, stay.month FROM evaluation_inpatientcase stay
    WHERE stay.patient_hash = changed.patient_hash AND stay.is_current AND stay.admitted_at <= changed.admitted_at
      AND stay.discharged_at <= changed.admitted_at
      AND stay.discharged_at > changed.admitted_at - interval '32 days'
    {fence}
) earlier
WHERE (earlier.institution_id, earlier.month) NOT IN (SELECT * FROM unnest(%s::bigint[], %s::date[]))
"""


def mark_changed_cases(partitions: Collection[Partition], *, are_few: bool) -> None:
    """The cases in the temporary table changed_case changed; `partitions` are their institution-months.

    Of few cases each is looked up by its patient (OFFSET 0 keeps the planner from reading all cases); many are joined.
    """
    mark_cases(partitions)
    institutions, months = zip(*sorted(partitions), strict=True) if partitions else ((), ())
    locks.take_stays()  # one after the other: two that cannot see each other's cases would both miss a readmission
    with connection.cursor() as cursor:
        statement = MARK_STAYS_SQL.format(fence="OFFSET 0" if are_few else "")
        cursor.execute(statement, [StaleMark.Source.STAYS, list(institutions), list(months)])


def mark_values(partitions: Iterable[Partition], source: StaleMark.Source = StaleMark.Source.VALUES) -> None:
    """Facts other than cells changed for these institution-months: delivered rows, referrals, spending, …"""
    _mark(source, partitions)


def mark_published(marks: Iterable[StaleMark]) -> None:
    """The exact values of these marks were computed: what outsiders read is to follow."""
    places = {(mark.institution_id, mark.consortium_id, mark.month) for mark in marks}
    StaleMark.objects.bulk_create(
        [
            StaleMark(
                source=StaleMark.Source.PUBLISHED, institution_id=institution, consortium_id=consortium, month=month
            )
            for institution, consortium, month in places
        ]
    )


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


def mark_all_cases() -> None:
    mark_cases(InpatientCase.objects.filter(is_current=True).order_by().values_list("institution", "month").distinct())


def set_aside(marks: Iterable[StaleMark], *, since: Iterable[StaleMark]) -> None:
    """What the marks name failed, with the reason they carry: it is stale `since` the oldest of those, and tried again
    later. A thing that was set aside before is so once."""
    retry_at, oldest = timezone.now() + RETRY_AFTER, min((mark.marked_at for mark in since), default=timezone.now())
    for mark in marks:
        before = StaleMark.objects.filter(
            retry_at__isnull=False,
            **{name: getattr(mark, name) for name in ("source", "institution_id", "consortium_id", "month", "stay_id")},
        )
        mark.marked_at = min([oldest, *before.values_list("marked_at", flat=True)])
        mark.retry_at = retry_at
        before.delete()
        mark.save()


def stale_since() -> datetime | None:
    """Since when the figures do not show all that was delivered."""
    return StaleMark.objects.aggregate(oldest=Min("marked_at"))["oldest"]


def are_behind(since: datetime | None) -> bool:
    """More than what a worker has in hand."""
    return since is not None and since < timezone.now() - BEHIND


def is_computed(upload: Upload) -> bool:
    return upload.pk in computed_uploads([upload])


def computed_uploads(uploads: Iterable[Upload]) -> set[int]:
    """The uploads of which nothing that they changed waits to be computed: in their months, or in all months at once.

    One query. A consortium that was set aside is the administrator's business and no upload's.
    """
    done = [each for each in uploads if each.status in (Upload.Status.SUBMITTED, Upload.Status.UNDONE)]
    months = {month for upload in done for month in upload.months}
    waiting = set(
        StaleMark.objects.filter(Q(month__in=months) | Q(month__isnull=True))
        .exclude(consortium__isnull=False, retry_at__isnull=False)
        .values_list("institution", "month")
        .distinct()
    )
    return {upload.pk for upload in done if not any(_concerns(upload, *place) for place in waiting)}


def _concerns(upload: Upload, institution: int | None, month: date | None) -> bool:
    is_of_place = None in (institution, upload.institution_id) or institution == upload.institution_id
    return is_of_place and (month is None or month in upload.months)


def _mark(source: StaleMark.Source, partitions: Iterable[Partition]) -> None:
    StaleMark.objects.bulk_create(
        [
            StaleMark(source=source, institution_id=institution, month=month)
            for institution, month in sorted(set(partitions))
        ]
    )
