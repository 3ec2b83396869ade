"""Doorways: ids in, one service call, no rule. Staleness and statuses are in PostgreSQL; a lost task is made up for by the
next sweep."""

import logging

from celery import shared_task
from django.db import transaction

from evaluation.models import Upload
from evaluation.services import uploads
from evaluation.services.heartbeat import beat
from evaluation.services.recompute import recompute_stale

logger = logging.getLogger("yilian")


@shared_task
def advance_upload(upload_id: int) -> None:
    uploads.advance(Upload.objects.get(pk=upload_id))
    recompute_stale()


@shared_task
def recompute() -> None:
    recompute_stale()


@shared_task
def sweep() -> None:
    """Everything that waits, whoever forgot it."""
    beat("sweep")
    uploads.advance_all()
    recompute_stale()


@shared_task
def expire_uploads() -> None:
    uploads.expire_uploads()


def carry_on(upload: Upload) -> Upload:
    """What an edge does after a step: small sheets at once, so that the person sees the answer; large ones by the worker;
    then the figures."""
    if upload.status in (Upload.Status.RECEIVED, Upload.Status.STORING):
        if upload.rows_read > uploads.INLINE_ROWS:
            ring(advance_upload, upload.pk)
            return upload
        upload = uploads.advance(upload)
    if upload.status in (Upload.Status.SUBMITTED, Upload.Status.UNDONE):
        ring(recompute)
    return upload


def ring(task, *args) -> None:
    """Start a task once the transaction is committed. A stopped broker costs a moment (a frozen one some seconds) and
    nothing else: the sweep does the work when it is back."""
    transaction.on_commit(lambda: _publish(task, args), robust=True)


def _publish(task, args) -> None:
    try:
        task.apply_async(args, retry=False)
    except task.OperationalError as error:
        logger.warning("The broker does not answer (%s); the next sweep does the work.", error)
