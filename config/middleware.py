"""What happens around every request: answers are private, where it comes from is noted for limits and audit trail, what is
refused too, and a click keeps people signed in."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.addresses import client_address
from evaluation.services import audit, refusals

Handler = Callable[[HttpRequest], HttpResponse]
SEEN = "seen_at"
ONE_MINUTE = timedelta(minutes=1)


def keep_private(get_response: Handler) -> Handler:
    """Nothing is kept by browsers and proxies unless its view says otherwise: pages show people, cases and accounts, and
    hospitals share computers. (Static files are served before this.)"""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store, private"
        return response

    return middleware


def note_address(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        token = audit.address.set(client_address(request))
        try:
            return get_response(request)
        finally:
            audit.address.reset(token)

    return middleware


def note_refusals(get_response: Handler) -> Handler:
    """After the answer is made, so that nothing of the request can undo the event or wait for it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 403 and request.user.is_authenticated and request.resolver_match:
            refusals.note_refusal(by=request.user, view=request.resolver_match.view_name)
        elif response.status_code == 401 and request.headers.get("Authorization"):
            refusals.note_bad_token()
        return response

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
