"""Part 1: a sheet of cases, from the file to committed rows, beside a bare COPY and beside django-import-export."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from statistics import median

import tablib
from django.db import connection, transaction
from import_export import fields, resources, widgets

from evaluation.models import InpatientCase, Upload
from evaluation.services import uploads
from evaluation.services.uploads.cases import COLUMNS
from tests.bench.database import MASTER_DATA, Database, checked, empty_cases, say
from tests.bench.results import TIMES, Result, in_turns, seconds

ROWS, PEER_ROWS = 200_000, 20_000
LEAST_OF_COPY, LEAST_OF_PEER, MOST_MEMORY = 0.5, 20, 1024
TABLE, COPIED = "evaluation_inpatientcase", ", ".join(f'"{name}"' for name in COLUMNS)


def measure(database: Database) -> Iterator[Result]:
    rows = database.rows or database.size(ROWS)
    sheets = database.sheets(rows)
    database.prepare(sheets, records=MASTER_DATA)
    steps: list[tuple[float, float]] = []

    def ours() -> float:
        empty_cases()
        found: list[Upload] = []
        check = seconds(lambda: found.append(checked("cases", sheets.cases)))
        store = seconds(lambda: uploads.store(uploads.submit(upload=found[0], by=None)))
        if InpatientCase.objects.filter(is_current=True).count() != sheets.rows:
            raise RuntimeError("The import did not store all rows.")
        steps.append((check, store))
        return check + store

    say(f"Importing {sheets.rows:,} cases, {TIMES} times, beside COPY …")
    _leave_alone(TABLE)
    ours()
    typed = _typed_rows()
    _create_copy_table()
    steps.clear()
    turns = in_turns(ours, lambda: seconds(lambda: _copy(typed)))
    _drop_foreign_keys()
    without_keys = median(seconds(lambda: _copy(typed)) for _turn in range(TIMES))
    check, store = sorted(steps, key=sum)[TIMES // 2]
    yield Result(
        f"Import of {sheets.rows:,} cases, from the file to committed rows, beside a bare COPY of the typed rows",
        f"{sheets.rows / turns.ours:,.0f} rows/s", f"{sheets.rows / turns.peer:,.0f} rows/s", f"{1 / turns.ratio:.2f} ×",
        f"≥ {LEAST_OF_COPY} ×", 1 / turns.ratio >= LEAST_OF_COPY,
        f"receiving and checking {check:.2f} s, storing {store:.2f} s; COPY {turns.peer:.2f} s into a table with the same "
        f"indexes, checks and foreign keys; without the foreign keys {without_keys:.2f} s, beside which ours is "
        f"{without_keys / turns.ours:.2f} ×.",
    )  # fmt: skip

    peer_rows = min(database.size(PEER_ROWS), sheets.rows)
    say(f"Importing {peer_rows:,} cases with django-import-export …")
    peer = peer_rows / _import_export_seconds(peer_rows)
    yield Result(
        f"The same, beside django-import-export with {peer_rows:,} of these rows",
        f"{sheets.rows / turns.ours:,.0f} rows/s", f"{peer:,.0f} rows/s", f"{sheets.rows / turns.ours / peer:.0f} ×",
        f"≥ {LEAST_OF_PEER} ×", sheets.rows / turns.ours / peer >= LEAST_OF_PEER,
        "ModelResource with its default settings, rows already typed, which it need not check.",
    )  # fmt: skip

    _leave_alone(TABLE, is_alone=False)
    full = database.full()
    if database.peak_memory is None:
        return
    yield Result(
        f"Peak memory of `import_data` with {full.rows:,} cases ({full.cases.stat().st_size / 2**20:,.0f} MB)",
        f"{database.peak_memory:,} MB", target=f"< {MOST_MEMORY:,} MB", is_met=database.peak_memory < MOST_MEMORY,
    )  # fmt: skip


def _typed_rows() -> bytes:
    """The rows that the import stored, as CSV text ready for COPY."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {TABLE} ({COPIED}) TO STDOUT (FORMAT csv)") as copy:
        return b"".join(bytes(block) for block in copy)


def _create_copy_table() -> None:
    """The same table once more: LIKE leaves out nothing but foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bench_copy; CREATE TABLE bench_copy (LIKE {TABLE} INCLUDING ALL)")
        for name, definition in _foreign_keys(TABLE):
            cursor.execute(f'ALTER TABLE bench_copy ADD CONSTRAINT "{name}" {definition}')
    _leave_alone("bench_copy")


def _drop_foreign_keys() -> None:
    with connection.cursor() as cursor:
        for name, _definition in _foreign_keys("bench_copy"):
            cursor.execute(f'ALTER TABLE bench_copy DROP CONSTRAINT "{name}"')


def _foreign_keys(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        return cursor.fetchall()


def _leave_alone(table: str, *, is_alone: bool = True) -> None:
    """Autovacuum would fall into one of the turns."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = {not is_alone})")


@transaction.atomic
def _copy(rows: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_copy")
        with cursor.copy(f"COPY bench_copy ({COPIED}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(rows)


class Bytes(widgets.Widget):
    def clean(self, value, row=None, **options):
        return bytes.fromhex(value)

    def render(self, value, obj=None, **options):
        return bytes(value).hex() if value else ""


class CaseResource(resources.ModelResource):
    """As its documentation has it; only bytes need a widget, for it has none."""

    patient_hash = fields.Field("patient_hash", "patient_hash", widget=Bytes())

    class Meta:
        model = InpatientCase


def _import_export_seconds(count: int) -> float:
    names = ["id", *(name.removesuffix("_id") for name in COLUMNS)]
    lines = csv.reader(_typed_rows().decode().splitlines()[:count])
    upload = str(Upload.objects.create(dataset="cases", filename="peer").pk)
    table = tablib.Dataset(*(["", upload, *_texts(line)[1:]] for line in lines), headers=names)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE} CASCADE")
    taken = seconds(lambda: CaseResource().import_data(table, raise_errors=True))
    if InpatientCase.objects.count() != count:
        raise RuntimeError("django-import-export did not store all rows.")
    return taken


def _texts(line: list[str]) -> list[str]:
    """Values as django-import-export reads them by default."""
    words = {"t": "1", "f": "0"}
    dated = {COLUMNS.index(name) for name in ("admitted_at", "discharged_at")}
    bytes_at = COLUMNS.index("patient_hash")
    return [
        f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}" if place in dated
        else text.removeprefix("\\x") if place == bytes_at
        else words.get(text, text)
        for place, text in enumerate(line)
    ]  # fmt: skip
