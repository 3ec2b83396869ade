"""API tokens: issued, used, ended."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from evaluation.access.roles import Permission
from evaluation.access.rules import may
from evaluation.models import ApiToken, User
from evaluation.services import audit

DEFAULT_DAYS, MOST_DAYS = 90, 365
RANDOM_BYTES = 32
PREFIX = 6
ONE_MINUTE = timedelta(minutes=1)


@transaction.atomic
def issue(*, user: User, name: str, scope: str, days: int = DEFAULT_DAYS, by: User) -> tuple[ApiToken, str]:
    """A new token with its secret, which exists only in this answer."""
    secret = secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken.objects.create(
        user=user, name=name, scope=scope, prefix=secret[:PREFIX], digest=_digest(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    audit.record("token issued", by=by, thing=user.key, token=token.prefix, scope=scope, days=days)
    return token, secret


@transaction.atomic
def revoke(*, token: ApiToken, by: User) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("token revoked", by=by, thing=token.user.key, token=token.prefix)


@transaction.atomic
def revoke_all(*, user: User, by: User | None) -> None:
    """What ended the way in also ends what was opened through it."""
    usable = list(ApiToken.objects.usable(timezone.now()).filter(user=user).select_for_update())
    ApiToken.objects.filter(pk__in=[token.pk for token in usable]).update(revoked_at=timezone.now())
    if usable:
        prefixes = [token.prefix for token in usable]
        audit.record("token revoked", by=by, thing=user.key, tokens=prefixes)


def token_of(secret: str) -> ApiToken | None:
    """The usable token with this secret; that it was used is noted at most once a minute."""
    now = timezone.now()
    token = ApiToken.objects.usable(now).select_related("user").filter(digest=_digest(secret)).first()
    if token is not None and token.user.is_active:
        _note_use(token, now)
        return token
    return None


def default_scope(user: User) -> str:
    delivers = may(user, Permission.SUBMIT_DATA) or may(user, Permission.SUBMIT_MASTER_DATA)
    return ApiToken.Scope.DELIVER if delivers else ApiToken.Scope.READ


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at > ONE_MINUTE:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
