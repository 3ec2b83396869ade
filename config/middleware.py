"""What happens around every request: where it comes from is noted for limits and audit trail, and a click keeps people
signed in."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.addresses import client_address
from evaluation.services import audit

Handler = Callable[[HttpRequest], HttpResponse]
SEEN = "seen_at"
ONE_MINUTE = timedelta(minutes=1)


def note_address(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        token = audit.address.set(client_address(request))
        try:
            return get_response(request)
        finally:
            audit.address.reset(token)

    return middleware


def keep_signed_in(get_response: Handler) -> Handler:
    """The 30 minutes of SESSION_COOKIE_AGE begin anew with a click, written at most once a minute. What a page asks for by
    itself is no click."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.headers.get("HX-Request"):
            now = timezone.now()
            seen = request.session.get(SEEN)
            last = datetime.fromisoformat(seen) if seen else request.user.last_login
            if last is None or now - last > ONE_MINUTE:
                request.session[SEEN] = now.isoformat()
        return get_response(request)

    return middleware
