"""The effect of a sheet of cases, found in the database from the rows as they would be stored."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from evaluation.models import Upload
from evaluation.services.uploads.ahead import one_ahead
from evaluation.services.uploads.cases import COLUMNS, KEY, accepted_chunks, copy_rows, ready
from evaluation.services.uploads.repeated_stays import RepeatedStays
from evaluation.services.uploads.staging import typed_chunks

CONTENT = tuple(name for name in COLUMNS if name not in ("upload_id", "row", "is_current", *KEY))

# A case whose discharge month the sheet changes is replaced in its new month and leaves ("moved") its old one.
LINES_SQL = f"""
WITH row_of AS (
    SELECT s.institution_id, s.month, s.total_cost, c.id, c.month AS stored_month,
           ({", ".join(f"s.{name}" for name in CONTENT)}) IS DISTINCT FROM ({", ".join(f"c.{name}" for name in CONTENT)}) AS differs
    FROM sheet_case s LEFT JOIN evaluation_inpatientcase c
      ON c.is_current AND c.institution_id = s.institution_id AND c.record_no = s.record_no AND c.stay_no = s.stay_no
), sheet AS (
    SELECT institution_id, month, count(*) AS rows, count(*) FILTER (WHERE id IS NULL) AS new,
           count(*) FILTER (WHERE id IS NOT NULL AND differs) AS replaced,
           count(*) FILTER (WHERE id IS NOT NULL AND NOT differs) AS identical, sum(total_cost) AS total_cost
    FROM row_of GROUP BY institution_id, month
), moved AS (
    SELECT institution_id, stored_month AS month, count(*) AS moved FROM row_of
    WHERE stored_month <> month GROUP BY institution_id, stored_month
), place AS (
    SELECT institution_id, month FROM sheet UNION SELECT institution_id, month FROM moved
), stored AS (
    SELECT c.institution_id, c.month, count(*) AS stored, sum(c.total_cost) AS stored_cost,
           count(*) FILTER (WHERE (c.institution_id, c.month) = (%(institution)s::bigint, %(month)s::date) AND NOT EXISTS (
               SELECT FROM sheet_case s WHERE (s.institution_id, s.record_no, s.stay_no)
                    = (c.institution_id, c.record_no, c.stay_no))) AS removed
    FROM evaluation_inpatientcase c JOIN place USING (institution_id, month) WHERE c.is_current
    GROUP BY c.institution_id, c.month
)
SELECT i.code AS institution, to_char(place.month, 'YYYY-MM') AS month, coalesce(rows, 0) AS rows, coalesce(new, 0) AS new,
       coalesce(replaced, 0) AS replaced, coalesce(identical, 0) AS identical, coalesce(removed, 0) AS removed,
       coalesce(moved, 0) AS moved, coalesce(total_cost, 0)::bigint AS total_cost, coalesce(stored, 0) AS stored,
       coalesce(stored_cost, 0)::bigint AS stored_cost
FROM place JOIN evaluation_institution i ON i.id = place.institution_id
LEFT JOIN sheet USING (institution_id, month) LEFT JOIN moved USING (institution_id, month)
LEFT JOIN stored USING (institution_id, month)
ORDER BY i.code, place.month
"""


def lines(upload: Upload) -> list[dict]:
    """One line per institution and month, as Upload.effect keeps them; money in fen. In a transaction."""
    replaces = upload.mode == Upload.Mode.REPLACE
    place = (
        {"institution": upload.institution_id, "month": upload.month}
        if replaces
        else {"institution": None, "month": None}
    )
    with connection.cursor() as cursor:
        columns = ", ".join(COLUMNS)
        cursor.execute("DROP TABLE IF EXISTS sheet_case")
        cursor.execute(
            f"CREATE TEMPORARY TABLE sheet_case ON COMMIT DROP AS SELECT {columns} FROM evaluation_inpatientcase WITH NO DATA"
        )
        for chunk in one_ahead(ready, accepted_chunks(upload)):
            copy_rows(cursor, "sheet_case", COLUMNS, chunk.cases)
        cursor.execute("ANALYZE sheet_case")
        cursor.execute(LINES_SQL, place)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]


def repeated_rows(upload: Upload) -> int:
    """Rows that are stored, or stand in the sheet, under another record number or stay."""
    return sum(_repeated(upload))


def _repeated(upload: Upload) -> Iterator[int]:
    stays = RepeatedStays(upload)
    for rows in typed_chunks(upload):
        yield sum(len(finding.rows) for finding in stays.findings(rows))
