"""What a page says when its figures do not show all that was delivered."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from evaluation import shown
from evaluation.services import staleness

UNREMARKABLE = timedelta(minutes=2)  # computing takes a while
IN_WORK = gettext_noop(
    "Figures are being computed since %(time)s: what was delivered after that may be missing for some minutes."
)
BEHIND = gettext_noop(
    "Figures are behind since %(time)s: what was delivered after that may be missing. "
    "If this stays, tell the administrator."
)


def lateness(since: datetime | None) -> str:
    """Since when the figures are stale, as a sentence; empty when that is nothing to remark on."""
    if since is None or since > timezone.now() - UNREMARKABLE:
        return ""
    return gettext(BEHIND if staleness.are_behind(since) else IN_WORK) % {"time": shown.instant(since)}
