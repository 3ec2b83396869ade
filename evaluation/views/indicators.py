from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation.access.roles import Permission
from evaluation.access.rules import require
from evaluation.indicators.definition import Indicator
from evaluation.pages.cases import CaseListPage
from evaluation.pages.definitions import definition_themes
from evaluation.pages.indicator import IndicatorPage, other_indicators
from evaluation.pages.values import NoSuchValue, indicator_by_code
from evaluation.services import audit
from evaluation.services.values import indicators
from evaluation.views.downloads import download
from evaluation.views.scope import current_consortium, find_institution
from evaluation.views.seen import keys_seen


def indicator_list(request: HttpRequest) -> HttpResponse:
    """The first indicator; from there any other."""
    require(request.user, Permission.SEE_VALUES)
    query = request.GET.urlencode()
    return redirect(reverse("indicator-show", args=[indicators()[0].code]) + (f"?{query}" if query else ""))


def indicator_show(request: HttpRequest, code: str) -> HttpResponse:
    require(request.user, Permission.SEE_VALUES)
    indicator = _find(code)
    consortium = current_consortium(request)
    if consortium is None:
        return render(request, "evaluation/no_consortium.html")
    page = IndicatorPage.build(request.user, consortium, indicator, request.GET)
    if "download" in request.GET:
        return download(request, page.tables)
    return render(request, "evaluation/indicator.html", {"page": page, "others": other_indicators(indicator)})


def case_list(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure; seeing them is written to the audit trail."""
    require(request.user, Permission.SEE_CASES)
    consortium = current_consortium(request)
    if consortium is None:
        raise Http404
    code, indicator = request.GET.get("institution"), request.GET.get("indicator")
    institution = find_institution(request, code) if code else None
    page = CaseListPage.build(
        request.user, consortium, institution, _find(indicator) if indicator else None, request.GET
    )
    if "download" in request.GET:
        response = download(request, {"cases": page.table})
    else:
        response = render(request, "evaluation/case_list.html", {"page": page})
    keys = keys_seen(request) | {"period": page.picker.period.code, "page": page.page.number}
    audit.record("cases seen", by=request.user, thing=institution.code if institution else consortium.code, **keys)
    return response


def definition_list(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.SEE_VALUES)
    return render(request, "evaluation/definition_list.html", {"themes": definition_themes()})


def _find(code: str) -> Indicator:
    try:
        return indicator_by_code(code)
    except NoSuchValue:
        raise Http404(_("There is no indicator %(code)s.") % {"code": code}) from None
