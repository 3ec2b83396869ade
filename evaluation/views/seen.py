"""What a person was shown, for the audit trail: keys that were checked, never the text of the URL."""

import re

from django.http import Http404, HttpRequest

from evaluation.indicators.periods import Period
from evaluation.models import Institution
from evaluation.services.values import indicators
from evaluation.views.scope import current_consortium

DRG = re.compile("[A-Z0-9]{4}")


def keys_seen(request: HttpRequest) -> dict[str, str | int]:
    """Of a page that was built: the thing in its path (it was found), and of the filters those that name something."""
    asked = request.GET
    institution = Institution.objects.visible_to(request.user).filter(code=asked.get("institution", "")).first()
    found = {
        **request.resolver_match.kwargs,
        "consortium": _consortium(request),
        "institution": institution.code if institution else "",
        "indicator": next((each.code for each in indicators() if each.code == asked.get("indicator")), ""),
        "drg": code if DRG.fullmatch(code := asked.get("drg", "")) else "",
        "period": _period(asked.get("period", "")),
        "page": _number(asked.get("page", "")),
    }
    return {name: key for name, key in found.items() if key}


def _consortium(request: HttpRequest) -> str:
    try:
        consortium = current_consortium(request)
    except Http404:
        return ""
    return consortium.code if consortium else ""


def _period(text: str) -> str:
    try:
        return Period.parse(text).code
    except ValueError:
        return ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
