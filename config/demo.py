"""`make demo`: the whole site on this machine with the demo consortium, ended as a whole by Ctrl-C or SIGTERM."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from config import embedded
from config.env import ConfigurationError, Environment, load

ROOT = Path(__file__).resolve().parent.parent
THREADS = ["--worker-class", "gthread", "--threads", "8"]  # someone who sends slowly holds a thread, not the site
SECONDS_TO_ANSWER, SECONDS_TO_STOP = 90, 30


class DemoFailed(Exception):
    """The demo cannot go on; the message says why and what to do."""


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup keeps its meaning
            signal.signal(number, signal.default_int_handler)
    children: dict[str, subprocess.Popen[bytes]] = {}
    is_embedded = False
    try:
        port = requested_port()
        say("Starting the database and Redis …")
        os.environ.setdefault("SECOND_FACTOR", "0")  # whoever tries the demo signs in with what is printed below
        environment = load()
        is_embedded = environment.embedded
        prepare(is_reset=os.environ.get("RESET", "") not in {"", "0"})
        start(children, environment, port)
        wait_until_healthy(children, port)
        say(f"\nYilian runs on http://127.0.0.1:{port}\n\n{logins()}\nCtrl-C ends it.")
        watch(children)
    except KeyboardInterrupt:
        return 0
    except (DemoFailed, ConfigurationError, embedded.ServicesUnavailable) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C does not leave half of it running
        stop(children, is_embedded=is_embedded)


def requested_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise DemoFailed(f"PORT is {text!r}: give a number from 1 to 65535, such as `make demo PORT=8001`.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except PermissionError:
            raise DemoFailed(f"Port {text} is for root only: choose another one with `make demo PORT=8001`.") from None
        except OSError:
            raise DemoFailed(
                f"Port {text} on 127.0.0.1 is taken by another program: end that one, "
                "or choose another port, such as `make demo PORT=8001`."
            ) from None
    return int(text)


def prepare(*, is_reset: bool) -> None:
    manage("Preparing the tables", "migrate", "--verbosity", "0")
    manage("Preparing the cache", "createcachetable")
    manage("Collecting the static files", "collectstatic", "--noinput", "--verbosity", "0")
    manage("Loading the demo consortium", "load_demo", *(["--reset"] if is_reset else []))


def manage(step: str, *arguments: str) -> None:
    say(f"{step} …")
    process = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT)
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if status != 0:
        raise DemoFailed(f"{step} failed: `manage.py {' '.join(arguments)}` says why above.")


def logins() -> str:
    command = [sys.executable, "manage.py", "load_demo", "--logins"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout


def start(children: dict[str, subprocess.Popen[bytes]], environment: Environment, port: int) -> None:
    """Start the three programs, each in a session of its own: Ctrl-C then reaches us only, and we end them in order."""
    schedule = str(environment.home / "celerybeat-schedule")
    environment.home.mkdir(parents=True, exist_ok=True)
    web = ["gunicorn", "config.wsgi", "--workers", "2", "--bind", f"127.0.0.1:{port}", "--timeout", "180", *THREADS]
    celery = ["celery", "--app", "config", "--quiet"]
    commands = {
        "web": [*web, "--no-control-socket", "--log-level", "warning"],
        "worker": [*celery, "worker", "--concurrency", "1", "--loglevel", "WARNING"],
        "beat": [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"],
    }
    for name, command in commands.items():
        say(f"Starting {name} …")
        children[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True
        )


def wait_until_healthy(children: dict[str, subprocess.Popen[bytes]], port: int) -> None:
    say("Waiting for the site …")
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while not is_healthy(port):
        refuse_dead(children)
        if time.monotonic() > deadline:
            raise DemoFailed(f"The site does not answer on http://127.0.0.1:{port}/healthz: see the messages above.")
        time.sleep(0.2)


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def watch(children: dict[str, subprocess.Popen[bytes]]) -> NoReturn:
    while True:
        refuse_dead(children)
        time.sleep(0.5)


def refuse_dead(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in children.items():
        if process.poll() is not None:
            raise DemoFailed(f"The {name} process ended with status {process.returncode}: the demo ends too.")


def stop(children: dict[str, subprocess.Popen[bytes]], *, is_embedded: bool) -> None:
    if children or is_embedded:
        say("\nStopping …")
    for process in children.values():
        if process.poll() is None:
            process.terminate()
    for process in children.values():
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if is_embedded:
        embedded.stop()
        say("Stopped.")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
