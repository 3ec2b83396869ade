"""Pages built once are shown again while nothing changed: kept in the process, under the version of the data."""

import hashlib
from collections.abc import Callable

from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from evaluation.access.roles import Permission
from evaluation.access.rules import may
from evaluation.models import Consortium


def hashed(key: str, prefix: str, version: int) -> str:
    """A query string can be longer than a cache key."""
    return hashlib.sha256(f"{prefix}:{version}:{key}".encode()).hexdigest()


def built_once(name: str, request: HttpRequest, consortium: Consortium, build: Callable[[], str]) -> SafeString:
    """The HTML of a page for everyone who sees the same: role and, where small counts are hidden, institution.

    The HTML must hold nothing of the person, no token either.
    """
    key = "|".join(
        str(part)
        for part in (
            name,
            consortium.pk,
            consortium.data_version,
            request.user.role,
            "" if may(request.user, Permission.SEE_EXACT_VALUES) else request.user.institution_id,
            request.LANGUAGE_CODE,
            timezone.localdate(),
            request.GET.urlencode(),
        )
    )
    cache = caches["pages"]
    html = cache.get(key)
    if html is None:
        html = build()
        cache.set(key, html)
    return mark_safe(html)
