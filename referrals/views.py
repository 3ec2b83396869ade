from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from evaluation.access.roles import Permission
from evaluation.access.rules import require
from evaluation.views.asked import read_asked
from evaluation.views.downloads import download
from evaluation.views.scope import current_consortium
from referrals.pages import FlowsPage


def referral_flows(request: HttpRequest) -> HttpResponse:
    """Who sends whom, who takes and never returns."""
    require(request.user, Permission.SEE_VALUES)
    consortium = current_consortium(request)
    if consortium is None:
        return render(request, "evaluation/no_consortium.html")
    asked = read_asked(request, consortium)
    page = FlowsPage.build(asked)
    if "download" in request.GET:
        return download(request, page.tables)
    return render(request, "referrals/flows.html", {"page": page, "picker": asked.picker})
