from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from evaluation.access.roles import Permission
from evaluation.access.rules import require
from evaluation.models import Consortium, Institution, Joining, Level, Membership
from evaluation.pages.institution import InstitutionPage
from evaluation.views.downloads import download
from evaluation.views.scope import current_consortium, find_institution, visible_consortia


def institution_list(request: HttpRequest) -> HttpResponse:
    """All institutions the person may see, with search by name, code or region."""
    require(request.user, Permission.SEE_VALUES)
    consortium = current_consortium(request)
    wanted, level = request.GET.get("q", "").strip(), request.GET.get("level", "")
    memberships = (
        Membership.objects.visible_to(request.user).filter(consortium=consortium).select_related("institution")
    )
    if wanted:
        memberships = memberships.filter(
            Q(institution__name__icontains=wanted)
            | Q(institution__code__icontains=wanted)
            | Q(institution__region_code__startswith=wanted)
        )
    if level in Level.values:
        memberships = memberships.filter(institution__level=level)
    order = {value: place for place, value in enumerate(Level.values)}
    found = sorted(memberships, key=lambda each: (order[each.institution.level], each.institution.code, each.joined_on))
    today = timezone.localdate()
    belonging = set(Institution.objects.belonging_to(request.user).values_list("pk", flat=True))
    for each in found:  # master data of today are not shown of those that left
        each.shows_master_data = each.institution_id in belonging
    context = {
        "memberships": found, "wanted": wanted, "level": level, "levels": Level.choices, "today": today,
        "waiting": Joining.objects.visible_to(request.user).waiting().filter(consortium=consortium).count(),
        "total": Institution.objects.visible_to(request.user).count(),
    }  # fmt: skip
    return render(request, "evaluation/institution_list.html", context)


def _consortium_of(request: HttpRequest, institution: Institution) -> Consortium:
    """The current consortium if the institution is or was a member of it, else one of which it is."""
    current = current_consortium(request)
    own = set(institution.memberships.values_list("consortium", flat=True))
    for consortium in (current, *visible_consortia(request)):
        if consortium is not None and consortium.pk in own:
            return consortium
    raise Http404


def institution_show(request: HttpRequest, code: str) -> HttpResponse:
    require(request.user, Permission.SEE_VALUES)
    institution = find_institution(request, code)
    consortium = _consortium_of(request, institution)
    page = InstitutionPage.build(request.user, consortium, institution, request.GET)
    if "download" in request.GET:
        return download(request, page.tables)
    return render(request, "evaluation/institution.html", {"page": page})
