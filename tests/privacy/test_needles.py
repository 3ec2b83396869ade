"""Needles in every place a person may put them by mistake; afterwards no file of the installation holds one.

Real processes with a YILIAN_HOME of their own: the data files after a checkpoint, the write-ahead log, all logs.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import pytest

from config import embedded, env
from config.embedded import place
from config.embedded.services import free_port
from evaluation.importing.case_layout import CASES
from evaluation.importing.personal import check_character
from referrals.layouts import REFERRALS
from tests.browser.processes import ROOT, wait_for
from tests.importing.sheets import Row, written
from tests.importing.test_case_checks import case as any_case

NAME, OTHER_NAME, LATIN_NAME = "欧阳靐龘", "慕容龖爨", "Ouyang Bingda"
PHONE, SPACED_PHONE, LANDLINE = "13987650123", "139 8765 0124", "0571-88776655"
PASSPORT, PERMIT = "E98761234", "H98761235"
IDENTITY = "33010619710214001" + check_character("33010619710214001")
SPACED_IDENTITY, SHORT_IDENTITY = "330106 19710215 0012", "330106710216001"
WIDE_PHONE = "".join(chr(ord(digit) + 0xFEE0) for digit in "13987650125")
PASSWORD, QUERY, HEADER = "Geheim-7731-Wort", "filter-5512-text", "header-8842-text"
NEEDLES = (
    NAME, LATIN_NAME, PHONE, SPACED_PHONE, LANDLINE, PASSPORT, PERMIT, IDENTITY, SPACED_IDENTITY, SHORT_IDENTITY, WIDE_PHONE,
    "13987650125", PASSWORD, QUERY, HEADER,
)  # fmt: skip
CONTROL, FORCED = "R7700001", "R7700099"
CELLS: tuple[dict[str, str], ...] = (
    {"age": NAME}, {"sex": NAME}, {"sex": LATIN_NAME}, {"admitted_at": NAME}, {"total_cost": PHONE}, {"mdt": NAME},
    {"main_dx": NAME}, {"main_dx": LATIN_NAME}, {"other_dx": f"I10.x00|{NAME}"}, {"drg_code": NAME}, {"age": SPACED_PHONE},
    {"adm_dept": f"{NAME} {PHONE}"}, {"adm_dept": SPACED_PHONE}, {"dis_dept": WIDE_PHONE}, {"receiving_inst": PASSPORT},
    {"receiving_inst": LANDLINE}, {"adm_dept": PERMIT}, {"adm_dept": SPACED_IDENTITY}, {"dis_dept": SHORT_IDENTITY},
    {"record_no": IDENTITY}, {"record_no": SHORT_IDENTITY}, {"institution": IDENTITY}, {"stay_no": IDENTITY},
    {"admitted_at": IDENTITY}, {"resident_region": NAME}, {"procedure_dates": NAME}, {"cost_bed": LATIN_NAME},
)  # fmt: skip


@dataclass
class Installation:
    """Everything of one YILIAN_HOME."""

    home: Path
    port: int
    session: str
    token: str
    institution: str

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, str]:
        """Status, text and where to go on, with a needle in each header that people or programs may fill."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        extra = {
            "User-Agent": HEADER,
            "Referer": f"http://127.0.0.1/{HEADER}",
            "X-Forwarded-For": HEADER,
            "X-Needle": HEADER,
        }
        connection.request(method, path, body, {**extra, **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.headers.get("Location", "")

    def by_page(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, str]:
        return self.ask(method, path, body, **{"Cookie": f"sessionid={self.session}; csrftoken={'c' * 32}"} | headers)

    def press(self, path: str) -> tuple[int, str, str]:
        """The rows are all of one patient: that is accepted."""
        body, headers = form({"csrfmiddlewaretoken": "c" * 32, "accept_warnings": "V26"})
        return self.by_page("POST", path, body, **headers)

    def deliver_by_page(self, sheet: bytes, dataset: str = "cases") -> str:
        """The address of the upload."""
        body, headers = form({"csrfmiddlewaretoken": "c" * 32, "dataset": dataset, "mode": "merge"}, sheet)
        status, text, location = self.by_page("POST", "/uploads/new/", body, **headers)
        assert status == 302, text
        return location

    def by_api(self, method: str, path: str, body: bytes = b"", **headers: str) -> dict:
        status, text, _location = self.ask(method, path, body, **{"Authorization": f"Token {self.token}"} | headers)
        assert status < 500, text
        return json.loads(text)

    def sheet(self, rows: Sequence[Row]) -> bytes:
        """With a column that nobody knows, headed by a name as where the row of headings was lost."""
        first, *others = written(CASES, rows).decode().splitlines()
        return "\n".join([f"{first},{NAME} {PHONE}", *(f"{line},{NAME}" for line in others)]).encode()

    def case(self, number: str, **changes: str) -> Row:
        fixed = {"institution": self.institution, "patient_id": IDENTITY, "adm_dept": "", "drg_code": "", "rw": ""}
        return any_case() | {"record_no": number} | fixed | changes

    def manage(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return run(self.home, *arguments, text=text)

    def superuser(self, statement: str, database: str = "yilian") -> None:
        state = json.loads((self.home / "services.json").read_text())
        with psycopg.connect(
            host="127.0.0.1", port=state["postgresql_port"], user="postgres", password=state["superuser_password"],
            dbname=database, autocommit=True,
        ) as connection:  # fmt: skip
            connection.execute(statement)  # type: ignore[call-overload]

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in self.home.glob("*.log"))

    def files_with(self, text: str) -> list[str]:
        """Files that hold the text, in whatever way it may be written."""
        spellings = {text.encode(), text.encode("gb18030"), json.dumps(text)[1:-1].encode(), quote(text).encode()}
        folders = (self.home, (self.home / "services").resolve())
        files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
        return sorted(path.name for path in files if holds(path, spellings))


def holds(path: Path, spellings: set[bytes]) -> bool:
    content = path.read_bytes()
    return any(spelling in content for spelling in spellings)


def form(fields: dict[str, str], sheet: bytes = b"") -> tuple[bytes, dict[str, str]]:
    """A form with a file whose name tells of a patient."""
    edge = secrets.token_hex(16).encode()
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    if sheet:
        heading = (
            f'Content-Disposition: form-data; name="file"; filename="{NAME} {PHONE}.csv"\r\nContent-Type: text/csv'
        )
        parts.append(heading.encode() + b"\r\n\r\n" + sheet)
    body = b"".join(b"--" + edge + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + edge + b"--\r\n"
    return body, {"Content-Type": f"multipart/form-data; boundary={edge.decode()}"}


def variables(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in env.VARIABLES}
    return {**kept, "YILIAN_HOME": str(home)}


def run(home: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables(home), input=text, capture_output=True, text=True)


@pytest.fixture
def installation(tmp_path, monkeypatch) -> Iterator[Installation]:
    home = tmp_path / "home"
    monkeypatch.setenv("YILIAN_HOME", str(home))
    made = run(home, "-m", "tests.privacy.seed")
    assert made.returncode == 0, made.stderr
    run(home, "manage.py", "collectstatic", "--noinput", "-v0")
    it = Installation(home, free_port(None), **json.loads(made.stdout.splitlines()[-1]))
    commands = {
        "web": [
            "gunicorn", "config.wsgi", "--workers", "1", "--bind", f"127.0.0.1:{it.port}", "--no-control-socket",
            "--access-logfile", str(home / "access.log"),
        ],
        "worker": ["celery", "--app", "config", "worker", "--concurrency", "1", "--loglevel", "INFO"],
    }  # fmt: skip
    running = []
    for name, command in commands.items():
        with (home / f"{name}.log").open("ab") as log:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", *command], cwd=ROOT, env=variables(home), stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log,
                )
            )  # fmt: skip
    try:
        wait_for(lambda: is_open(it.port), "the web process to answer")
        yield it
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)
        embedded.stop()
        outside = (home / "services").resolve()
        if place.OUTSIDE in outside.parents:
            shutil.rmtree(outside)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_needles_planted_everywhere_are_found_in_no_file_of_the_installation(installation):
    it = installation
    rows = [it.case(CONTROL), *(it.case(f"B{number}") | cells for number, cells in enumerate(CELLS))]

    # Sheets, good rows and bad: by page, by API, from the command line; one that is no sheet at all.
    by_page = it.deliver_by_page(it.sheet(rows))
    shown = it.by_page("GET", f"{by_page}?{urlencode({'severity': NAME, 'page': QUERY})}")
    it.by_page("GET", f"{by_page}?{urlencode({'download': 'csv', 'table': 'problems', 'q': QUERY})}")
    body, headers = form({"dataset": "cases", "mode": "merge"}, it.sheet([it.case("A1"), *rows[1:]]))
    by_api = it.by_api("POST", "/api/v1/uploads/", body, **headers)
    path = it.home.parent / f"{NAME} {PHONE}.csv"
    path.write_bytes(it.sheet([it.case("C1"), *rows[1:]]))
    by_command = it.manage("manage.py", "import_data", "cases", str(path), "--accept-valid")
    body, headers = form(
        {"csrfmiddlewaretoken": "c" * 32, "dataset": "cases"}, f"{NAME},{PHONE}\n{IDENTITY},1\n".encode()
    )
    refused = it.by_page("POST", "/uploads/new/", body, **headers)
    referral = {column.name: column.example for column in REFERRALS.columns} | {
        "sender": it.institution, "patient_id": IDENTITY, "reason": f"{NAME} {PHONE}", "decline_reason": LANDLINE,
    }  # fmt: skip
    it.deliver_by_page(written(REFERRALS, [referral]), "referrals")

    # What is staged; then what is stored.
    staged = json.loads(it.manage("-m", "tests.privacy.seed", "find", text=json.dumps(NEEDLES)).stdout)
    it.by_page("GET", by_page)  # others were stored meanwhile: what it does now
    submitted = it.press(f"{by_page}submit/")

    # A fault while rows are stored, which the database tells with the whole row.
    it.superuser(
        f"ALTER TABLE evaluation_inpatientcase ADD CONSTRAINT forced CHECK (record_no <> '{FORCED}') NOT VALID"
    )
    failing = it.deliver_by_page(it.sheet([it.case(FORCED, adm_dept=OTHER_NAME, total_cost="6900.00")]))
    it.press(f"{failing}submit/")
    failed = it.by_page("GET", failing)

    # Filters, user names, paths and requests that cannot be read.
    for address in (
        "/cases/",
        "/uploads/",
        "/indicators/",
        "/institutions/",
        "/referrals/",
        "/audit/",
        "/no/such/page/",
    ):
        it.by_page("GET", f"{address}?{urlencode({'q': NAME, 'institution': QUERY, 'period': PHONE, 'x': QUERY})}")
    it.by_api("GET", f"/api/v1/cases/?{urlencode({'drg_code': NAME, 'disposition': QUERY})}")
    for name in (PASSWORD, NAME):
        body, headers = form({"csrfmiddlewaretoken": "c" * 32, "login": name, "password": PASSWORD})
        it.ask("POST", "/account/login/", body, Cookie=f"csrftoken={'c' * 32}", **headers)
    with socket.create_connection(("127.0.0.1", it.port), timeout=60) as connection:
        connection.sendall(f"GET /?q={NAME}{QUERY} NOT HTTP\r\n\r\n".encode())
        connection.recv(1000)

    it.superuser("CHECKPOINT")
    stored = json.loads(it.manage("-m", "tests.privacy.seed", "find", text=json.dumps(NEEDLES)).stdout)

    assert (shown[0], submitted[0], refused[0], by_api["status"]) == (200, 302, 422, "checked")
    assert "could not be read" in refused[1]
    assert "1 accepted" in by_command.stdout, by_command.stdout + by_command.stderr
    assert "nothing was stored" in failed[1]
    assert "IntegrityError forced" in it.logs()
    assert (staged, stored) == ({}, {})
    assert it.files_with(CONTROL), "the search finds nothing at all"
    assert {needle: found for needle in NEEDLES if (found := it.files_with(needle))} == {}
    assert OTHER_NAME not in it.logs()
    assert "/uploads/" in it.logs()
    assert not (it.home / "postgresql.log").read_text().count("STATEMENT")
