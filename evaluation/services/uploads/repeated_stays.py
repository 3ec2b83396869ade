"""V26: stays of a sheet that are there already under another record number, most often one that lost its zeros."""

from __future__ import annotations

import numpy as np
import pandas as pd
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from evaluation.importing.checks import KeyMemory
from evaluation.importing.findings import Finding
from evaluation.importing.problems import Severity
from evaluation.models import Institution, Upload

RULE, COLUMN = "V26", "record_no"
SHORTENED = _(
    "The stay is stored under %(record)s, stay %(stay)s: the record number here has lost its leading zeros. Format the "
    "column as text and deliver the sheet again; accepted as it is, the case counts twice."
)
COMPLETED = _(
    "The stay is stored under %(record)s, stay %(stay)s, which has lost its leading zeros. Replace the month whole with "
    "this sheet; accepted as an addition, the case counts twice."
)
ELSEWHERE = _(
    "The same patient, admission, discharge and total cost are stored under %(record)s, stay %(stay)s. "
    "Correct the record number, or accept the row if these are two stays."
)
TWICE = _(
    "The same patient, admission, discharge and total cost as row %(first)s, under another record number or stay. "
    "Take one of them out, or accept the row if these are two stays."
)
MOSTLY_SHORTENED = _(
    "%(count)s of %(rows)s record numbers are stored for their month with leading zeros (%(record)s, here %(given)s): "
    "this sheet has lost them. Format the column as text and deliver the sheet again, or the cases count twice."
)

# Each row looks its patient up by the index; OFFSET 0 keeps the planner from reading all cases.
STORED_SQL = """
SELECT DISTINCT ON (s.row) s.row, s.record_no, c.record_no, c.stay_no
FROM unnest(%(row)s::int[], %(institution)s::bigint[], %(record_no)s::text[], %(stay_no)s::int[], %(patient)s::bytea[],
            %(admitted)s::date[], %(discharged)s::date[], %(total_cost)s::bigint[])
     AS s ("row", institution_id, record_no, stay_no, patient_hash, admitted, discharged, total_cost)
CROSS JOIN LATERAL (
    SELECT c.* FROM evaluation_inpatientcase c
    WHERE c.is_current AND c.patient_hash = s.patient_hash AND c.institution_id = s.institution_id
      AND c.admitted_at >= s.admitted::timestamp AT TIME ZONE %(zone)s
      AND c.admitted_at < (s.admitted + 1)::timestamp AT TIME ZONE %(zone)s
    OFFSET 0
) c
WHERE c.total_cost = s.total_cost AND (c.discharged_at AT TIME ZONE %(zone)s)::date = s.discharged
  AND (c.record_no, c.stay_no) <> (s.record_no, s.stay_no)
  AND (c.institution_id, c.month) IS DISTINCT FROM (%(replaced_institution)s::bigint, %(replaced_month)s::date)
ORDER BY s.row, c.id
"""
FILLED_SQL = """
SELECT p.institution_id, p.month FROM unnest(%s::bigint[], %s::date[]) AS p (institution_id, month)
WHERE EXISTS (
    SELECT FROM evaluation_inpatientcase c
    WHERE c.is_current AND c.institution_id = p.institution_id AND c.month = p.month
)
"""
WITH_ZEROS_SQL = """
SELECT institution_id, month, stay_no, ltrim(record_no, '0'), max(record_no) FROM evaluation_inpatientcase
WHERE is_current AND record_no LIKE '0%%'
  AND (institution_id, month) IN (SELECT * FROM unnest(%s::bigint[], %s::date[]))
GROUP BY institution_id, month, stay_no, ltrim(record_no, '0')
"""


