"""What stands around every page: menu, consortium, person."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from evaluation.access.roles import Permission
from evaluation.access.rules import may
from evaluation.models import Joining
from evaluation.pages.lateness import lateness
from evaluation.pages.seen import is_outsider
from evaluation.views.scope import framing_consortium, visible_consortia

PARAMETERS_KEPT = ("period", "against")


@dataclass(frozen=True)
class Item:
    """A menu entry; `needs` lists permissions of which one is enough; `starts` tells which pages belong to it."""

    name: str
    icon: str
    url: str
    needs: tuple[Permission, ...]
    starts: tuple[str, ...]
    is_ruled: bool = False


ITEMS = (
    Item(_("Overview"), "overview", "home", (Permission.SEE_VALUES,), ("home",)),
    Item(_("Institutions"), "institution", "institution-list", (Permission.SEE_VALUES,), ("institution",)),
    Item(_("Indicators"), "indicator", "indicator-list", (Permission.SEE_VALUES,), ("indicator", "case")),
    Item(_("Referrals"), "referral", "referral-flows", (Permission.SEE_VALUES,), ("referral",)),
    Item(_("Budgets"), "budget", "budget-execution", (Permission.SEE_VALUES,), ("budget",)),
    Item(
        _("Data"), "data", "upload-list", (Permission.SUBMIT_DATA, Permission.SUBMIT_MASTER_DATA), ("upload", "dataset"),
        is_ruled=True,
    ),
    Item(
        pgettext_lazy("menu", "Joining"), "check", "joining-list",
        (Permission.CONFIRM_MEMBERSHIP, Permission.SUBMIT_MASTER_DATA), ("joining",),
    ),
    Item(_("Audit"), "audit", "audit-list", (Permission.READ_AUDIT_TRAIL,), ("audit",), is_ruled=True),
    Item(_("Users"), "rules", "admin:index", (Permission.MANAGE_USERS,), ("admin",)),
    Item(_("Definitions"), "help", "definition-list", (Permission.SEE_VALUES,), ("definition",)),
)  # fmt: skip


def _waiting(request: HttpRequest) -> int:
    """How many consortia wait for an answer of the person."""
    if not may(request.user, Permission.CONFIRM_MEMBERSHIP):
        return 0
    return Joining.objects.visible_to(request.user).waiting().count()


def frame(request: HttpRequest) -> dict:
    """Context of every template."""
    match = request.resolver_match
    if match is None or not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    if getattr(request, "awaits_second_factor", False):
        return {}
    carried = "&".join(f"{name}={request.GET[name]}" for name in PARAMETERS_KEPT if request.GET.get(name))
    name = match.view_name or ""
    items = [
        {
            "name": item.name,
            "icon": item.icon,
            "href": reverse(item.url) + (f"?{carried}" if carried and item.needs == (Permission.SEE_VALUES,) else ""),
            "is_current": name.split("-")[0].split(":")[0] in item.starts,
            "is_ruled": item.is_ruled,
            "waiting": _waiting(request) if item.url == "joining-list" else 0,
        }
        for item in ITEMS
        if any(may(request.user, permission) for permission in item.needs)
    ]
    consortium = framing_consortium(request)
    return {
        "menu": items,
        "consortia": visible_consortia(request),
        "consortium": consortium,
        "lateness": lateness(consortium.stale_since) if consortium else "",
        "reads_published": is_outsider(request.user),
    }
