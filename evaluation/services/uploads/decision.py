"""What a person has to decide with open eyes before an upload is submitted."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation import shown
from evaluation.models import Upload
from evaluation.services.uploads.effect import is_outdated, removal_of


def require_decision(upload: Upload, accepted: Collection[str], removal_confirmed: bool) -> None:
    """Refuse, naming what is missing: warnings that were not accepted, a removal of most cases that was not confirmed."""
    if is_outdated(upload):
        raise ValidationError(
            _(
                "Since this sheet was checked, other data were stored or undone and it would do something else now. "
                "Look at it again, then submit it."
            )
        )
    if missing := [rule for rule in upload.warnings_to_accept if rule not in accepted]:
        raise ValidationError({"accept_warnings": [warning_to_accept(upload, rule) for rule in missing]})
    removal = removal_of(upload)
    if removal and removal.is_most and not removal_confirmed:
        raise ValidationError(
            {"confirm_removal": [f"{sentence_of_removal(upload)} {_('Confirm it if this is meant.')}"]}
        )


def warning_to_accept(upload: Upload, rule: str) -> str:
    """What has to be accepted before the sheet is submitted, as a sentence."""
    count = upload.warnings_to_accept[rule]
    return ngettext(
        "%(count)s row has a warning of rule %(rule)s: look at it, then correct or accept it.",
        "%(count)s rows have a warning of rule %(rule)s: look at them, then correct or accept them.",
        count,
    ) % {"count": shown.number(count), "rule": rule}


def sentence_of_removal(upload: Upload) -> str:
    """How much of the replaced month goes; empty if nothing does."""
    removal = removal_of(upload)
    if removal is None:
        return ""
    words = {
        "count": shown.number(removal.removed), "stored": shown.number(removal.stored), "month": shown.month_name(upload.month)
    }  # fmt: skip
    if upload.dataset == "cases":
        return (
            ngettext(
                "%(count)s of the %(stored)s cases of %(month)s will be taken out.",
                "%(count)s of the %(stored)s cases of %(month)s will be taken out.",
                removal.removed,
            )
            % words
        )
    return (
        ngettext(
            "%(count)s of the %(stored)s records of %(month)s will be taken out.",
            "%(count)s of the %(stored)s records of %(month)s will be taken out.",
            removal.removed,
        )
        % words
    )
