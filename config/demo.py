"""`make demo`: the whole site on this machine with the demo consortium, ended as a whole by Ctrl-C or SIGTERM."""

import http.client
import os
import signal
import socket
import subprocess
import sys

from config import demo_stamp, embedded
from config.env import ConfigurationError, Environment, load
from config.supervisor import ROOT, DemoFailed, Supervisor, say, wait_until

THREADS = ["--worker-class", "gthread", "--threads", "8"]  # someone who sends slowly holds a thread, not the site
SECONDS_TO_ANSWER = 90


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup keeps its meaning
            signal.signal(number, signal.default_int_handler)
    try:
        port = port_number()
        os.environ.setdefault("SECOND_FACTOR", "0")  # whoever tries the demo signs in with what is printed below
        supervisor = Supervisor(embedded.make_home() / "run")
        with supervisor.alone(f"http://127.0.0.1:{port}"):
            supervisor.end_orphans()
            refuse_taken(port)
            run_demo(supervisor, port)
    except KeyboardInterrupt:
        return 0
    except (DemoFailed, ConfigurationError, embedded.ServicesUnavailable) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


def run_demo(supervisor: Supervisor, port: int) -> None:
    is_embedded = False
    try:
        say("Starting the database and Redis …")
        environment = load()
        is_embedded = environment.embedded
        logins = prepare(supervisor, environment, is_reset=os.environ.get("RESET", "") not in {"", "0"})
        start(supervisor, environment, port)
        say(f"\nYilian runs on http://127.0.0.1:{port}\n\n{logins}\nCtrl-C ends it.")
        supervisor.watch(embedded.ensure() if is_embedded else None)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C does not leave half of it running
        if supervisor.children or is_embedded:
            say("\nStopping …")
        supervisor.stop()
        if is_embedded:
            embedded.stop()
            say("Stopped.")


def port_number() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise DemoFailed(f"PORT is {text!r}: give a number from 1 to 65535, such as `make demo PORT=8001`.")
    return int(text)


def refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise DemoFailed(f"Port {port} is for root only: choose another one with `make demo PORT=8001`.") from None
        except OSError:
            raise DemoFailed(
                f"Port {port} on 127.0.0.1 is taken by another program: end that one, "
                "or choose another port, such as `make demo PORT=8001`."
            ) from None


def prepare(supervisor: Supervisor, environment: Environment, *, is_reset: bool) -> str:
    """Make tables, static files and demo what they should be, unless they are; return the log-ins."""
    if not is_reset and (prepared := demo_stamp.logins_if_prepared(environment)):
        return prepared
    demo_stamp.forget(environment)
    manage(supervisor, "Preparing the tables", "migrate", "--verbosity", "0")
    manage(supervisor, "Preparing the cache", "createcachetable", "--verbosity", "0")
    manage(supervisor, "Collecting the static files", "collectstatic", "--noinput", "--verbosity", "0")
    manage(supervisor, "Loading the demo consortium", "load_demo", *(["--reset"] if is_reset else []))
    shown = logins()
    demo_stamp.remember(environment, shown)
    return shown


def manage(supervisor: Supervisor, step: str, *arguments: str) -> None:
    say(f"{step} …")
    if supervisor.run("preparation", ["manage.py", *arguments]) != 0:
        raise DemoFailed(f"{step} failed: `manage.py {' '.join(arguments)}` says why above.")


def logins() -> str:
    command = [sys.executable, "manage.py", "load_demo", "--logins"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def start(supervisor: Supervisor, environment: Environment, port: int) -> None:
    """The web first: on few processors the other two would only make people wait longer for the first page."""
    schedule = str(environment.home / "celerybeat-schedule")
    # Loaded once, then forked.
    web = ["gunicorn", "config.wsgi", "--preload", "--workers", "2", "--bind", f"127.0.0.1:{port}", "--timeout", "180"]
    web += THREADS
    celery = ["celery", "--app", "config", "--quiet"]
    commands = {
        "web": [*web, "--no-control-socket", "--log-level", "warning"],
        "worker": [*celery, "worker", "--concurrency", "1", "--loglevel", "WARNING"],
        "beat": [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"],
    }
    for name, command in commands.items():
        say(f"Starting {name} …")
        supervisor.start(name, ["-m", *command])
        if name == "web":
            wait_until(
                lambda: is_healthy(port), seconds=SECONDS_TO_ANSWER, meanwhile=supervisor.refuse_dead,
                otherwise=f"The site does not answer on http://127.0.0.1:{port}/healthz: see the messages above.",
            )  # fmt: skip


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
