"""The one gate before every change of a month's data."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import Institution


def why_not_change(institution: Institution, month: date) -> str:
    """Why the institution's month cannot be changed, as a sentence; empty when it can."""
    if month > timezone.localdate().replace(day=1):
        return _("%(month)s has not begun yet at %(institution)s: there is nothing to deliver.") % {
            "month": f"{month:%Y-%m}",
            "institution": institution.name,
        }
    return ""
