"""Find, within what the person may see."""

from django.db.models import Count, Subquery
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from evaluation.models import Consortium, DataState, Institution

KEPT = "consortium"


def visible_consortia(request: HttpRequest) -> list[Consortium]:
    """The consortia of the signed-in person, the largest first; read once per request."""
    if not hasattr(request, "visible_consortia"):
        version = Subquery(
            DataState.objects.values("version")[:1]
        )  # for evaluation/views/page_cache.py, without a query more
        seen = Consortium.objects.visible_to(request.user).annotate(size=Count("memberships"), data_version=version)
        seen = seen.order_by("-size", "code")
        request.visible_consortia = list(seen)
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
