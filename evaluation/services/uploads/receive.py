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
from evaluation.importing.reader import open_sheet
from evaluation.models import Consortium, Institution, Upload, User
from evaluation.services import audit
from evaluation.services.uploads.ahead import one_ahead
from evaluation.services.uploads.staging import packed, stage


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

    `by` None is the command line, which may deliver for everyone. `consortium` is whose the records become, where records
    are a consortium's: an office's first one unless it names another; without one, from the command line, they are common.
    """
    wanted = dataset_by_name(dataset)
    _check_request(wanted, by, institution, month, mode)
    owner = _owner_of_records(wanted, by, consortium)
    upload = Upload.objects.create(
        dataset=dataset,
        institution=institution,
        consortium=owner,
        month=month.replace(day=1) if month else None,
        mode=mode,
        filename=_storable(filename)[:200],
        by=by,
        language=get_language() or settings.LANGUAGE_CODE,
    )
    others = [other.layout for other in Dataset.all() if other.layout.dataset != dataset]
    given = frozenset({"institution"} if institution else ())
    sheet = open_sheet(file, wanted.layout, given=given, others=others)
    ready = partial(_ready, layout=wanted.layout, key=settings.PATIENT_KEY)
    for count, first_row, rows in one_ahead(ready, sheet.chunks):
        stage(upload, first_row, rows)
        upload.rows_read += count
    upload.headings, upload.ignored = sheet.headings, list(sheet.ignored)
    upload.save()
    audit.record("upload received", by=by, thing=f"{upload.pk} {upload}", rows=upload.rows_read)
    return upload


def _ready(rows: pd.DataFrame, layout: Layout, key: bytes) -> tuple[int, int, bytes]:
    """How many rows, the number of the first, and all of them without identity, packed."""
    return len(rows), int(rows.index[0]), packed(without_identity(rows, layout, key))


def _storable(filename: str) -> str:
    """A file name from anywhere, without what text in a database cannot hold."""
    return filename.encode("utf-8", "replace").decode().replace("\0", "")


def _owner_of_records(dataset: Dataset, by: User | None, consortium: Consortium | None) -> Consortium | None:
    if not dataset.of_consortium:
        if consortium is not None:
            raise ValidationError({"consortium": _("This dataset is not of one consortium: leave the consortium out.")})
        return None
    if by is None:
        return consortium
    own = Consortium.objects.visible_to(by)
    found = own.filter(pk=consortium.pk).first() if consortium else own.first()
    if found is None:
        raise PermissionDenied(_("You deliver data for your own consortium only."))
    return found


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
