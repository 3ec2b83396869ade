"""Carries uploads on by themselves: checks what was received, stores what was confirmed.

Each upload is one attempt of its own that waits for nobody: what others are at is left to them or to the next sweep, what
fails is tried again, and what fails again and again is set aside with its reason.
"""

import logging

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from evaluation.models import Upload
from evaluation.services import audit, locks
from evaluation.services.uploads.check import check_upload, give_up
from evaluation.services.uploads.effect import foresee
from evaluation.services.uploads.faults import fault_of
from evaluation.services.uploads.submit import store

logger = logging.getLogger("yilian")

INLINE_ROWS = 10_000  # up to so many rows the request itself does the work; beyond, the worker
MOST_TRIES = 5  # of an upload, when the database or the process gives up each time
OUT_OF_TRIES = gettext_noop(
    "The program or the database gave up at this sheet %(count)s times; nothing was stored. "
    "Tell the administrator: the log says more."
)
WAITING = (Upload.Status.RECEIVED, Upload.Status.STORING)


def advance(upload: Upload) -> Upload:
    """Do what the upload waits for, unless someone else is at it. A fault is noted, not raised."""
    with locks.upload_lock(upload) as is_mine:
        if is_mine:
            with translation.override(upload.language):
                _try(upload)
    upload.refresh_from_db()
    return upload


def advance_all() -> None:
    """Everything that waits, whoever forgot it."""
    for upload in waiting_uploads():
        try:
            advance(upload)
        except Exception:  # the database is away, for this one at least
            logger.exception("Upload %s: left to the next sweep.", upload.pk)
            _recover()


def waiting_uploads() -> list[Upload]:
    return list(Upload.objects.filter(status__in=WAITING).order_by("pk"))


def _try(upload: Upload) -> None:
    tries = 0
    try:
        with locks.patience(0):
            tries = _count_try(upload)
            if tries > MOST_TRIES:
                _set_aside(upload, _(OUT_OF_TRIES) % {"count": MOST_TRIES})
            elif tries and upload.status == Upload.Status.RECEIVED:
                foresee(check_upload(upload))
            elif tries:
                store(upload)
    except locks.Busy:
        _forget_try(upload, tries)
    except Exception as error:
        _recover()
        if isinstance(error, OperationalError | InterfaceError) and tries < MOST_TRIES:
            logger.warning("Upload %s: %s, try %s of %s.", upload.pk, type(error).__name__, tries, MOST_TRIES)
        else:
            _set_aside(upload, fault_of(error, upload))


@transaction.atomic
def _count_try(upload: Upload) -> int:
    """How many tries with this one; 0 if the upload waits for nothing. Counted before the work: a try may end the process."""
    now = locks.take_upload(upload.pk)
    upload.status = now.status
    if now.status not in WAITING:
        return 0
    Upload.objects.filter(pk=upload.pk).update(tries=F("tries") + 1)
    return now.tries + 1


@transaction.atomic
def _forget_try(upload: Upload, tries: int) -> None:
    """Others were at it: that was none."""
    if tries and Upload.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=upload.pk).exists():
        Upload.objects.filter(pk=upload.pk).update(tries=F("tries") - 1)


@transaction.atomic
def _set_aside(upload: Upload, reason: str) -> None:
    """The person sees the reason and may correct, submit again or withdraw; it stands in nobody's way meanwhile."""
    if upload.status == Upload.Status.RECEIVED:
        give_up(upload, reason)
    else:
        storing = Upload.objects.filter(pk=upload.pk, status=Upload.Status.STORING)
        storing.update(status=Upload.Status.FAILED, failure=reason)
    logger.error("Upload %s is set aside after %s.", upload.pk, upload.status)
    audit.record("upload set aside", by=upload.by, thing=upload.key)


def _recover() -> None:
    """After a lost connection the next statement opens another."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
