"""Stores cases: COPY of typed rows into the table of versions; at most one version of a record is current."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from django.db import connection
from django.utils import timezone

from evaluation.importing.case_checks import discharge_month
from evaluation.importing.case_layout import CASES, FEE_ITEMS
from evaluation.importing.checks import check_institution
from evaluation.importing.findings import Findings
from evaluation.models import InpatientCase, Institution, Upload
from evaluation.services import locks, staleness
from evaluation.services.staleness import Partition
from evaluation.services.uploads.ahead import one_ahead
from evaluation.services.uploads.check import known_to
from evaluation.services.uploads.faults import refuse_changed
from evaluation.services.uploads.staging import typed_chunks

FEW = 0.1  # of all cases
KEY = ("institution_id", "record_no", "stay_no")
COLUMNS = (
    "upload_id", "row", "is_current", *KEY, "patient_hash", "sex", "age", "age_days", "birth_weight",
    "resident_region", "adm_route", "pay_type", "admitted_at", "discharged_at", "month", "los", "adm_dept", "dis_dept",
    "main_dx", "other_dx", "procedures", "surgery_level", "elective", "day_surgery", "disposition", "receiving_inst",
    "readmit_plan", "complication", "mdt", "pathway", "antibacterial", "total_cost", "self_pay", "fund_pay",
    *(name for name, _heading in FEE_ITEMS), "drg_code", "rw", "drg_pay",
)  # fmt: skip


def store(upload: Upload) -> set[Partition]:
    """Write the accepted rows as current versions. Returns the institution-months touched."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS changed_case, new_key")
        cursor.execute("CREATE TEMPORARY TABLE changed_case (id bigint) ON COMMIT DROP")
        cursor.execute(
            "CREATE TEMPORARY TABLE new_key (institution_id bigint, record_no text, stay_no int) ON COMMIT DROP"
        )
        locks.take_data(_institutions_of(upload))
        has_cases = InpatientCase.objects.filter(is_current=True, institution__in=_institutions_of(upload)).exists()
        for chunk in one_ahead(ready, accepted_chunks(upload)):
            if has_cases:
                _supersede(cursor, chunk.keys)
            copy_rows(cursor, "evaluation_inpatientcase", COLUMNS, chunk.cases)
            upload.rows_stored += chunk.count
        if upload.mode == Upload.Mode.REPLACE:
            _take_out_rest_of_month(cursor, upload)
        cursor.execute(
            "INSERT INTO changed_case SELECT id FROM evaluation_inpatientcase WHERE upload_id = %s", [upload.pk]
        )
    return mark_changed()


def take_back(upload: Upload) -> set[Partition]:
    """Undo: its versions are current no more; the newest ones that are still submitted become current again."""
    with connection.cursor() as cursor:
        locks.take_data(upload.cases.order_by().values_list("institution", flat=True).distinct())
        cursor.execute("DROP TABLE IF EXISTS changed_case")
        cursor.execute(
            "CREATE TEMPORARY TABLE changed_case ON COMMIT DROP AS"
            " SELECT id FROM evaluation_inpatientcase WHERE upload_id = %s",
            [upload.pk],
        )
        cursor.execute(
            "UPDATE evaluation_inpatientcase SET is_current = false WHERE upload_id = %s AND is_current", [upload.pk]
        )
        cursor.execute(RESTORE_SQL, [upload.pk, upload.pk])
    return mark_changed()


# What an undone upload brought or, replacing a month, took out: the newest version whose upload is still submitted
# holds again, unless an upload that is still submitted replaced its month later.
RESTORE_SQL = """
WITH affected AS (
    SELECT institution_id, record_no, stay_no FROM evaluation_inpatientcase WHERE upload_id = %s
    UNION
    SELECT c.institution_id, c.record_no, c.stay_no
    FROM evaluation_upload u
    JOIN evaluation_inpatientcase c ON c.institution_id = u.institution_id AND c.month = u.month
    WHERE u.id = %s AND u.mode = 'replace' AND NOT c.is_current
), open AS (
    SELECT * FROM affected a WHERE NOT EXISTS (
        SELECT FROM evaluation_inpatientcase c WHERE c.is_current
           AND (c.institution_id, c.record_no, c.stay_no) = (a.institution_id, a.record_no, a.stay_no)
    )
), newest AS (
    SELECT DISTINCT ON (c.institution_id, c.record_no, c.stay_no) c.id, c.institution_id, c.month, c.upload_id
    FROM open JOIN evaluation_inpatientcase c USING (institution_id, record_no, stay_no)
    JOIN evaluation_upload u ON u.id = c.upload_id
    WHERE NOT c.is_current AND u.status = 'submitted'
    ORDER BY c.institution_id, c.record_no, c.stay_no, c.id DESC
), replaced AS (
    SELECT u.id, u.institution_id, u.month, min(c.id) AS first_case
    FROM evaluation_upload u JOIN evaluation_inpatientcase c ON c.upload_id = u.id
    WHERE u.dataset = 'cases' AND u.mode = 'replace' AND u.status = 'submitted'
      AND (u.institution_id, u.month) IN (SELECT institution_id, month FROM newest)
    GROUP BY u.id
), taken_out AS (
    SELECT n.id FROM newest n JOIN replaced r USING (institution_id, month)
    WHERE r.id <> n.upload_id AND r.first_case > n.id
), restored AS (
    UPDATE evaluation_inpatientcase c SET is_current = true FROM newest n
    WHERE c.id = n.id AND n.id NOT IN (SELECT id FROM taken_out) RETURNING c.id
)
INSERT INTO changed_case SELECT id FROM restored
"""


