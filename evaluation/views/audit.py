from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from evaluation.access.roles import Permission
from evaluation.access.rules import require
from evaluation.models import AuditEvent

# What events record, in English whoever acts; the page translates it.
ACTIONS = (
    _("signed in"), _("signed out"), _("sign-in failed"), _("user added"), _("user changed"), _("password reset"),
    _("password changed"), _("mail address changed"), _("second factor set up"), _("second factor removed"),
    _("recovery codes renewed"), _("session ended"), _("token issued"), _("token revoked"),
    _("threshold changed"),
    _("upload received"), _("upload submitted"), _("upload withdrawn"), _("upload stored"), _("upload undone"),
    _("membership confirmed"), _("membership declined"),
    _("upload expired"), _("upload set aside"),
    _("cases seen"), _("referrals seen"), _("export"), _("access refused"), _("token refused"),
)  # fmt: skip


def audit_list(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first."""
    require(request.user, Permission.READ_AUDIT_TRAIL)
    wanted = request.GET.get("q", "").strip()
    events = AuditEvent.objects.all()
    if wanted:
        events = (
            events.filter(by_name__icontains=wanted)
            | events.filter(action__icontains=wanted)
            | events.filter(action__in=[action for action in ACTIONS if wanted in gettext(action)])
            | events.filter(thing__icontains=wanted)
        )
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    return render(request, "evaluation/audit_list.html", {"events": page, "wanted": wanted})
