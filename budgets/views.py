from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from budgets.pages import ExecutionPage
from evaluation.access.roles import Permission
from evaluation.access.rules import require
from evaluation.views.asked import read_asked
from evaluation.views.downloads import download
from evaluation.views.scope import current_consortium


def budget_execution(request: HttpRequest) -> HttpResponse:
    """Spent against plan and year, per member."""
    require(request.user, Permission.SEE_VALUES)
    consortium = current_consortium(request)
    if consortium is None:
        return render(request, "evaluation/no_consortium.html")
    asked = read_asked(request, consortium)
    page = ExecutionPage.build(asked)
    if "download" in request.GET:
        return download(request, page.tables)
    return render(request, "budgets/execution.html", {"page": page, "picker": asked.picker})
