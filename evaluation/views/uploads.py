"""Deliver a sheet, read what is wrong with it, submit or withdraw it, undo it."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluation.access.roles import Permission
from evaluation.access.rules import may, require
from evaluation.datasets import Dataset, Owner, dataset_by_name
from evaluation.forms.uploads import TOO_LARGE, UploadForm, datasets_for
from evaluation.importing.problems import SheetRefused
from evaluation.models import Upload
from evaluation.pages.tables import Table
from evaluation.pages.upload import UploadPage
from evaluation.services import uploads
from evaluation.tasks import carry_on
from evaluation.views.downloads import TYPES, download, table_response
from evaluation.views.scope import current_consortium


def upload_list(request: HttpRequest) -> HttpResponse:
    """The form and the uploads so far."""
    _require_delivery(request)
    return _show_list(request, UploadForm(user=request.user, initial={"dataset": request.GET.get("dataset", "")}))


@require_POST
def upload_create(request: HttpRequest) -> HttpResponse:
    _require_delivery(request)
    form = UploadForm(request.POST, request.FILES, user=request.user)
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        form.fields["file"].error_messages["required"] = TOO_LARGE  # nothing of it was kept
        return _show_list(request, form, status=413)
    if not form.is_valid():
        return _show_list(request, form, status=413 if form.has_error("file", "too_large") else 422)
    data = form.cleaned_data
    dataset = dataset_by_name(data["dataset"])
    try:
        upload = uploads.receive(
            dataset=dataset.code, file=data["file"], filename=data["file"].name, by=request.user,
            institution=(data["institution"] or request.user.institution) if dataset.of_institution else None,
            consortium=current_consortium(request) if dataset.owner is Owner.CONSORTIUM else None,
            month=data["month"] if dataset.has_month else None, mode=data["mode"] or Upload.Mode.MERGE,
        )  # fmt: skip
    except SheetRefused as refused:
        return _show_list(request, form, refused=refused.problems, filename=data["file"].name, status=422)
    except ValidationError as error:
        form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(None, error.messages)
        return _show_list(request, form, status=422)
    carry_on(upload)
    return redirect("upload-show", upload.pk)


def upload_show(request: HttpRequest, pk: int) -> HttpResponse:
    """One upload; asked by htmx only the part that changes while it is on its way."""
    _require_delivery(request)
    page = UploadPage.build(carry_on(uploads.renewed(_find(request, pk))), request.GET)
    if "download" in request.GET:
        return download(request, {"problems": page.table})
    template = "evaluation/_upload_state.html" if request.htmx else "evaluation/upload.html"
    return render(request, template, {"page": page, "may_undo": may(request.user, Permission.UNDO_UPLOADS)})


@require_POST
def upload_move(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Submit, withdraw or undo."""
    _require_delivery(request)
    upload = _find(request, pk)
    moves = {"submit": partial(uploads.submit, **_decided(request)), "withdraw": uploads.withdraw, "undo": uploads.undo}
    try:
        upload = moves[step](upload=upload, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("upload-show", pk)
    carry_on(upload)
    if step == "withdraw":
        messages.info(request, _("The sheet was withdrawn; nothing of it was stored."))
    return redirect("upload-show", pk)


def _decided(request: HttpRequest) -> dict:
    return {
        "accepted": request.POST.getlist("accept_warnings"),
        "removal_confirmed": request.POST.get("confirm_removal") == "yes",
    }


def dataset_template(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """An empty sheet: the headings and one example row."""
    _require_delivery(request)
    if kind not in TYPES:
        raise Http404
    dataset = _dataset(code)
    columns = dataset.layout.columns
    headings = [f"{column.name}" for column in columns]
    if request.LANGUAGE_CODE.startswith("zh"):
        headings = [column.heading for column in columns]
    table = Table(code, str(dataset.name), headings, [[column.example for column in columns]])
    return table_response(table, kind, taken_by="")


def dataset_show(request: HttpRequest, code: str) -> HttpResponse:
    """Columns and rules of a dataset."""
    _require_delivery(request)
    return render(request, "evaluation/dataset.html", {"dataset": _dataset(code)})


def _show_list(request: HttpRequest, form: UploadForm, status: int = 200, **more) -> HttpResponse:
    seen = Upload.objects.visible_to(request.user).select_related("institution", "by")
    page = Paginator(seen, 25).get_page(request.GET.get("page"))
    context = {"form": form, "uploads": page, "datasets": datasets_for(request.user), **more}
    return render(request, "evaluation/upload_list.html", context, status=status)


def _find(request: HttpRequest, pk: int) -> Upload:
    seen = Upload.objects.visible_to(request.user).select_related("institution", "consortium", "by")
    return get_object_or_404(seen, pk=pk)


def _dataset(code: str) -> Dataset:
    try:
        return dataset_by_name(code)
    except KeyError:
        raise Http404 from None


def _require_delivery(request: HttpRequest) -> None:
    if not may(request.user, Permission.SUBMIT_MASTER_DATA):
        require(request.user, Permission.SUBMIT_DATA)
