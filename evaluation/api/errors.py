"""Errors as RFC 9457 problem details; validation errors name the field."""

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from evaluation.api.parsers import TooLarge
from evaluation.services.sign_ins import SignInsClosed


def problem(status: int, detail: str) -> JsonResponse:
    """A problem document from outside of the API's own views."""
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JsonResponse(document, status=status, content_type="application/problem+json")


def problem_details(error: Exception, context: dict) -> Response | None:
    """The answer for an exception: {type, title, status, detail, errors}."""
    response = exception_handler(_of_rest_framework(error), context)
    if response is None:
        return None
    fields = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
    detail = fields.get("detail")
    problem = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
        "detail": str(detail) if detail else "; ".join(_sentences(fields)),
    }
    if not detail:
        problem["errors"] = fields
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def _of_rest_framework(error: Exception) -> Exception:
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(
            error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
        )
    if isinstance(error, DjangoPermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, RequestDataTooBig):
        return TooLarge(
            _("The request is larger than %(most)s MB.") % {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20}
        )
    if isinstance(error, SignInsClosed):
        throttled = exceptions.Throttled(detail=str(error))
        throttled.wait = error.seconds  # becomes Retry-After; given to Throttled itself, it would add a sentence
        return throttled
    if isinstance(error, Http404):
        return exceptions.NotFound()
    return error


def _sentences(fields: dict) -> list[str]:
    return [
        f"{name}: {sentence}"
        for name, sentences in fields.items()
        for sentence in (sentences if isinstance(sentences, list) else [sentences])
    ]
