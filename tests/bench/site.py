"""The real processes: gunicorn and, where wanted, a Celery worker, in the arrangement of the demo."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.urls import Resolver404, resolve

from evaluation.access.roles import Role
from evaluation.models import ApiToken, Consortium, Institution, User
from evaluation.services import tokens
from evaluation.services.session_store import SessionStore
from tests.bench.database import ROOT

THREADS, SECONDS_TO_START, SECONDS_TO_SHOW = 4, 60, 120


class NotYetThere(Exception):
    """The address to be measured does not exist."""


def require(*paths: str) -> None:
    for path in paths:
        try:
            resolve(path)
        except Resolver404:
            raise NotYetThere(f"there is no page {path} yet.") from None


def manager() -> User:
    """A consortium manager of all consortia."""
    user, _created = User.objects.get_or_create(username="bench-manager", role=Role.CONSORTIUM_MANAGER)
    user.consortia.set(Consortium.objects.all())
    return user


def staff(institution: Institution) -> User:
    user, _created = User.objects.get_or_create(username="bench-staff", role=Role.STAFF, institution=institution)
    return user


def signed_in(user: User) -> dict[str, str]:
    """The header that a browser sends after log-in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


@contextmanager
def running(*, with_worker: bool = False) -> Iterator[int]:
    """The site of two workers on a free port, which it yields."""
    port = _free_port()
    web = ["gunicorn", "tests.bench.wsgi", "--workers", "2", "--bind", f"127.0.0.1:{port}", "--timeout", "180"]
    worker = ["celery", "--app", "config", "--quiet", "worker", "--concurrency", "1", "--loglevel", "WARNING"]
    commands = [[*web, "--no-control-socket", "--log-level", "warning"], *([worker] if with_worker else [])]
    options = {"cwd": ROOT, "stdin": subprocess.DEVNULL, "start_new_session": True}
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore", "SECOND_FACTOR": "0"}
    children = [subprocess.Popen([sys.executable, "-m", *command], env=quiet, **options) for command in commands]
    try:
        _wait_for(port, children)
        yield port
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def requests_per_second(port: int, path: str, headers: dict[str, str], count: int) -> float:
    """How many answers with status 200 the site gives to a few clients at once."""
    share = max(1, count // THREADS)

    def ask() -> None:
        for _turn in range(share):
            status, _body = answer(port, "GET", path, headers)
            if status != 200:
                raise RuntimeError(f"{path} answers {status}.")

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as clients:
        for client in [clients.submit(ask) for _thread in range(THREADS)]:
            client.result()
    return share * THREADS / (time.perf_counter() - start)


def answer(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """One request on a connection of its own: gunicorn's sync workers keep none open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def seconds_until_shown(uploads: Iterator[int], institution: Institution, month: str) -> list[float]:
    """For each checked upload, from the request to submit it until the API has the new value and the Overview too.

    The first one finds processes that have just started.
    """
    value = f"/api/v1/indicator-values/?indicator=ALOS&institution={institution.code}&period={month}"
    require("/api/v1/uploads/1/submit/", "/api/v1/indicator-values/", "/")
    person = staff(institution)
    _token, secret = tokens.issue(user=person, name="bench", scope=ApiToken.Scope.DELIVER, by=person)
    token = {"Authorization": f"Token {secret}"}
    browser = signed_in(manager())
    found = []
    with running(with_worker=True) as port:
        time.sleep(3)  # the worker has connected
        for upload in uploads:
            answer(port, "GET", "/", browser)
            before = _computed_at(port, value, token)
            start = time.perf_counter()
            status, body = answer(port, "POST", f"/api/v1/uploads/{upload}/submit/", token)
            if status >= 300:
                raise RuntimeError(f"The request to submit is answered {status}: {body.decode()[:500]}")
            while _computed_at(port, value, token) in (before, None):
                if time.perf_counter() - start > SECONDS_TO_SHOW:
                    raise RuntimeError(f"{value} does not change.")
                time.sleep(0.02)
            answer(port, "GET", "/", browser)
            found.append(time.perf_counter() - start)
    return found


def _computed_at(port: int, path: str, headers: dict[str, str]) -> str | None:
    status, body = answer(port, "GET", path, headers)
    if status != 200:
        raise RuntimeError(f"{path} answers {status}: {body.decode()[:500]}")
    found = json.loads(body)["results"]
    return found[0]["computed_at"] if found else None


def _wait_for(port: int, children: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        if any(child.poll() is not None for child in children):
            raise RuntimeError("A process of the site ended: see its message above.")
        try:
            if answer(port, "GET", "/bench/empty/", {})[0] == 200:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("The site does not answer.")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
