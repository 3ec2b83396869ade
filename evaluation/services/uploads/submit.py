"""Submitting, withdrawing and undoing uploads. What the person confirmed is a status in PostgreSQL; storing follows."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.access import rules
from evaluation.access.roles import Permission
from evaluation.datasets import Owner, dataset_by_name
from evaluation.models import Institution, Upload, User
from evaluation.services import audit, locks, staleness
from evaluation.services.months import why_not_change
from evaluation.services.staleness import Partition
from evaluation.services.uploads import cases, versions
from evaluation.services.uploads.decision import require_decision
from evaluation.services.uploads.faults import fault_of
from evaluation.signals import upload_changed

NEXT = {
    Upload.Status.RECEIVED: {Upload.Status.WITHDRAWN},
    Upload.Status.CHECKED: {Upload.Status.STORING, Upload.Status.WITHDRAWN},
    Upload.Status.FAILED: {Upload.Status.STORING, Upload.Status.WITHDRAWN},
    Upload.Status.STORING: {Upload.Status.SUBMITTED},
    Upload.Status.SUBMITTED: {Upload.Status.UNDONE},
}


def why_not(upload: Upload, to: Upload.Status) -> str:
    """Why the upload cannot go on to the status, as a sentence; empty when it can."""
    if to not in NEXT.get(Upload.Status(upload.status), set()):
        return _("The upload is %(status)s: this step is not possible any more.") % {
            "status": upload.get_status_display()
        }
    if to == Upload.Status.STORING and upload.rows_accepted == 0:
        return _("No row can be stored: all have errors. Correct the sheet and upload it again.")
    return ""


def submit(
    *, upload: Upload, by: User | None, accepted: Collection[str] = (), removal_confirmed: bool = False
) -> Upload:
    """Confirm: the accepted rows are to be stored. They are, even if the worker or the broker is down right now.

    `accepted` names the rules whose warnings the person has looked at (TO_ACCEPT). Of the command line nothing is asked.
    """
    with _while_asked(by), transaction.atomic():
        upload, before = _advance(upload, Upload.Status.STORING, by)
        if by is not None:
            require_decision(upload, accepted, removal_confirmed)
        _record("upload submitted", upload, by, before)
    return upload


def withdraw(*, upload: Upload, by: User | None) -> Upload:
    """Discard an upload that was not submitted; nothing of it was stored."""
    with _while_asked(by), transaction.atomic():
        upload, before = _advance(upload, Upload.Status.WITHDRAWN, by)
        upload.chunks.all().delete()
        _record("upload withdrawn", upload, by, before)
    return upload


@transaction.atomic
def store(upload: Upload) -> Upload:
    """Store the accepted rows of a confirmed upload in one transaction, mark what is stale."""
    upload = locks.take_upload(upload.pk)
    if upload.status != Upload.Status.STORING:
        return upload
    try:
        with transaction.atomic():
            keeper = cases if upload.dataset == "cases" else versions
            touched = keeper.store(upload)
            _check_gate(upload, touched)
            _mark_counts(upload)
            connection.check_constraints()  # the deferred ones too, while a refusal can still be told
            upload.months = sorted({month for _institution, month in touched})
            upload.status, upload.submitted_at = Upload.Status.SUBMITTED, timezone.now()
            upload.failure = ""
            upload.save()
            upload.chunks.all().delete()
            upload_changed.send(sender=Upload, upload=upload)
            staleness.pages_changed()
    except (OperationalError, InterfaceError, locks.Busy):
        raise  # the database is away or others are at it: the next sweep tries again
    except Exception as error:
        Upload.objects.filter(pk=upload.pk).update(status=Upload.Status.FAILED, failure=fault_of(error, upload))
        upload.refresh_from_db()
    audit.record("upload stored", by=upload.by, thing=upload.key, rows=upload.rows_stored, failed=bool(upload.failure))
    return upload


def undo(*, upload: Upload, by: User | None) -> Upload:
    """Take a submitted upload back, in any order: what it superseded and is still submitted becomes current again."""
    with _while_asked(by), transaction.atomic():
        upload, before = _advance(upload, Upload.Status.UNDONE, by)
        touched = cases.take_back(upload) if upload.dataset == "cases" else versions.take_back(upload, by)
        _check_gate(upload, touched)
        _mark_counts(upload)
        upload_changed.send(sender=Upload, upload=upload)
        staleness.pages_changed()
        _record("upload undone", upload, by, before)
    return upload


def _while_asked(by: User | None) -> AbstractContextManager[None]:
    """A person is told that others are at it; the command line waits."""
    return locks.patience(locks.A_CLICK if by else None)


def _advance(upload: Upload, to: Upload.Status, by: User | None) -> tuple[Upload, str]:
    """Lock the upload, ask whether it may go on, write the new status. Returns it with the status before."""
    upload = locks.take_upload(upload.pk)
    _check_right(upload, to, by)
    if reason := why_not(upload, to):
        raise ValidationError(reason)
    before, upload.status, upload.tries = upload.status, to, 0
    upload.save(update_fields=["status", "tries"])
    return upload, before


def _record(action: str, upload: Upload, by: User | None, before: str) -> None:
    audit.record(action, by=by, thing=upload.key, before=before, after=upload.status)


def _check_right(upload: Upload, to: Upload.Status, by: User | None) -> None:
    """Who delivers may submit and withdraw; undo the institution's own people or the consortium office.

    `by` None is the command line.
    """
    if by is None:
        return
    if not Upload.objects.visible_to(by).filter(pk=upload.pk).exists():
        raise PermissionDenied(_("This upload belongs to others."))
    if dataset_by_name(upload.dataset).owner is Owner.CONSORTIUM:
        rules.require(by, Permission.SUBMIT_MASTER_DATA)
    elif to == Upload.Status.UNDONE:
        rules.require(by, Permission.UNDO_UPLOADS)
    else:
        rules.require(by, Permission.SUBMIT_DATA)


def _mark_counts(upload: Upload) -> None:
    """What was read and refused counts too (DATA_ACC), in months of which no row was stored as well."""
    staleness.mark_values(set(upload.month_counts.values_list("institution", "month")))


def _check_gate(upload: Upload, touched: set[Partition]) -> None:
    """Months that may not be changed; data of years are not months' data."""
    if not dataset_by_name(upload.dataset).has_month:
        return
    institutions = Institution.objects.in_bulk({institution for institution, _month in touched})
    reasons: dict[tuple[int, date], str] = {
        (institution, month): why_not_change(institutions[institution], month) for institution, month in sorted(touched)
    }
    if refused := [reason for reason in reasons.values() if reason]:
        raise ValidationError(refused)
