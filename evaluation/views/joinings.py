"""Consortia that ask institutions to join, and the institutions' answers."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluation.access.roles import Permission
from evaluation.access.rules import may, require
from evaluation.models import Joining
from evaluation.services import joinings
from evaluation.tasks import recompute, ring

MOST_ANSWERED = 20


def joining_list(request: HttpRequest) -> HttpResponse:
    """What waits for consent, and the latest answers."""
    if not may(request.user, Permission.SUBMIT_MASTER_DATA):
        require(request.user, Permission.CONFIRM_MEMBERSHIP)
    seen = Joining.objects.visible_to(request.user).select_related(
        "consortium", "institution", "asked_by", "answered_by"
    )
    context = {
        "waiting": seen.waiting(),
        "answered": seen.exclude(status=Joining.Status.WAITING).order_by("-answered_at")[:MOST_ANSWERED],
        "may_answer": may(request.user, Permission.CONFIRM_MEMBERSHIP),
    }
    return render(request, "evaluation/joining_list.html", context)


@require_POST
def joining_answer(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Confirm or decline."""
    require(request.user, Permission.CONFIRM_MEMBERSHIP)
    joining = get_object_or_404(Joining.objects.visible_to(request.user), pk=pk)
    answers = {"confirm": joinings.confirm, "decline": joinings.decline}
    try:
        joining = answers[step](joining=joining, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("joining-list")
    names = {"institution": joining.institution.name, "consortium": joining.consortium.name}
    if step == "confirm":
        ring(recompute)
        messages.info(
            request,
            _("%(institution)s is now a member of %(consortium)s; the figures follow in a few seconds.") % names,
        )
    else:
        messages.info(request, _("Declined: %(institution)s does not join %(consortium)s.") % names)
    return redirect("joining-list")
