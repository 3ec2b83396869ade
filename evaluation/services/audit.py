"""The audit trail: appended to, never changed, each event carrying the hash of the one before."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from evaluation.models import AuditEvent, User
from evaluation.services import locks

FIRST = "0" * 64
address: ContextVar[str] = ContextVar("address", default="")  # of the request being served
_kept_back: ContextVar[list[AuditEvent] | None] = ContextVar("kept_back", default=None)


def record(action: str, *, by: User | None, thing: object = "", by_name: str = "", **details: object) -> AuditEvent:
    """Append an event; `details` say what changed, before and after, never a patient's identity."""
    event = AuditEvent(
        at=timezone.now(),
        by=by,
        by_name=by.get_username() if by else by_name,
        address=address.get(),
        action=action,
        thing=str(thing)[:200],
        details=json.loads(json.dumps(details, default=str)),
    )
    kept_back = _kept_back.get()
    if kept_back is None:
        _append(event)
    else:
        kept_back.append(event)
    return event


@contextmanager
def recorded_at_the_end() -> Iterator[None]:
    """For several steps in one transaction: their events are appended when all is done. The trail is locked from the first
    event to the end of the transaction, and who waits for data meanwhile would wait for whoever waits for the trail."""
    events: list[AuditEvent] = []
    token = _kept_back.set(events)
    try:
        yield
    finally:
        _kept_back.reset(token)
    for event in events:
        _append(event)


@transaction.atomic
def _append(event: AuditEvent) -> None:
    locks.take_trail()  # one after the other, so that each knows the one before
    event.previous_hash = AuditEvent.objects.order_by("-pk").values_list("hash", flat=True).first() or FIRST
    event.hash = event_hash(event)
    event.save(force_insert=True)


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
