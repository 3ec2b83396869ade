from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from evaluation.access.roles import Permission
from evaluation.access.rules import may, require
from evaluation.pages.overview import OverviewPage
from evaluation.views.downloads import download
from evaluation.views.page_cache import built_once
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
    if "download" in request.GET:
        return download(request, OverviewPage.build(request.user, consortium, request.GET).tables)

    def build() -> str:
        page = OverviewPage.build(request.user, consortium, request.GET)
        return render_to_string("evaluation/_overview.html", {"page": page}, request)

    return render(request, "evaluation/overview.html", {"html": built_once("overview", request, consortium, build)})
