"""`make demo` with its real processes: what dies is started again, what is left of a killed one is recognised."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest

from config import demo_stamp, embedded, env
from config.embedded import place, services
from config.embedded.processes import Process, identify
from config.embedded.services import free_port
from tests.browser.processes import wait_for

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("web", "worker", "beat")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[Path]:
    """A YILIAN_HOME with a small demo, that `make demo` then takes for its own."""
    home = tmp_path_factory.mktemp("demo") / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name in env.VARIABLES:
            patch.delenv(name, raising=False)
        patch.setenv("YILIAN_HOME", str(home))
        manage("migrate", "--verbosity", "0")
        manage("createcachetable")
        manage("load_demo", "--institutions", "2", "--months", "3", "--cases", "300")
        yield home
        embedded.stop()
        outside = (home / "services").resolve()
        if place.OUTSIDE in outside.parents:
            shutil.rmtree(outside)


def manage(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Demo:
    home: Path
    port: int
    process: subprocess.Popen[bytes]
    console: Path

    def said(self) -> str:
        return self.console.read_text(errors="replace")

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        def asked() -> object:
            assert self.process.poll() is None, self.said()
            return condition()

        wait_for(asked, f"{what}\n{self.said()}")

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def signed_in(self) -> Callable[[str], int]:
        """Visit pages as the administrator; the status is 0 where the page asks to sign in, or nothing answers."""
        address, cookies = f"http://127.0.0.1:{self.port}", CookieJar()
        opener = build_opener(HTTPCookieProcessor(cookies))
        opener.open(f"{address}/account/login/").close()
        fields = {
            "login": "admin",
            "password": (self.home / "demo-password").read_text().strip(),
            "csrfmiddlewaretoken": next(cookie.value for cookie in cookies if cookie.name == "csrftoken"),
        }
        opener.open(f"{address}/account/login/", data=urlencode(fields).encode()).close()

        def visit(path: str) -> int:
            with suppress(OSError), opener.open(f"{address}{path}") as answer:
                return answer.status if answer.url == f"{address}{path}" else 0
            return 0

        assert visit("/account/") == 200
        return visit

    def programs(self) -> dict[str, Process]:
        records = {name: self.home / "run" / f"{name}.json" for name in PROGRAMS}
        return {name: Process(**json.loads(record.read_text())) for name, record in records.items()}

    def state(self) -> dict:
        return json.loads((self.home / "services.json").read_text())

    def postmaster(self) -> int | None:
        return services.PostgreSQL(self.state()).pid()

    def redis(self) -> int | None:
        return services.Redis(self.state()).pid()


@pytest.fixture
def start(home, tmp_path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start_demo(port: int | None = None) -> Demo:
        port, console = port or free_port(None), tmp_path / f"console-{len(started)}"
        with console.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "config.demo"], cwd=ROOT, env=os.environ | {"PORT": str(port)},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        started.append(Demo(home, port, process, console))
        return started[-1]

    yield start_demo
    for demo in started:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGINT)
        demo.process.wait()


@pytest.fixture
def demo(start) -> Demo:
    demo = start()
    demo.wait_for(lambda: "Ctrl-C ends it" in demo.said(), "the demo to run")
    demo.wait_for(lambda: demo.status("/readyz") == 200, "the worker to be seen")
    return demo


def write_note(text: str) -> None:
    with psycopg.connect(embedded.ensure().database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def notes() -> list[str]:
    with psycopg.connect(embedded.ensure().database_url) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note")]


def test_a_killed_postgresql_is_started_again_under_a_running_demo_and_nothing_confirmed_is_lost(demo):
    killed, before, programs = demo.postmaster(), demo.state(), demo.programs()
    write_note("confirmed")
    visit = demo.signed_in()

    os.kill(killed, signal.SIGKILL)

    demo.wait_for(lambda: "PostgreSQL runs again." in demo.said(), "PostgreSQL to be started again")
    demo.wait_for(lambda: visit("/account/") == 200, "a page to answer again to somebody signed in")
    demo.wait_for(lambda: demo.status("/readyz") == 200, "the worker to work again")
    assert demo.postmaster() not in {killed, None}
    assert notes() == ["confirmed"]
    assert demo.state() == before
    assert demo.programs() == programs
    assert all(process.runs() for process in programs.values())
    assert not Path(f"/proc/{killed}").exists(), "a zombie was left"


def test_a_killed_redis_is_started_again_under_a_running_demo(demo):
    killed, before = demo.redis(), demo.state()

    os.kill(killed, signal.SIGKILL)

    demo.wait_for(lambda: "Redis runs again." in demo.said(), "Redis to be started again")
    demo.wait_for(lambda: demo.status("/readyz") == 200, "the worker to be reached again")
    assert demo.redis() not in {killed, None}
    assert demo.state() == before


def test_what_a_killed_demo_left_behind_is_recognised_and_the_next_one_takes_its_place(demo, start):
    orphans, postmaster = demo.programs(), demo.postmaster()
    demo.process.kill()
    demo.process.wait()
    assert all(process.runs() for process in orphans.values())

    following = start(demo.port)
    following.wait_for(lambda: "Ctrl-C ends it" in following.said(), "the next demo to run")

    assert not any(process.runs() for process in orphans.values())
    assert following.status("/account/login/") == 200
    assert following.postmaster() == postmaster
    assert f"ending its web (process {orphans['web'].pid})" in following.said()


def test_ctrl_c_ends_everything_with_success(demo):
    programs, served = demo.programs(), [demo.postmaster(), demo.redis()]

    demo.process.send_signal(signal.SIGINT)

    assert demo.process.wait() == 0
    assert not any(process.runs() for process in programs.values())
    assert not any(identify(pid) for pid in served)
    assert list((demo.home / "run").glob("*.json")) == []


def test_a_stranger_with_the_number_of_a_program_is_left_alone(start, home):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        (home / "run").mkdir(exist_ok=True)
        record = home / "run" / "web.json"
        record.write_text(json.dumps({"pid": stranger.pid, "started": "1", "command": "gunicorn"}))

        demo = start()
        demo.wait_for(lambda: "Starting the database" in demo.said(), "the demo to begin")

        assert stranger.poll() is None
        assert "An earlier demo" not in demo.said()


def test_a_second_demo_of_the_same_folder_is_told_where_the_first_one_runs(demo, start):
    second = start()

    assert second.process.wait() == 1
    assert f"runs already on http://127.0.0.1:{demo.port}" in second.said()
    assert demo.status("/healthz") == 200


def test_the_port_of_another_program_is_still_named_as_such(start):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        demo = start(stranger.getsockname()[1])

        assert demo.process.wait() == 1
    assert "is taken by another program" in demo.said()


def test_a_demo_that_stands_prepared_is_not_prepared_again_until_something_changes(demo, start, home):
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait() == 0

    again = start()
    again.wait_for(lambda: "Ctrl-C ends it" in again.said(), "the demo to run again")
    environment = env.load()
    prepared = demo_stamp.logins_if_prepared(environment)
    with psycopg.connect(embedded.ensure().database_url) as connection:
        connection.execute("ALTER TABLE cache RENAME TO cache_gone")
    without_table = demo_stamp.logins_if_prepared(environment)
    with psycopg.connect(embedded.ensure().database_url) as connection:
        connection.execute("ALTER TABLE cache_gone RENAME TO cache")
    os.utime(home / "static" / "staticfiles.json", (1, 1))
    with_other_files = demo_stamp.logins_if_prepared(environment)

    assert "Preparing" not in again.said()
    assert prepared is not None
    assert "administrator: admin / " in prepared
    assert prepared in again.said()
    assert (without_table, with_other_files) == (None, None)
