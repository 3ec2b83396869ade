"""Signed-in browsers: what is noted of them, and how they are ended."""

import hashlib
import re

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from evaluation.models import Session, User
from evaluation.services import audit
from evaluation.services.session_store import ADDRESS, BROWSER, SEEN, STARTED

# In this order: each of them also calls itself by the names of those below.
BROWSERS = (
    ("WeChat", r"MicroMessenger/"),
    ("QQ", r"QQBrowser/"),
    ("Edge", r"Edgi?A?O?S?/"),
    ("Opera", r"OPR/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)


def connect() -> None:
    user_logged_in.connect(_begin, dispatch_uid="session begins")


def open_sessions(user: User) -> QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")


def public_name(session: Session) -> str:
    """By which a page speaks of a session: its key would open it."""
    return hashlib.sha256(session.session_key.encode()).hexdigest()[:16]


@transaction.atomic
def end(*, session: Session, by: User) -> None:
    session.delete()
    audit.record("session ended", by=by, thing=by.key)


@transaction.atomic
def end_all(*, user: User, by: User | None, except_key: str | None = None) -> int:
    """Sign the person out everywhere, except where they are now."""
    ended = Session.objects.filter(user=user).exclude(session_key=except_key or "").delete()[0]
    if ended:
        audit.record("session ended", by=by, thing=user.key, sessions=ended)
    return ended


def browser_family(user_agent: str) -> str:
    return next((name for name, pattern in BROWSERS if re.search(pattern, user_agent)), "")


def _begin(sender, request, user, **kwargs) -> None:
    now = timezone.now().isoformat()
    family = browser_family(request.META.get("HTTP_USER_AGENT", "")[:500])
    request.session.update({STARTED: now, SEEN: now, ADDRESS: audit.address.get(), BROWSER: family})
