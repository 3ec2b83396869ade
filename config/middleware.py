"""Notes where a request comes from, for the audit trail."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from evaluation.services import audit


def note_address(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        token = audit.address.set(request.META.get("REMOTE_ADDR", "")[:45])
        try:
            return get_response(request)
        finally:
            audit.address.reset(token)

    return middleware
