"""Part 4: the page that most people open, beside views that do nothing, on the same server."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.bench import site
from tests.bench.database import Database, say
from tests.bench.results import TIMES, Result

MOST_QUERIES, LEAST_OF_EMPTY = 9, 0.2
REQUESTS, EMPTY_REQUESTS = 400, 2000


def measure(database: Database) -> Iterator[Result]:
    full = database.full()
    size = f"{full.rows:,} cases, 20 institutions, 36 months"
    queries = f"Queries of the Overview with {size}, signed in"
    rate = "Overview, requests per second through gunicorn (2 sync workers), beside an empty view"
    try:
        site.require("/")
        home = reverse("home")
    except site.NotYetThere as reason:
        yield Result(queries, "not measured", target=f"≤ {MOST_QUERIES}", note=str(reason))
        yield Result(f"{rate}, both signed in", "not measured", target=f"≥ {LEAST_OF_EMPTY} ×", note=str(reason))
        yield Result(f"{rate} without session", "not measured", target=f"≥ {LEAST_OF_EMPTY} ×", note=str(reason))
        return

    count = _queries(home)
    yield Result(queries, str(count), target=f"≤ {MOST_QUERIES}", is_met=count <= MOST_QUERIES)

    say("Asking for the Overview …")
    cookie = site.signed_in(site.manager())
    ours: list[float] = []
    signed_in: list[float] = []
    bare: list[float] = []
    with site.running() as port:
        site.requests_per_second(port, home, cookie, 20)
        for _turn in range(TIMES):
            ours.append(site.requests_per_second(port, home, cookie, database.size(REQUESTS)))
            signed_in.append(site.requests_per_second(port, "/bench/signed-in/", cookie, database.size(EMPTY_REQUESTS)))
            bare.append(site.requests_per_second(port, "/bench/empty/", {}, database.size(EMPTY_REQUESTS)))
    for words, peer in ((f"{rate}, both signed in", signed_in), (f"{rate} without session", bare)):
        ratio = median(mine / theirs for mine, theirs in zip(ours, peer, strict=True))
        yield Result(
            words, f"{median(ours):,.0f}/s", f"{median(peer):,.0f}/s", f"{ratio:.2f} ×", f"≥ {LEAST_OF_EMPTY} ×",
            ratio >= LEAST_OF_EMPTY,
        )  # fmt: skip


def _queries(path: str) -> int:
    """Of a second visit: the first one fills what the process keeps."""
    import tests.bench.wsgi  # noqa: F401  (the same arrangement as on the server)

    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(site.manager())
    browser.get(path)
    with CaptureQueriesContext(connection) as found:
        answer = browser.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}.")
    return len(found)