class RepeatedStays:
    """One run over the accepted rows of a sheet of cases, chunk by chunk."""

    def __init__(self, upload: Upload) -> None:
        self.heading = upload.headings.get(COLUMN, COLUMN)
        self.places = dict(Institution.objects.values_list("code", "pk"))
        self.stays = KeyMemory()
        self.rows = self.shortened = 0
        self.example: dict[str, object] = {}
        replaces = upload.mode == Upload.Mode.REPLACE  # what is stored for the month goes
        self.replaced = (upload.institution_id, upload.month) if replaces else (None, None)

    def findings(self, accepted: pd.DataFrame) -> list[Finding]:
        """Rows (typed) that are stored under another number, and rows that repeat an earlier one of the sheet."""
        if accepted.empty:
            return []
        stays = accepted[["institution", "patient_id", "total_cost", "record_no", "stay_no"]].assign(
            place=accepted["institution"].map(self.places),
            admitted=accepted["admitted_at"].dt.normalize(),
            discharged=accepted["discharged_at"].dt.normalize(),
        )
        self._count_shortened(stays)
        stored = self._stored(stays[_has_cases(stays)])
        same = self.stays.first_rows(stays[["institution", "patient_id", "admitted", "discharged", "total_cost"]])
        twice = same[same.notna() & ~same.index.isin(stored.index)]
        return [*self._of_stored(stored), *self._of_sheet(twice, accepted)]

    def of_whole_sheet(self) -> list[Finding]:
        """When all rows have passed: most of the record numbers lack the zeros of those that are stored."""
        if 2 * self.shortened < self.rows or not self.shortened:
            return []
        said = {"count": self.shortened, "rows": self.rows, **self.example}
        values = {name: np.array([value], dtype=object) for name, value in said.items()}
        everything = np.array([None], dtype=object)
        return [Finding(self.heading, Severity.WARNING, RULE, MOSTLY_SHORTENED, everything, values)]

    def _stored(self, stays: pd.DataFrame) -> pd.DataFrame:
        institution, month = self.replaced
        values = {
            "row": stays.index.tolist(), "institution": stays["place"].tolist(), "record_no": stays["record_no"].tolist(),
            "stay_no": stays["stay_no"].tolist(), "patient": [bytes.fromhex(each) for each in stays["patient_id"]],
            "admitted": stays["admitted"].dt.date.tolist(), "discharged": stays["discharged"].dt.date.tolist(),
            "total_cost": stays["total_cost"].tolist(), "zone": timezone.get_default_timezone_name(),
            "replaced_institution": institution, "replaced_month": month,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(STORED_SQL, values)
            found = pd.DataFrame(cursor.fetchall(), columns=["row", "cell", "record", "stay"])
        return found.set_index("row")

    def _of_stored(self, stored: pd.DataFrame) -> list[Finding]:
        if stored.empty:
            return []
        is_same = stored["cell"].str.lstrip("0") == stored["record"].str.lstrip("0")
        longer = stored["record"].str.len() - stored["cell"].str.len()
        kinds = ((SHORTENED, is_same & (longer > 0)), (COMPLETED, is_same & (longer < 0)))
        rest = ~(kinds[0][1] | kinds[1][1])
        return [self._finding(message, stored[mask]) for message, mask in (*kinds, (ELSEWHERE, rest)) if mask.any()]

    def _of_sheet(self, twice: pd.Series, accepted: pd.DataFrame) -> list[Finding]:
        if twice.empty:
            return []
        cells = accepted.loc[twice.index, "record_no"]
        return [self._finding(TWICE, pd.DataFrame({"cell": cells, "first": twice}))]

    def _finding(self, message: str, rows: pd.DataFrame) -> Finding:
        values = {name: rows[name].to_numpy(dtype=object) for name in rows.columns}
        return Finding(self.heading, Severity.WARNING, RULE, message, rows.index.to_numpy(), values)

    def _count_shortened(self, stays: pd.DataFrame) -> None:
        """Rows whose record number is stored for the same month and stay, but with zeros before it."""
        self.rows += len(stays)
        bare = stays[~stays["record_no"].str.startswith("0")]
        if bare.empty:
            return
        wanted = bare.assign(month=bare["discharged"].dt.to_period("M").dt.to_timestamp())
        complete = _with_zeros(wanted[["place", "month"]].drop_duplicates())
        wanted = wanted.merge(complete, on=["place", "month", "stay_no", "record_no"])
        self.shortened += len(wanted)
        if len(wanted) and not self.example:
            self.example = {"record": wanted["complete"].iloc[0], "given": wanted["record_no"].iloc[0]}


def _has_cases(stays: pd.DataFrame) -> pd.Series:
    """Whether cases are stored for the institution and month of a stay: in a month that is delivered first there is nothing
    to look up."""
    months = stays["discharged"].dt.to_period("M").dt.to_timestamp()
    partitions = pd.DataFrame({"place": stays["place"], "month": months}).drop_duplicates()
    with connection.cursor() as cursor:
        cursor.execute(FILLED_SQL, [partitions["place"].tolist(), partitions["month"].dt.date.tolist()])
        filled = set(cursor.fetchall())
    has = {(place, month): (place, month.date()) in filled for place, month in partitions.itertuples(index=False)}
    return pd.Series(list(zip(stays["place"], months, strict=True)), stays.index, dtype=object).map(has).astype(bool)


def _with_zeros(partitions: pd.DataFrame) -> pd.DataFrame:
    """Current record numbers that begin with zeros, by place, month, stay and the number without them."""
    with connection.cursor() as cursor:
        cursor.execute(WITH_ZEROS_SQL, [partitions["place"].tolist(), partitions["month"].dt.date.tolist()])
        found = pd.DataFrame(cursor.fetchall(), columns=["place", "month", "stay_no", "record_no", "complete"])
    kinds = {"place": "int64", "month": "datetime64[us]", "stay_no": "int64", "record_no": "str", "complete": "str"}
    return found.astype(kinds)