def mark_changed() -> set[Partition]:
    """Mark the partitions of the cases in changed_case, and those whose readmissions they may change."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE changed_case")
        cursor.execute(
            "SELECT DISTINCT institution_id, month FROM evaluation_inpatientcase"
            " WHERE id IN (SELECT id FROM changed_case)"
        )
        own = set(cursor.fetchall())
        cursor.execute(
            "SELECT (SELECT count(*) FROM changed_case) <= %s * reltuples FROM pg_class"
            " WHERE oid = 'evaluation_inpatientcase'::regclass",
            [FEW],
        )
        are_few = cursor.fetchone()[0]
        if not are_few:
            # Statistics taken while the rows were still uncommitted say that the table is empty: joins would be quadratic.
            cursor.execute("ANALYZE evaluation_inpatientcase (id, patient_hash, admitted_at, discharged_at)")
    staleness.mark_changed_cases(own, are_few=are_few)
    return own


def _institutions_of(upload: Upload) -> list[int]:
    if upload.institution_id:
        return [upload.institution_id]
    return list(upload.month_counts.order_by().values_list("institution", flat=True).distinct())


@dataclass(frozen=True)
class Ready:
    """Accepted rows as CSV for COPY: the columns KEY, and COLUMNS."""

    count: int
    keys: bytes
    cases: bytes


def accepted_chunks(upload: Upload) -> Iterator[pd.DataFrame]:
    """The accepted rows as the check typed them, with upload_id and institution_id."""
    known, places = known_to(upload), dict(Institution.objects.values_list("code", "pk"))
    for rows in typed_chunks(upload):
        if rows.empty:
            continue
        findings = Findings(rows, upload.headings, CASES.by_name)
        codes = check_institution(rows["institution"], findings, known)
        refuse_changed(findings)
        yield rows.assign(upload_id=upload.pk, institution_id=codes.map(places))


def ready(rows: pd.DataFrame) -> Ready:
    """The accepted rows as the table wants them."""
    admitted, discharged = rows["admitted_at"], rows["discharged_at"]
    days = (discharged.dt.normalize() - admitted.dt.normalize()).dt.days
    zone = timezone.get_default_timezone_name()
    cases = rows.assign(
        row=rows.index,
        is_current=True,
        patient_hash="\\x" + rows["patient_id"],
        admitted_at=_instant(admitted, zone),
        discharged_at=_instant(discharged, zone),
        month=discharge_month(rows),
        los=days.clip(lower=1),
        surgery_level=rows["surgery_level"].replace("", None),
    )
    return Ready(len(cases), _csv(cases[list(KEY)]), _csv(cases[list(COLUMNS)]))


def _csv(rows: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(pa.Table.from_pandas(rows, preserve_index=False), buffer, options)
    return buffer.getvalue()


def _instant(local: pd.Series, zone: str) -> pd.Series:
    """Local time with its zone. In the summers of 1990 and 1991 clocks were changed: the order of times is kept."""
    return local.dt.tz_localize(zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")


def _supersede(cursor, keys: bytes) -> None:
    """The versions that the new rows replace are current no more; they are remembered as changed."""
    cursor.execute("TRUNCATE new_key")
    copy_rows(cursor, "new_key", KEY, keys)
    cursor.execute("ANALYZE new_key")
    cursor.execute(
        """WITH old AS (
               UPDATE evaluation_inpatientcase c SET is_current = false FROM new_key n
               WHERE c.is_current AND c.institution_id = n.institution_id AND c.record_no = n.record_no
                 AND c.stay_no = n.stay_no RETURNING c.id
           ) INSERT INTO changed_case SELECT id FROM old"""
    )


def _take_out_rest_of_month(cursor, upload: Upload) -> None:
    cursor.execute(
        """WITH rest AS (
               UPDATE evaluation_inpatientcase SET is_current = false
               WHERE is_current AND institution_id = %s AND month = %s AND upload_id <> %s RETURNING id
           ) INSERT INTO changed_case SELECT id FROM rest""",
        [upload.institution_id, upload.month, upload.pk],
    )


def copy_rows(cursor, table: str, columns: Sequence[str], content: bytes) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f"COPY {table} ({names}) FROM STDIN (FORMAT csv)"
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.write(content)
