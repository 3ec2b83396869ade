"""Carries uploads on by themselves: checks what was received, stores what was confirmed."""

from django.utils import translation

from evaluation.models import Upload
from evaluation.services.uploads.check import check_upload
from evaluation.services.uploads.effect import foresee
from evaluation.services.uploads.submit import store

INLINE_ROWS = 10_000  # up to so many rows the request itself does the work; beyond, the worker


def advance(upload: Upload) -> Upload:
    """Do what the upload waits for, if anything."""
    with translation.override(upload.language):
        if upload.status == Upload.Status.RECEIVED:
            return foresee(check_upload(upload))
        if upload.status == Upload.Status.STORING:
            return store(upload)
    return upload


def waiting_uploads() -> list[Upload]:
    return list(Upload.objects.filter(status__in=[Upload.Status.RECEIVED, Upload.Status.STORING]).order_by("pk"))
