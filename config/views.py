"""Pages of the installation itself: health, errors."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.refusals import API
from evaluation.api.errors import problem
from evaluation.services import staleness
from evaluation.services.heartbeat import is_alive


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Visitors may be sent: the database answers and its tables are up to date. What else is not well is named, but keeps
    nobody from the figures that are there: Redis, a worker seen within a minute, figures that fell behind."""
    needed = {"database": _database(), "migrations": _migrations()}
    states = {**needed, "redis": _redis(), "worker": _worker(), "figures": _figures()}
    return JsonResponse(states, status=200 if all(state == "ok" for state in needed.values()) else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        return "ok" if not executor.migration_plan(executor.loader.graph.leaf_nodes()) else "missing"
    except Exception:
        return "unknown"


def _redis() -> str:
    try:
        client = Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        client.ping()
    except RedisError:
        return "unreachable"
    return "ok"


def _worker() -> str:
    try:
        return "ok" if is_alive("sweep") else "not seen"
    except Exception:
        return "unknown"


def _figures() -> str:
    try:
        since = staleness.stale_since()
    except Exception:
        return "unknown"
    return f"behind since {timezone.localtime(since):%Y-%m-%dT%H:%M:%S%z}" if staleness.are_behind(since) else "ok"


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if _is_api(request):
        return problem(400, _("The request could not be understood: take out NUL characters, send text as UTF-8."))
    return render(request, "errors/400.html", status=400)


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", {"reason": str(exception or "")}, status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


@login_not_required
def too_many_requests(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/429.html", status=429)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Without anything that could fail too: no database, no session, both languages at once."""
    if _is_api(request):
        return problem(500, _("The fault was written to the log. Try again in a moment."))
    return HttpResponse(render_to_string("500.html"), status=500)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/csrf.html", status=403)
