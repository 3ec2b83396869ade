"""Fills the benchmarks' database through the ordinary import, and says what is in it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Container
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from evaluation.models import Institution, Upload
from evaluation.services import uploads
from evaluation.services.recompute import recompute_all_stale, recompute_everything
from tests.bench.sheets import Sheets, write_sheets

ROOT = Path(__file__).resolve().parent.parent.parent
CASES, MONTH_ROWS = 1_000_000, 8_000
MASTER_DATA = ("consortia", "institutions", "memberships", "departments", "benchmarks")
RECORDS = (*MASTER_DATA, "referrals", "budgets", "expenditures")


class Database:
    """The database of a run. What a part needs is put in once, when a part first asks for it."""

    def __init__(self, folder: Path, scale: float, rows: int | None = None) -> None:
        self.folder, self.scale, self.rows = folder, scale, rows
        self.peak_memory: int | None = None  # MB, of the command that imported the cases
        self._full: Sheets | None = None
        self._kept = folder / f"full-{scale:g}.pickle"  # says what a database that is kept holds
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)

    def size(self, rows: int) -> int:
        return max(1, round(rows * self.scale))

    def sheets(self, rows: int) -> Sheets:
        """Sheets with about so many cases."""
        say(f"Writing sheets of {rows:,} cases …")
        return write_sheets(self.folder / str(rows), rows, self.size(MONTH_ROWS))

    def prepare(self, sheets: Sheets, *, records: Container[str]) -> None:
        """No cases, but these records."""
        self._kept.unlink(missing_ok=True)
        empty_cases()
        for dataset, file in sheets.records:
            if dataset in records:
                deliver(dataset, file)

    def full(self) -> Sheets:
        """A million cases of 20 institutions and 36 months, with values. The lead's newest month is still to come."""
        if self._full is None and self._kept.exists():
            self._full = pickle.loads(self._kept.read_bytes())
        if self._full is None:
            self._full = self._fill()
            self._kept.write_bytes(pickle.dumps(self._full))
        return self._full

    def _fill(self) -> Sheets:
        sheets = self.sheets(self.size(CASES))
        self.prepare(sheets, records=RECORDS)
        say(f"Importing {sheets.rows:,} cases …")
        command = [sys.executable, "manage.py", "import_data", "cases", str(sheets.cases)]
        measured = [sys.executable, "-m", "tests.bench.memory", *command]
        self.peak_memory = int(subprocess.run(measured, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        settle()
        say("Computing the values …")
        recompute_everything()
        recompute_all_stale()
        settle()
        return sheets


def deliver(dataset: str, file: Path, institution: str = "") -> Upload:
    """Receive, check and store a sheet, whatever it takes."""
    upload = checked(dataset, file, institution)
    upload = uploads.store(uploads.submit(upload=upload, by=None))
    if upload.status != Upload.Status.SUBMITTED or upload.rows_rejected:
        raise RuntimeError(f"{file}: {upload.failure or upload.problem_groups}")
    return upload


def checked(dataset: str, file: Path, institution: str = "") -> Upload:
    place = Institution.objects.get(code=institution) if institution else None
    with file.open("rb") as source:
        upload = uploads.receive(dataset=dataset, file=source, filename=file.name, by=None, institution=place)
    return uploads.check_upload(upload)


def empty_cases() -> None:
    """Take out the uploads and all that came with them, but not master data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE evaluation_inpatientcase, evaluation_readmission, evaluation_stagedchunk,"
            " evaluation_uploadproblem, evaluation_uploadmonth, evaluation_stalemark"
        )


def settle() -> None:
    """What the database's own housekeeping does after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def postgresql_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0]


def say(text: str) -> None:
    print(text, flush=True)
