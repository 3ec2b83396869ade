"""The web process and the proxy of the container set-up, for real: slow senders, sheets that are too large, headers."""

import http.client
import json
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from config.embedded.services import free_port
from tests.browser.processes import NO_REDIS, ROOT, variables, wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(not (NGINX and shutil.which("openssl")), reason="nginx (nginx-light) is not installed")


@contextmanager
def running(command: list[str], log: Path, **options: object) -> Iterator[subprocess.Popen]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


@pytest.fixture(scope="module")
def web(tmp_path_factory) -> Iterator[int]:
    """gunicorn as the image starts it, at a port of its own."""
    port, folder = free_port(None), tmp_path_factory.mktemp("web")
    command = json.loads((ROOT / "Dockerfile").read_text().splitlines()[-1].removeprefix("CMD "))
    command = [f"127.0.0.1:{port}" if each == "0.0.0.0:8000" else each for each in command]
    with running([sys.executable, "-m", *command], folder / "log", cwd=ROOT, env=variables("postgres", NO_REDIS)):
        wait_for(lambda: answers(port), "gunicorn to listen")
        yield port


@pytest.fixture
def proxy(web, tmp_path) -> Iterator[int]:
    """nginx with the file of the repository; only its places are those of this test."""
    port = free_port(None)
    subprocess.run(
        shlex.split(
            f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -days 2 -keyout {tmp_path}/privkey.pem"
            f" -out {tmp_path}/fullchain.pem"
        ),
        check=True, capture_output=True,
    )  # fmt: skip
    text = (ROOT / "config" / "nginx.conf").read_text()
    for old, new in (
        ("web:8000", f"127.0.0.1:{web}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80 ", f"listen 127.0.0.1:{free_port(None)} "),
        ("/etc/nginx/tls", str(tmp_path)),
        ("/var/cache/nginx", str(tmp_path)),
        ("/tmp/nginx.pid", f"{tmp_path}/pid"),
        ("/dev/stdout", f"{tmp_path}/access.log"),
        ("/dev/stderr", f"{tmp_path}/error.log"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "nginx.conf").write_text("user root;\n" + text)
    with running([str(NGINX), "-c", f"{tmp_path}/nginx.conf", "-g", "daemon off;"], tmp_path / "log"):
        wait_for(lambda: answers(port), "nginx to listen")
        yield port


def through(port: int) -> http.client.HTTPSConnection:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=trusting)


def asked(connection: http.client.HTTPConnection, method: str, path: str, **options: object) -> tuple[int, str, bytes]:
    connection.request(method, path, **options)
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def test_slow_senders_do_not_stop_the_site(web):
    slow = [socket.create_connection(("127.0.0.1", web)) for _ in range(4)]
    try:
        for each in slow:
            each.sendall(
                b"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin="
            )

        codes = [
            asked(http.client.HTTPConnection("127.0.0.1", web, timeout=60), "GET", "/healthz")[0] for _ in range(8)
        ]
    finally:
        for each in slow:
            each.close()

    assert codes == [200] * 8


@needs_nginx
def test_the_proxy_hands_requests_on(proxy):
    assert asked(through(proxy), "GET", "/healthz") == (200, "text/plain", b"ok")


@needs_nginx
def test_a_sheet_of_101_mb_reaches_the_site_through_the_proxy(proxy):
    """Without an account the answer is about the account; for one with an account see tests/pages/test_refusals.py."""
    body = b"a" * (101 << 20)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    assert asked(through(proxy), "POST", "/api/v1/uploads/", body=body, headers=headers)[0] == 401


@needs_nginx
@pytest.mark.parametrize(
    ("path", "kind"), [("/api/v1/uploads/", "application/problem+json"), ("/uploads/new/", "text/html; charset=utf-8")]
)
def test_what_the_proxy_does_not_take_it_refuses_in_words(proxy, path, kind):
    connection = through(proxy)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(121 << 20))
    connection.endheaders()

    answer = connection.getresponse()

    assert (answer.status, answer.headers["Content-Type"]) == (413, kind)
    assert b"larger than 100 MB" in answer.read()
    connection.close()


@needs_nginx
def test_the_proxy_writes_no_query_to_its_log(proxy, tmp_path):
    asked(through(proxy), "GET", "/healthz?institution=H33010000001")

    line = wait_for(lambda: (tmp_path / "access.log").read_text(), "the line in the log")

    assert re.search(r"GET /healthz 200", line)
    assert "H33010000001" not in line
