"""The programs of the demo and the embedded services behind them: started, watched, ended in order.

Each program is written down in YILIAN_HOME/run with its number, start and command line: after a supervisor was killed,
the next one recognises what is left by these, and a stranger who got the number is left alone.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from config import embedded
from config.embedded.processes import Process, identify

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_STOP = 30


class DemoFailed(Exception):
    """The demo cannot go on; the message says why and what to do."""


class Supervisor:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: dict[str, list[str]] = {}
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def alone(self, address: str) -> Iterator[None]:
        """One supervisor per YILIAN_HOME: the system takes the lock back when its holder dies, however it dies."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with embedded.private_file(self.folder / "supervisor", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise DemoFailed(
                    f"The demo of {embedded.home()} runs already on {file.read().strip()}: end that one with Ctrl-C, "
                    "or set YILIAN_HOME to another folder for a second one."
                ) from None
            file.truncate(0)
            file.write(address)
            file.flush()
            yield

    def end_orphans(self) -> None:
        for record in sorted(self.folder.glob("*.json")):
            process = Process(**json.loads(record.read_text()))
            if process.runs():
                say(f"An earlier demo was killed: ending its {record.stem} (process {process.pid}) …")
                process.end(seconds=SECONDS_TO_STOP)
            record.unlink()

    def start(self, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        """Start a Python module in a session of its own: Ctrl-C then reaches us only, and we end all in order."""
        self.commands[name] = arguments
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self.children[name] = child
        while child.poll() is None:
            if (process := identify(child.pid)) and process.command:
                new = self.folder / f"{name}.new"
                new.write_text(json.dumps(asdict(process)))
                new.replace(self._record(name))
                break
        return child

    def run(self, name: str, arguments: list[str]) -> int:
        """Start a program, wait for its end and return its status."""
        status = self.start(name, arguments).wait()
        self._forget(name)
        return status

    def watch(self, services: embedded.Services | None) -> NoReturn:
        """Until a program ends; services that end are started again on the same data."""
        while True:
            self.refuse_dead()
            if services and (names := embedded.missing()):
                services = self._restart(names, services)
            time.sleep(0.5)

    def refuse_dead(self) -> None:
        for name, process in self.children.items():
            if process.poll() is not None:
                raise DemoFailed(f"The {name} process ended with status {process.returncode}: the demo ends too.")

    def stop(self) -> None:
        for process in self.children.values():
            if process.poll() is None:
                process.terminate()
        for name, process in list(self.children.items()):
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            self._forget(name)

    def _restart(self, names: list[str], before: embedded.Services) -> embedded.Services:
        for name in names:
            log = embedded.home() / f"{name.lower()}.log"
            say(f"{name} has ended by itself ({log} may say why): starting it again on the same data …")
        after = embedded.ensure()
        if after != before:  # the programs know the addresses from their start
            say("Another program took its port meanwhile: starting web, worker and beat again with the new one …")
            commands = {name: self.commands[name] for name in self.children}
            self.stop()
            for name, arguments in commands.items():
                self.start(name, arguments)
        say(f"{' and '.join(names)} {'runs' if len(names) == 1 else 'run'} again.")
        return after

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _forget(self, name: str) -> None:
        del self.children[name]
        self._record(name).unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], *, seconds: float, meanwhile: Callable[[], None], otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        meanwhile()
        if time.monotonic() > deadline:
            raise DemoFailed(otherwise)
        time.sleep(0.1)


def say(text: str) -> None:
    print(text, flush=True)
