"""Counts attempts against a limit, in the database: processes at the same time cannot both slip past."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from evaluation.models import AttemptCount

# One statement, so that reading the count and raising it cannot be torn apart; no row comes back when the limit was
# reached before. The attempt that reaches the limit begins the window anew: it is closed for all of it.
COUNT = """
INSERT INTO evaluation_attemptcount AS kept (key, count, ends_at) VALUES (%(key)s, 1, %(end)s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN kept.ends_at <= %(now)s THEN 1 ELSE kept.count + 1 END,
    ends_at = CASE WHEN kept.ends_at <= %(now)s OR kept.count + 1 >= %(limit)s THEN %(end)s ELSE kept.ends_at END
WHERE kept.ends_at <= %(now)s OR kept.count < %(limit)s
RETURNING count
"""
# Rows that another process is just counting in or deleting are left to the next time: nobody waits, nothing deadlocks.
FORGET_ENDED = """
DELETE FROM evaluation_attemptcount WHERE key IN (
    SELECT key FROM evaluation_attemptcount WHERE ends_at <= %s ORDER BY ends_at LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


def count_attempt(*, key: str, limit: int, window: timedelta) -> bool:
    """Count one more within the limit; False, and nothing counted, when it was reached before. Refuses to be part of a
    transaction, with which the count would be rolled back."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ENDED, [now])
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "now": now, "end": now + window, "limit": limit})
        return cursor.fetchone() is not None


def give_back(*, key: str) -> None:
    """One counted attempt was none of those that the limit is about."""
    AttemptCount.objects.filter(key=key, count__gt=0).update(count=F("count") - 1)


def forget(*, key: str) -> None:
    AttemptCount.objects.filter(key=key).delete()


def closed_until(*, key: str, limit: int) -> datetime | None:
    """The end of the window in which the limit was reached; None while it was not."""
    reached = AttemptCount.objects.filter(key=key, count__gte=limit, ends_at__gt=timezone.now())
    return reached.values_list("ends_at", flat=True).first()
