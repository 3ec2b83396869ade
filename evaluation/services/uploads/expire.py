"""What nobody decided on goes after a while: staged rows, and the problems of every sheet; the counts stay."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from evaluation.importing.findings import QUOTES
from evaluation.models import StagedChunk, Upload, UploadProblem
from evaluation.services import audit

UNDECIDED = (Upload.Status.RECEIVED, Upload.Status.CHECKED, Upload.Status.FAILED)


def expire_uploads() -> int:
    """Withdraw what was not submitted within KEEP_STAGED_DAYS and delete what is kept of sheets that old row by row.
    Returns how many were withdrawn."""
    old = Upload.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.KEEP_STAGED_DAYS))
    withdrawn = sum(_withdraw(pk) for pk in old.filter(status__in=UNDECIDED).values_list("pk", flat=True))
    kept = old.exclude(status__in=[*UNDECIDED, Upload.Status.STORING])
    StagedChunk.objects.filter(upload__in=kept).delete()
    for upload in kept.filter(pk__in=UploadProblem.objects.values("upload")):
        _forget_problems(upload)
    return withdrawn


@transaction.atomic
def _withdraw(pk: int) -> bool:
    """Whoever submits it at this moment comes first."""
    upload = Upload.objects.select_for_update(no_key=True).get(pk=pk)
    if upload.status not in UNDECIDED:
        return False
    before, upload.status = upload.status, Upload.Status.WITHDRAWN
    with translation.override(upload.language):
        upload.failure = _("Not submitted within %(days)s days: its rows were deleted. Deliver the sheet again.") % {
            "days": settings.KEEP_STAGED_DAYS
        }
    upload.save(update_fields=["status", "failure"])
    upload.chunks.all().delete()
    _forget_problems(upload)
    audit.record("upload expired", by=None, thing=upload.key, before=before, after=upload.status)
    return True


@transaction.atomic
def _forget_problems(upload: Upload) -> None:
    """How many there were of each kind remains, without what the first one quoted."""
    upload.problems.all().delete()
    for group in upload.problem_groups:
        group["values"] = {name: None if name in QUOTES else value for name, value in group["values"].items()}
    upload.save(update_fields=["problem_groups"])
