"""Find, start and stop both services: a lock lets many processes try at once, services.json keeps the passwords."""

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .place import SETUP_REMEDY, ServicesUnavailable, home, make_home, private_file, services_folder
from .services import PostgreSQL, Redis, State, reap


@dataclass(frozen=True)
class Services:
    database_url: str
    redis_url: str


def ensure() -> Services:
    """Return the addresses of both services, starting what does not answer."""
    with _owner_only():
        reap()
        if services := _answering():
            return services
        make_home()
        with _lock():
            return _answering() or _start()


def missing() -> list[str]:
    """The names of the services whose process has ended."""
    reap()
    state = _read()
    return [service.name for service in (PostgreSQL(state), Redis(state)) if not service.pid()]


def stop() -> list[str]:
    """End both services and return the names of those that were running."""
    if not home().exists():
        return []
    with _owner_only(), _lock():
        state = _read()
        return [service.name for service in (PostgreSQL(state), Redis(state)) if service.stop()]


def _answering() -> Services | None:
    state = _read()
    postgresql, redis = PostgreSQL(state), Redis(state)
    if not (postgresql.pid() and redis.pid() and postgresql.answers("yilian") and redis.answers()):
        return None
    return Services(
        database_url=f"postgresql://yilian:{state['password']}@127.0.0.1:{state['postgresql_port']}/yilian",
        redis_url=f"redis://:{state['password']}@127.0.0.1:{state['redis_port']}/0",
    )


def _start() -> Services:
    state, folder = _read(), services_folder()
    if not state and (folder / "data").exists():
        raise ServicesUnavailable(
            f"{home() / 'services.json'} with the passwords of the embedded database is missing: put it back, "
            f"it opens the data in {folder}. To begin with an empty database, set YILIAN_HOME to another folder."
        )
    state = state or {"password": secrets.token_hex(24), "superuser_password": secrets.token_hex(24)}
    _remember(state)
    postgresql, redis = PostgreSQL(state), Redis(state)
    postgresql.create_cluster()
    postgresql.start(remember=_remember)
    postgresql.create_database()
    redis.start(remember=_remember)
    if services := _answering():
        return services
    raise ServicesUnavailable(
        f"The embedded services run but accept no connection: see the logs in {home()}. {SETUP_REMEDY}"
    )


def _read() -> State:
    path = home() / "services.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _remember(state: State) -> None:
    new = home() / "services.json.new"
    with private_file(new) as file:
        json.dump(state, file, indent=2)
    new.replace(home() / "services.json")


@contextmanager
def _lock() -> Iterator[None]:
    with private_file(home() / "lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _owner_only() -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        what = error.filename or "The embedded database"
        raise ServicesUnavailable(
            f"{what} may not be used by this user: set YILIAN_HOME to a folder of your own, or be its owner."
        ) from error
