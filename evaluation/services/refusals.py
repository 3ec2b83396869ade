"""What was refused, noted in the audit trail: at most once a minute, so that asking without end does not fill the disk."""

from datetime import timedelta

from evaluation.models import User
from evaluation.services import audit
from evaluation.services.attempts import count_attempt

ONE_MINUTE = timedelta(minutes=1)


def note_refusal(*, by: User, view: str) -> None:
    """A signed-in person asked for what the rights do not allow; `view` is the name of the address."""
    if count_attempt(key=f"refused {by.pk} {view}", limit=1, window=ONE_MINUTE):
        audit.record("access refused", by=by, thing=view)


def note_bad_token() -> None:
    """A program came with a token that opens nothing; of it nothing is kept."""
    if count_attempt(key=f"bad token {audit.address.get()}", limit=1, window=ONE_MINUTE):
        audit.record("token refused", by=None)
