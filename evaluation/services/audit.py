"""The audit trail: appended to, never changed, each event carrying the hash of the one before."""

import hashlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from evaluation.models import AuditEvent, User

CHAIN_LOCK = 71_003
FIRST = "0" * 64
address: ContextVar[str] = ContextVar("address", default="")  # of the request being served


@transaction.atomic
def record(action: str, *, by: User | None, thing: object = "", by_name: str = "", **details: object) -> AuditEvent:
    """Append an event; `details` say what changed, before and after, never a patient's identity."""
    with connection.cursor() as cursor:  # one after the other, so that each knows the one before
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    previous = AuditEvent.objects.order_by("-pk").values_list("hash", flat=True).first() or FIRST
    event = AuditEvent(
        at=timezone.now(),
        by=by,
        by_name=by.get_username() if by else by_name,
        address=address.get(),
        action=action,
        thing=str(thing)[:200],
        details=json.loads(json.dumps(details, default=str)),
        previous_hash=previous,
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    return event


def event_hash(event: AuditEvent) -> str:
    """SHA-256 over the event's content and the hash of the one before."""
    content = [
        event.previous_hash,
        _instant(event.at),
        event.by_id,
        event.by_name,
        event.address,
        event.action,
        event.thing,
        event.details,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def broken_events() -> Iterator[tuple[AuditEvent, str]]:
    """Events that were changed, or before which one is missing, with the reason."""
    expected = FIRST
    for event in AuditEvent.objects.order_by("pk").iterator(chunk_size=5000):
        if event.previous_hash != expected:
            yield event, "the event before it is missing or was changed"
        elif event_hash(event) != event.hash:
            yield event, "its content was changed"
        expected = event.hash


def _instant(at: datetime) -> str:
    return at.astimezone(timezone.get_default_timezone()).isoformat(timespec="microseconds")
