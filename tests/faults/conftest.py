"""A site whose processes are killed, and beside it one that takes the same sheets in peace."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from evaluation.importing.case_layout import CASES
from tests.browser.processes import NO_REDIS, PASSWORDS, ROOT, Site, connect, variables
from tests.faults.client import Client
from tests.importing.sheets import written
from tests.importing.test_case_checks import case as any_case

VALUES = """
    SELECT v.indicator, i.code, c.code, v.level, v.period, v.numerator, v.denominator, v.value
    FROM evaluation_indicatorvalue v
    LEFT JOIN evaluation_institution i ON i.id = v.institution_id
    LEFT JOIN evaluation_consortium c ON c.id = v.consortium_id
"""
CASES_NOW = (
    "SELECT record_no, stay_no, total_cost, discharged_at FROM evaluation_inpatientcase WHERE is_current ORDER BY 1, 2"
)
Numbers = dict[tuple, tuple[float | None, ...]]


@dataclass(frozen=True)
class Delivery:
    sheet: str
    month: str
    mode: str = "merge"


@dataclass
class Peaceful:
    """The same sheets, one after the other, in a database of their own."""

    database: str
    process: subprocess.Popen[str]

    def deliver(self, *deliveries: Delivery) -> None:
        assert self.process.stdin and self.process.stdout
        for delivery in deliveries:
            self.process.stdin.write(json.dumps(vars(delivery)) + "\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "submitted\n"


@dataclass
class Disturbed:
    """The site under test."""

    site: Site
    peaceful: Peaceful
    institution: str
    months: list[date]
    tokens: dict[str, str] = field(default_factory=dict)
    sheets: int = 0

    def client(self, name: str = "staff") -> Client:
        anonymous = Client(self.site.port)
        if name not in self.tokens:
            answer = anonymous.form("/api/v1/token/", {"username": name, "password": PASSWORDS[name]})
            self.tokens[name] = answer.json["token"]
        return Client(self.site.port, self.tokens[name])

    def delivery(self, *, rows: int = 40, mode: str = "merge", mark: str = "", cost: int = 50_000) -> Delivery:
        """A sheet that no other test has delivered; `mark` tells record numbers apart."""
        self.sheets += 1
        month = self.months[-2]
        left = month.replace(day=20)
        mark = mark or f"S{self.sheets}-"
        cases = [
            any_case(
                record_no=f"{mark}{number}", institution=self.institution, patient_id=f"FAULT{mark}{number}", adm_dept="",
                drg_code="", rw="", admitted_at=f"{left - timedelta(days=12)} 08:00", discharged_at=f"{left} 10:00",
                total_cost=f"{cost + number}.00",
            )
            for number in range(rows)
        ]  # fmt: skip
        return Delivery(written(CASES, cases).decode(), f"{month:%Y-%m}", mode)

    def checked(self, delivery: Delivery, name: str = "staff") -> str:
        """Upload the sheet; the URL of the checked upload."""
        answer = self.client(name).upload(delivery)
        assert answer.status == 202, answer.text
        assert answer.json["status"] == "checked", answer.text
        return f"/api/v1/uploads/{answer.json['id']}/"

    def wait_until_computed(self) -> None:
        self.site.wait_for(self._is_quiet, "all uploads stored and all stale marks worked off")

    def _is_quiet(self) -> bool:
        waiting = "SELECT (SELECT count(*) FROM evaluation_stalemark)"
        moving = "(SELECT count(*) FROM evaluation_upload WHERE status IN ('received', 'storing'))"
        return self.site.one(f"{waiting} + {moving}") == 0

    def is_in_work(self) -> bool:
        """A transaction is open on the site's database, apart from ours."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
        return self.site.one(query, self.site.database) > 0

    def snapshot(self) -> list[tuple]:
        """Counts of everything an upload leaves behind."""
        tables = ("upload", "stagedchunk", "uploadproblem", "uploadmonth", "inpatientcase", "stalemark")
        return [(table, self.site.one(f"SELECT count(*) FROM evaluation_{table}")) for table in tables]

    def equals_the_peaceful_one(self) -> None:
        """Every value with its numerator and denominator, and every current case."""
        ours, theirs = numbers(self.site.database), numbers(self.peaceful.database)
        assert ours.keys() == theirs.keys()
        different = {key: (ours[key], theirs[key]) for key in ours if not same(ours[key], theirs[key])}
        assert different == {}
        assert rows(self.site.database, CASES_NOW) == rows(self.peaceful.database, CASES_NOW)

    # ── holding a process at a known place ──

    @contextmanager
    def held(self, table: str) -> Iterator[Callable[[], bool]]:
        """Nobody can write to the table; yields whether someone waits to."""
        with connect(self.site.database) as connection, connection.transaction():
            connection.execute(SQL("LOCK TABLE {} IN SHARE MODE").format(Identifier(table)))
            yield lambda: is_waited_for(connection, table)


def is_waited_for(connection: psycopg.Connection, table: str) -> bool:
    query = "SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
    return connection.execute(query, [table]).fetchone() is not None


def rows(database: str, query: str) -> list[tuple]:
    with connect(database) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def numbers(database: str) -> Numbers:
    found = rows(database, VALUES)
    assert found
    return {row[:5]: row[5:] for row in found}


def same(ours: tuple, theirs: tuple) -> bool:
    """Equal but for the last bits, which depend on the order in which floating point numbers are added."""
    return all(
        a is b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12))
        for a, b in zip(ours, theirs, strict=True)
    )


@pytest.fixture(scope="package")
def peaceful(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peaceful]:
    other = Site("peaceful", tmp_path_factory.mktemp("peaceful"))
    program = [sys.executable, "-m", "tests.faults.undisturbed"]
    environment = variables(other.database, NO_REDIS, PATIENT_KEY=site.environment["PATIENT_KEY"])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(program, cwd=ROOT, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield Peaceful(other.database, process)
    other.stop()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site("faults", tmp_path_factory.mktemp("faults"))
    try:
        site.start("redis", "web", "worker", "beat")
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="package")
def package_disturbed(site: Site, peaceful: Peaceful) -> Disturbed:
    institution = site.one(
        "SELECT i.code FROM evaluation_institution i JOIN evaluation_user u ON u.institution_id = i.id WHERE username = 'staff'"
    )
    months = [month for (month,) in site.rows("SELECT DISTINCT month FROM evaluation_casecell ORDER BY month")]
    return Disturbed(site, peaceful, institution, months)


@pytest.fixture
def disturbed(package_disturbed: Disturbed) -> Disturbed:
    """Whole and at rest, whatever the test before did."""
    site = package_disturbed.site
    site.start(*(name for name in ("redis", "web", "worker", "beat") if name not in site.running))
    package_disturbed.wait_until_computed()
    return package_disturbed
