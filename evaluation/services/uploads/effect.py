"""What submitting an upload would do, said before it does it: per institution and month what is new, replaced, taken out."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.db.models import Q

from evaluation.models import Upload
from evaluation.services.uploads import case_effect, record_effect


@dataclass(frozen=True)
class Removal:
    """What replacing a month whole takes out of it."""

    removed: int
    stored: int

    @property
    def is_most(self) -> bool:
        """More than half of what is there: somebody has to say that this is meant."""
        return 2 * self.removed > self.stored


def foresee(upload: Upload) -> Upload:
    """Note on a checked upload what it would do now."""
    if upload.status == Upload.Status.CHECKED:
        upload.effect_state = _state(upload)  # before the data: what changes meanwhile is noticed later
        upload.effect = effect_of(upload)
        upload.save(update_fields=["effect", "effect_state"])
    return upload


def renewed(upload: Upload) -> Upload:
    """The upload as what is stored now wants it: if it would do something else, it is to be checked again."""
    if upload.status not in (Upload.Status.CHECKED, Upload.Status.FAILED) or upload.rows_accepted == 0:
        return upload
    if not is_outdated(upload):
        return upload
    waiting = Upload.objects.filter(pk=upload.pk, status__in=[Upload.Status.CHECKED, Upload.Status.FAILED])
    waiting.update(status=Upload.Status.RECEIVED)
    upload.refresh_from_db()
    return upload


def is_outdated(upload: Upload) -> bool:
    """Whether the upload would do something else now than was said. Where nothing was said yet, it is noted."""
    now = _state(upload)
    if upload.effect is not None and upload.effect_state == now:
        return False
    try:
        effect = effect_of(upload)
    except ValidationError:  # a row that was accepted would be refused now: the check says which
        return True
    if upload.effect is not None and effect != upload.effect:
        return True
    upload.effect, upload.effect_state = effect, now
    upload.save(update_fields=["effect", "effect_state"])
    return False


def effect_of(upload: Upload) -> dict:
    """The lines, and how many rows are stored or repeated under another record number (V26)."""
    try:
        with transaction.atomic():
            if upload.dataset == "cases":
                return {"lines": case_effect.lines(upload), "repeated": case_effect.repeated_rows(upload)}
            return {"lines": [asdict(line) for line in record_effect.lines(upload)], "repeated": 0}
    except DataError:  # storing will say so: a check is missing
        return {"lines": [], "repeated": 0}


def removal_of(upload: Upload) -> Removal | None:
    """None unless a month is replaced whole and loses something."""
    if upload.mode != Upload.Mode.REPLACE:
        return None
    removed = sum(line["removed"] for line in upload.effect_lines)
    stored = sum(line["stored"] for line in upload.effect_lines if line["month"] == f"{upload.month:%Y-%m}")
    return Removal(removed, stored) if removed else None


def changes_nothing(upload: Upload) -> bool:
    """All rows are stored already, word for word, and nothing is taken out."""
    lines = upload.effect_lines
    return bool(lines) and all(line["identical"] == line["rows"] and not line["removed"] for line in lines)


def _state(upload: Upload) -> str:
    """Changes with every upload of the dataset that is stored or undone and may concern the same records."""
    others = Upload.objects.filter(dataset=upload.dataset)
    if upload.dataset == "cases" and upload.institution_id:
        others = others.filter(Q(institution=upload.institution_id) | Q(institution=None))
    submitted = others.filter(status=Upload.Status.SUBMITTED).count()
    undone = others.filter(status=Upload.Status.UNDONE).count()
    return f"{submitted} submitted, {undone} undone"
