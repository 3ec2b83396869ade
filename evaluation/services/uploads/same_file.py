"""The same file again: recognised by its bytes, and said."""

import hashlib
import hmac
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.models import Upload
from evaluation.services.uploads.effect import changes_nothing

PIECE = 1_000_000  # bytes


def content_hash(file: BinaryIO) -> str:
    """Keyed, so that nobody can try out what a small sheet said."""
    digest = hmac.new(settings.PATIENT_KEY, digestmod=hashlib.sha256)
    while piece := file.read(PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def same_file_of(upload: Upload) -> Upload | None:
    """The latest other upload of the same file for the same dataset and institution that is submitted."""
    if not upload.content_hash or upload.status == Upload.Status.SUBMITTED:
        return None
    seen = Upload.objects.visible_to(upload.by) if upload.by else Upload.objects.all()
    same = seen.filter(
        content_hash=upload.content_hash, dataset=upload.dataset, institution=upload.institution_id,
        status=Upload.Status.SUBMITTED,
    )  # fmt: skip
    return same.exclude(pk=upload.pk).select_related("by").order_by("-submitted_at").first()


def said_again(upload: Upload) -> str:
    """That the file, or all it says, is there already; empty for something new."""
    sentences = []
    if same := same_file_of(upload):
        by = same.by.shown_name if same.by else _("the administrator, on the server")
        sentences.append(
            _("This file was submitted on %(day)s by %(by)s.") % {"day": shown.instant(same.submitted_at), "by": by}
        )
    if upload.status == Upload.Status.CHECKED and changes_nothing(upload):
        sentences.append(_("All its rows are stored already: nothing would change."))
    return " ".join(sentences)
