"""Where sessions are kept (SESSION_ENGINE): Django's table, with columns that say whose a session is, and an end after 12 hours."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from evaluation.models import Session

STARTED, SEEN, ADDRESS, BROWSER = "started_at", "seen_at", "address", "browser"


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        return Session

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.started_at = _instant(data.get(STARTED))
        row.seen_at = _instant(data.get(SEEN)) or row.started_at
        row.address, row.browser = data.get(ADDRESS, ""), data.get(BROWSER, "")
        return row

    def get_expiry_date(self, **options) -> datetime:
        """After the idle time, and at the latest so long after the sign-in, however often somebody clicks."""
        idle = super().get_expiry_date(**options)
        started = _instant(self.get(STARTED))
        return min(idle, started + settings.LONGEST_SESSION) if started else idle


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
