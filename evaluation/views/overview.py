from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from evaluation.access.roles import Permission
from evaluation.access.rules import may, require
from evaluation.pages.overview import OverviewPage
from evaluation.views.downloads import download
from evaluation.views.scope import current_consortium


def home(request: HttpRequest) -> HttpResponse:
    """The Overview; people without figures go where their work is."""
    if may(request.user, Permission.READ_AUDIT_TRAIL):
        return redirect("audit-list")
    if may(request.user, Permission.MANAGE_USERS):
        return redirect("admin:index")
    require(request.user, Permission.SEE_VALUES)
    consortium = current_consortium(request)
    if consortium is None:
        return render(request, "evaluation/no_consortium.html")
    page = OverviewPage.build(request.user, consortium, request.GET)
    if "download" in request.GET:
        return download(request, page.tables)
    return render(request, "evaluation/overview.html", {"page": page})
