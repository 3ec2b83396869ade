"""Find, within what the person may see."""

from django.db.models import Exists, OuterRef, Subquery
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.access.roles import Scope
from evaluation.models import Consortium, DataState, Institution, Membership, StaleMark

KEPT = "consortium"


def visible_consortia(request: HttpRequest) -> list[Consortium]:
    """The consortia of the signed-in person, those that the institution has left last, the largest first; read once per
    request."""
    if not hasattr(request, "visible_consortia"):
        # Without a query more: for evaluation/views/page_cache.py, and evaluation/pages/lateness.py.
        version = Subquery(DataState.objects.values("version")[:1])
        stale_since = Subquery(StaleMark.objects.order_by("marked_at").values("marked_at")[:1])
        seen = Consortium.objects.visible_to(request.user).annotate(data_version=version, stale_since=stale_since)
        if request.user.scope is Scope.INSTITUTION:
            today = timezone.localdate()
            own = Membership.objects.filter(consortium=OuterRef("pk"), institution=request.user.institution_id)
            seen = seen.annotate(is_past=~Exists(own.during(today, today)))
            request.visible_consortia = list(seen.largest_first().order_by("is_past", "-size", "code"))
        else:
            request.visible_consortia = list(seen.largest_first())
    return request.visible_consortia


def current_consortium(request: HttpRequest) -> Consortium | None:
    """The one in the URL, else the one looked at last, else the largest. A foreign one is 404."""
    wanted = request.GET.get("consortium")
    if wanted and all(wanted != consortium.code for consortium in visible_consortia(request)):
        raise Http404(_("There is no such consortium."))
    return framing_consortium(request)


def framing_consortium(request: HttpRequest) -> Consortium | None:
    """The same for what stands around a page, also around one that says that there is no such consortium."""
    seen = {consortium.code: consortium for consortium in visible_consortia(request)}
    wanted = request.GET.get("consortium")
    if wanted in seen:
        if request.session.get(KEPT) != wanted:
            request.session[KEPT] = wanted
        return seen[wanted]
    kept = request.session.get(KEPT)
    return seen.get(kept) or next(iter(seen.values()), None)


def find_institution(request: HttpRequest, code: str) -> Institution:
    return get_object_or_404(Institution.objects.visible_to(request.user), code=code)
