"""The one bridge from the database to pandas, with the column types written down.

A frame source gives facts per institution and month, exact or as they are published to outsiders. Other apps add theirs in
their own frames.py (`SOURCES`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

import pandas as pd
from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify

from evaluation.discovery import collected
from evaluation.indicators.calculation import Facts, Window, month_number
from evaluation.indicators.facts import (
    CASE_COUNTS,
    CASE_FACTS,
    CASE_INDICES,
    CASE_MAXIMA,
    CASES_BEHIND,
    GROUP_FACTS,
    USUAL_AMOUNTS,
)
from evaluation.indicators.periods import Period
from evaluation.indicators.publishing import Rounding
from evaluation.models import Institution, Membership, StaleMark

MONTH_NUMBER = "(extract(year FROM {0}) * 12 + extract(month FROM {0}) - 1)::int"
ALWAYS = 12 * 10000


def own_month(month: date) -> list[date]:
    return [month]


def of_period(period: Period) -> list[date]:
    return period.months


class Unrounded(Enum):
    """Facts that need no rounding before outsiders read what is computed of them."""

    EXACT = auto()  # of institutions, not of people: money, beds, staff, devices
    DISTINCT = auto()  # to be counted, not added up: the counts are rounded (indicators/publishing.py)


@dataclass(frozen=True)
class FrameSource:
    """Facts under a name. `query(institutions, first, last)` gives SQL with its parameters; `dtypes` the columns.

    A source that sums another one's facts names it in `sums`, with the function that does; then it has no query.
    `published` says how its facts are rounded for outsiders; those of a sum are summed from the other's published ones.
    """

    name: str
    dtypes: Mapping[str, str]
    table: str
    published: Rounding | Unrounded | None = None
    query: Callable[[Sequence[int] | None, date, date], tuple[str, list]] | None = None
    sums: tuple[str, Callable[[pd.DataFrame], pd.DataFrame]] | None = None
    window: Window = of_period
    within: tuple[str, ...] = ()
    stale: StaleMark.Source = StaleMark.Source.VALUES  # the marks that say these facts changed
    concerns: Callable[[date], list[date]] = own_month  # the months whose values rest on a month's facts

    def read(
        self, institutions: Sequence[int] | None, first: date, last: date, *, for_outsiders: bool = False
    ) -> Facts:
        """Facts of the institutions (None: all) for the months from first to last."""
        return Facts(self.rows(institutions, first, last, for_outsiders=for_outsiders), self.window, self.within)

    def rows(
        self,
        institutions: Sequence[int] | None,
        first: date,
        last: date,
        *,
        for_outsiders: bool = False,
        own: int | None = None,
    ) -> pd.DataFrame:
        """`own`: the outsider's institution, whose rows (and pairs) come exact all the same. One query."""
        if self.sums:
            name, add_up = self.sums
            return add_up(source(name).rows(institutions, first, last, for_outsiders=for_outsiders, own=own))
        if self.query is None:
            raise TypeError(f"{self.name} has neither a query nor a sum")
        query, params = self.query(institutions, first, last)
        if for_outsiders and isinstance(self.published, Rounding):
            query, params = _published_query(self, institutions, first, last, own)
            if own is not None:
                exact, more = self.query([own], first, last)
                query, params = f"({query}) UNION ALL ({exact})", [*params, *more]
        return read_frame(query, params, self.dtypes)


def _published_query(
    source: FrameSource, institutions: Sequence[int] | None, first: date, last: date, own: int | None
) -> tuple[str, list]:
    """The rows of the published table in the form of the exact ones, without the own. A latest day is the end of its month."""
    columns = {"institution": "institution_id", "month": MONTH_NUMBER.format("month"), "partner": "partner_id"}
    month_end = "((month + interval '1 month')::date - 1 - DATE '1970-01-01')"
    selected = []
    for name, dtype in source.dtypes.items():
        if name in columns:
            selected.append(columns[name])
        elif name in CASE_MAXIMA:
            selected.append(f"CASE WHEN (facts->>'index_stays')::bigint > 0 THEN {month_end} ELSE 0 END")
        else:
            selected.append(f"(facts->>'{name}')::{'float8' if dtype == 'float64' else 'bigint'}")
    where, params = "source = %s AND month BETWEEN %s AND %s", [source.name, first, last]
    if institutions is not None:
        where += " AND (institution_id = ANY(%s) OR partner_id = ANY(%s))"
        params += [list(institutions)] * 2
    if own is not None:
        where += " AND institution_id <> %s AND partner_id IS DISTINCT FROM %s"
        params += [own, own]
    return f"SELECT {', '.join(selected)} FROM evaluation_publishedfact WHERE {where}", params


