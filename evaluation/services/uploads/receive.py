"""The door: a file is read in memory, unknown columns are dropped, identity is hashed, the text rows are staged."""

from datetime import date
from functools import partial
from typing import BinaryIO

import pandas as pd
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evaluation.access import rules
from evaluation.access.roles import Permission
from evaluation.datasets import Dataset, Owner, dataset_by_name
from evaluation.importing.identity import without_identity
from evaluation.importing.layouts import Layout
from evaluation.importing.reader import Deadline, open_sheet
from evaluation.models import Consortium, Institution, Upload, User
from evaluation.services import audit
from evaluation.services.uploads.ahead import one_ahead
from evaluation.services.uploads.same_file import content_hash
from evaluation.services.uploads.staging import packed, stage

ENDINGS = (".csv", ".xlsx")
LONGEST_READING = 120  # seconds; the web process and the proxy give a request 180


@transaction.atomic
def receive(
    *,
    dataset: str,
    file: BinaryIO,
    filename: str,
    by: User | None,
    institution: Institution | None = None,
    consortium: Consortium | None = None,
    month: date | None = None,
    mode: str = Upload.Mode.MERGE,
) -> Upload:
    """Read a sheet and stage its rows. SheetRefused if it cannot be read; ValidationError if the request does not fit.

    `by` None is the command line, which may deliver for everyone. `consortium` is the one whose office delivers master
    data, so that all its people see and undo them, and whose the records become where they are a consortium's; not named,
    it is the person's largest. What the file was called is not kept, but for its ending.
    """
    wanted = dataset_by_name(dataset)
    _check_request(wanted, by, institution, month, mode)
    upload = Upload.objects.create(
        dataset=dataset,
        institution=institution,
        consortium=_delivering_consortium(wanted, by, consortium),
        month=month.replace(day=1) if month else None,
        mode=mode,
        filename=_neutral_name(dataset, month, filename),
        by=by,
        language=get_language() or settings.LANGUAGE_CODE,
        content_hash=content_hash(file),
    )
    others = [other.layout for other in Dataset.all() if other.layout.dataset != dataset]
    given = frozenset({"institution"} if institution else ())
    deadline = Deadline(LONGEST_READING) if by is not None else None  # nobody waits for the command line
    sheet = open_sheet(file, wanted.layout, given=given, others=others, deadline=deadline)
    ready = partial(_ready, layout=wanted.layout, key=settings.PATIENT_KEY)
    for count, first_row, rows in one_ahead(ready, sheet.chunks):
        stage(upload, first_row, rows)
        upload.rows_read += count
    upload.headings, upload.ignored = sheet.headings, list(sheet.ignored)
    upload.save()
    audit.record("upload received", by=by, thing=upload.key, rows=upload.rows_read)
    return upload


def _ready(rows: pd.DataFrame, layout: Layout, key: bytes) -> tuple[int, int, bytes]:
    """How many rows, the number of the first, and all of them without identity, packed."""
    return len(rows), int(rows.index[0]), packed(without_identity(rows, layout, key))


def _neutral_name(dataset: str, month: date | None, filename: str) -> str:
    """A name that tells nothing of a patient, who may stand in that of the file: cases 2026-03.xlsx."""
    ending = next((ending for ending in ENDINGS if filename.lower().endswith(ending)), "")
    return " ".join([dataset, *([f"{month:%Y-%m}"] if month else [])]) + ending


def _delivering_consortium(dataset: Dataset, by: User | None, asked: Consortium | None) -> Consortium | None:
    """Of the command line only records that are a consortium's have one, and those without are common."""
    if by is None:
        if asked is not None and not dataset.of_consortium:
            raise ValidationError({"consortium": _("This dataset is not of one consortium: leave the consortium out.")})
        return asked
    if dataset.owner is not Owner.CONSORTIUM:
        return None
    own = Consortium.objects.visible_to(by).largest_first()
    if asked is not None and asked not in own:
        raise PermissionDenied(_("You deliver master data for your own consortium only."))
    return asked or own.first()


def _check_request(
    dataset: Dataset, by: User | None, institution: Institution | None, month: date | None, mode: str
) -> None:
    if by is not None:
        if dataset.owner is Owner.CONSORTIUM:
            rules.require(by, Permission.SUBMIT_MASTER_DATA)
        else:
            rules.require(by, Permission.SUBMIT_DATA)
            if institution is None or not Institution.objects.operated_by(by).filter(pk=institution.pk).exists():
                raise PermissionDenied(_("You deliver data for your own institution only."))
    if institution is not None and not dataset.of_institution:
        raise ValidationError({"institution": _("This dataset is not of one institution: leave the institution out.")})
    if month is not None and not dataset.has_month:
        raise ValidationError({"month": _("This dataset has no month: leave it out.")})
    if mode not in Upload.Mode.values:
        raise ValidationError({"mode": _("Choose whether to add to the month or to replace it.")})
    if mode == Upload.Mode.REPLACE and (not dataset.has_month or institution is None or month is None):
        raise ValidationError({"mode": _("To replace a month whole, give the institution and the month.")})