def read_frame(query: str, params: Sequence, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a query as a typed frame; COPY is several times as fast as fetching tuples."""
    buffer = io.BytesIO()
    connection.ensure_connection()
    statement = mogrify(f"COPY ({query}) TO STDOUT (FORMAT csv)", params, connection)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    return pd.read_csv(buffer, names=list(dtypes), dtype=dict(dtypes), keep_default_na=False, na_values=[""])


def within_clause(institutions: Sequence[int] | None, column: str = "institution_id") -> tuple[str, list]:
    return (f" AND {column} = ANY(%s)", [list(institutions)]) if institutions is not None else ("", [])


def _cell_query(columns: Sequence[str], by: Sequence[str], where: str = ""):
    totals = ", ".join(f"{'max' if column in CASE_MAXIMA else 'sum'}({column})" for column in columns)
    keys = ", ".join(("institution_id", "month", *by))

    def query(institutions, first, last):
        clause, params = within_clause(institutions)
        selected = ", ".join(("institution_id", MONTH_NUMBER.format("month"), *by, totals))
        return (
            f"SELECT {selected} FROM evaluation_casecell WHERE month BETWEEN %s AND %s{where}{clause} GROUP BY {keys}",
            [first, last, *params],
        )

    return query


def case_groups(institutions: Sequence[int], first: date, last: date) -> pd.DataFrame:
    """All facts of cases by DRG: institution, month, drg and CASE_FACTS."""
    query, params = _cell_query(CASE_FACTS, ("drg",), " AND drg <> ''")(institutions, first, last)
    dtypes = {**PLACE, "drg": "str", **dict.fromkeys(CASE_FACTS, "int64"), **dict.fromkeys(CASE_INDICES, "float64")}
    return read_frame(query, params, dtypes)


def _upload_query(institutions, first, last):
    clause, params = within_clause(institutions, "counted.institution_id")
    return (
        f"""SELECT counted.institution_id, {MONTH_NUMBER.format("counted.month")},
                   sum(counted.rows_read), sum(counted.rows_accepted)
            FROM evaluation_uploadmonth counted JOIN evaluation_upload upload ON upload.id = counted.upload_id
            WHERE upload.status = 'submitted' AND upload.dataset = 'cases' AND counted.month BETWEEN %s AND %s{clause}
            GROUP BY counted.institution_id, counted.month""",
        [first, last, *params],
    )


SUBMITTED_MONTHS = """
    SELECT counted.month FROM evaluation_uploadmonth counted JOIN evaluation_upload upload ON upload.id = counted.upload_id
    WHERE upload.status = 'submitted' AND upload.dataset = 'cases'
"""
PLACE = {"institution": "int64", "month": "int64"}
SOURCES = (
    FrameSource(
        name="cases",
        query=_cell_query(CASE_FACTS, ()),
        dtypes={**PLACE, **dict.fromkeys(CASE_FACTS, "int64"), **dict.fromkeys(CASE_INDICES, "float64")},
        table="evaluation_casecell",
        published=Rounding(CASE_COUNTS, CASES_BEHIND, USUAL_AMOUNTS),
    ),
    FrameSource(
        name="case_groups",
        query=_cell_query(GROUP_FACTS, ("drg",), " AND drg <> ''"),
        dtypes={**PLACE, "drg": "category", **dict.fromkeys(GROUP_FACTS, "int64")},
        table="evaluation_casecell",
        published=Unrounded.DISTINCT,
        within=("drg",),
    ),
    FrameSource(
        name="uploads",
        query=_upload_query,
        dtypes={**PLACE, "rows_read": "int64", "rows_accepted": "int64"},
        table=f"({SUBMITTED_MONTHS}) AS counted",
        published=Rounding(("rows_read", "rows_accepted")),
    ),
)


def sources() -> tuple[FrameSource, ...]:
    return collected("frames", "SOURCES")


def source(name: str) -> FrameSource:
    return next(each for each in sources() if each.name == name)


def covered_months() -> tuple[date, date] | None:
    """The first and the last month of which any source has facts."""
    tables = sorted({source.table for source in sources()})
    union = " UNION ALL ".join(f"(SELECT min(month), max(month) FROM {table})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(spans.first), max(spans.last) FROM ({union}) AS spans(first, last)")
        first, last = cursor.fetchone()
    return (first, last) if first else None


@dataclass(frozen=True)
class Span:
    """What is there: the months with facts, the institutions with cases by month, the latest discharge (days since 1970,
    0: none)."""

    covered: tuple[date, date] | None
    delivered: dict[date, frozenset[int]]
    data_end: int


def delivered_span() -> Span:
    """One query over the cells, and the ends of the other sources."""
    others = sorted({source.table for source in sources()} - {"evaluation_casecell"})
    ends = " ".join(
        f"UNION ALL (SELECT NULL, min(month), NULL FROM {table}) UNION ALL (SELECT NULL, max(month), NULL FROM {table})"
        for table in others
    )
    return _span(
        "(SELECT institution_id, month, max(last_discharge_day) FROM evaluation_casecell GROUP BY institution_id, month)"
        + ends
    )


def published_span(own: int | None) -> Span:
    """The same as outsiders see it: only who has published discharges has delivered, but for the own institution."""
    published = """(SELECT institution_id, month, NULL::int FROM evaluation_publishedfact
            WHERE source = 'cases' AND (facts->>'discharges')::bigint > 0 AND institution_id <> %s)
        UNION ALL (SELECT NULL, first_month, data_end FROM evaluation_datastate)
        UNION ALL (SELECT NULL, last_month, data_end FROM evaluation_datastate)"""
    if own is None:
        return _span(published, [0])
    exact = "(SELECT DISTINCT institution_id, month, NULL::int FROM evaluation_casecell WHERE institution_id = %s)"
    return _span(f"{published} UNION ALL {exact}", [own, own])


def _span(query: str, params: Sequence = ()) -> Span:
    """Of rows institution, month, latest discharge; without an institution they only say how far facts reach."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = [row for row in cursor.fetchall() if row[1] is not None]
    months = [month for _institution, month, _day in rows]
    delivered: dict[date, set[int]] = {}
    for institution, month, _day in rows:
        if institution is not None:
            delivered.setdefault(month, set()).add(institution)
    return Span(
        (min(months), max(months)) if months else None,
        {month: frozenset(found) for month, found in delivered.items()},
        max((day for _institution, _month, day in rows if day is not None), default=0),
    )


def institutions() -> pd.DataFrame:
    rows = list(Institution.objects.order_by("pk").values_list("pk", "level"))
    return pd.DataFrame(rows, columns=["institution", "level"]).astype({"institution": "int64", "level": "object"})


def memberships() -> pd.DataFrame:
    """consortium, institution, first and last month number; a member of any day is a member of the month."""
    rows = [
        (consortium, institution, month_number(joined), month_number(left) if left else ALWAYS)
        for consortium, institution, joined, left in Membership.objects.order_by("pk").values_list(
            "consortium", "institution", "joined_on", "left_on"
        )
    ]
    return pd.DataFrame(rows, columns=["consortium", "institution", "first", "last"]).astype("int64")


def data_end_day() -> int | None:
    """The latest discharge in the whole database, in days since 1970-01-01; follow-up is complete 30 days before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(last_discharge_day) FROM evaluation_casecell"
            " WHERE month = (SELECT max(month) FROM evaluation_casecell)"
        )
        return cursor.fetchone()[0]
