"""Keeps what outsiders read in step: the published table, made by rounding, and the values computed of it alone."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256

import pandas as pd
from django.conf import settings
from django.db import connection, transaction

from evaluation import frames
from evaluation.indicators.facts import CASES_BEHIND, USUAL_AMOUNTS
from evaluation.indicators.periods import months_between
from evaluation.indicators.publishing import OFFSET, STEP, UNIT, Rounding, published_facts, unit_of
from evaluation.indicators.scopes import Scope
from evaluation.models import DataState, Institution, Publication, StaleMark
from evaluation.services import values
from evaluation.services.apart import each_apart

Series = tuple[int, int | None, int]  # institution, partner, year


@transaction.atomic
def publish(marks: Sequence[StaleMark] | None = None) -> values.Faults:
    """Round anew what the marks made stale (None: everything) and compute the values that rest on it. Returns the
    institutions and consortia that failed; theirs stay as they were.

    A changed month changes the published ones after it in its year: the rounding is of running totals.
    """
    covered = frames.covered_months()
    first, last = covered or (None, None)
    DataState.objects.update(first_month=first, last_month=last, data_end=frames.data_end_day())
    every = [*range(first.year, last.year + 1)] if first and last else []
    if marks is None or not every or any(each.institution_id is None and each.consortium_id is None for each in marks):
        return _round_all(every) | values.recompute_values(edition=values.PUBLISHED)
    institutions = sorted({each.institution_id for each in marks if each.institution_id})
    years = sorted({each.month.year for each in marks if each.month}) or every
    failed = each_apart(lambda some: _round(some, years), institutions)
    return _of_institutions(failed) | values.recompute_values([*_widened(marks)], edition=values.PUBLISHED)


def _round_all(years: Sequence[int]) -> values.Faults:
    if not each_apart(lambda _all: _round(None, years), ["All published months at once"]):
        return {}
    institutions = list(Institution.objects.order_by("pk").values_list("pk", flat=True))
    return _of_institutions(each_apart(lambda some: _round(some, years), institutions))


def _of_institutions(failed: dict[int, str]) -> values.Faults:
    return {Scope(institution=institution): reason for institution, reason in failed.items()}


def published_groups(institutions: Sequence[int], year: int) -> pd.DataFrame:
    """institution, month, drg and the facts of cases, rounded like those of the institution; of published years only."""
    source = frames.source("cases")
    if not isinstance(source.published, Rounding):
        raise TypeError("cases are published rounded")
    exact = frames.case_groups(institutions, date(year, 1, 1), date(year, 12, 1))
    return published_facts(exact, source.published, _known_secrets(exact, source.published))


def _widened(marks: Iterable[StaleMark]) -> Iterable[StaleMark]:
    for mark in marks:
        months = months_between(mark.month, date(mark.month.year, 12, 1)) if mark.month else [None]
        for month in months:
            yield StaleMark(institution_id=mark.institution_id, consortium_id=mark.consortium_id, month=month)


def _round(institutions: Sequence[int] | None, years: Sequence[int]) -> None:
    """Replace the published months of these institutions and years (None: of all)."""
    with connection.cursor() as cursor:
        if institutions is None:
            cursor.execute("DELETE FROM evaluation_publishedfact")
        else:
            cursor.execute(
                "DELETE FROM evaluation_publishedfact WHERE extract(year FROM month) = ANY(%s)"
                " AND (institution_id = ANY(%s) OR partner_id = ANY(%s))",
                [list(years), list(institutions), list(institutions)],
            )
    for source in frames.sources():
        if isinstance(source.published, Rounding):
            for year in years:
                exact = source.rows(institutions, date(year, 1, 1), date(year, 12, 1))
                _write(source.name, published_facts(exact, source.published, _secrets(exact, source.published)))


def _write(source: str, rows: pd.DataFrame) -> None:
    names = [name for name in rows.columns if name not in ("institution", "partner", "month")]
    partners = rows["partner"] if "partner" in rows else [None] * len(rows)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY evaluation_publishedfact (source, institution_id, partner_id, month, facts) FROM STDIN"
        ) as copy,
    ):
        records = rows[names].to_dict("records")
        for place, partner, month, facts in zip(rows["institution"], partners, rows["month"], records, strict=True):
            copy.write_row((source, place, partner, date(month // 12, month % 12 + 1, 1), json.dumps(facts)))


def _secrets(facts: pd.DataFrame, rounding: Rounding) -> pd.DataFrame:
    """Offset and units of each series of a frame; those that are new are chosen, for ever."""
    series = _series_of(facts)
    if fresh := series - _known(series).keys():
        Publication.objects.bulk_create(
            [
                Publication(institution_id=place, partner_id=partner, year=year, offset=_offset(place, partner, year),
                            units={} if partner else units)
                for (place, partner, year), units in _with_units(fresh)
            ],
            ignore_conflicts=True,
        )  # fmt: skip
    return _known_secrets(facts, rounding)


def _series_of(facts: pd.DataFrame) -> set[Series]:
    partners = facts["partner"] if "partner" in facts else [None] * len(facts)
    return set(zip(facts["institution"].tolist(), list(partners), (facts["month"] // 12).tolist(), strict=True))


def _known_secrets(facts: pd.DataFrame, rounding: Rounding) -> pd.DataFrame:
    """institution, partner if the facts have one, year, offset, and a column per unit."""
    ends = [name for name in ("institution", "partner") if name in facts.columns]
    rows = [
        {"institution": place, "partner": partner, "year": year, OFFSET: offset}
        | {UNIT + name: units.get(name, usual) for name, usual in rounding.units.items()}
        for (place, partner, year), (offset, units) in _known(_series_of(facts)).items()
    ]
    columns = [*ends, "year", OFFSET, *(UNIT + name for name in rounding.units)]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys([*ends, "year", OFFSET], "int64"))


def _known(series: set[Series]) -> dict[Series, tuple[int, dict]]:
    rows = Publication.objects.filter(institution__in={place for place, _partner, _year in series})
    found = rows.values_list("institution", "partner", "year", "offset", "units")
    return {(place, partner, year): (offset, units) for place, partner, year, offset, units in found
            if (place, partner, year) in series}  # fmt: skip


def _offset(institution: int, partner: int | None, year: int) -> int:
    """From 0 to 4, known to who holds the patient key only."""
    key = hmac.digest(settings.PATIENT_KEY, b"offset of published numbers", sha256)
    digest = hmac.digest(key, f"{institution}|{partner or ''}|{year}".encode(), sha256)
    return int.from_bytes(digest[:8]) % STEP


def _with_units(series: set[Series]) -> Iterable[tuple[Series, dict]]:
    """What a case of the institution's level amounted to in the year before; of all levels where that tells too little."""
    levels = dict(Institution.objects.values_list("pk", "level"))
    of_year = {year: _units_of_levels(year - 1) for year in {year for _place, _partner, year in series}}
    for each in sorted(series, key=str):
        by_level = of_year[each[2]]
        yield each, by_level.get(levels[each[0]]) or by_level[""]


def _units_of_levels(year: int) -> dict[str, dict]:
    """By level, "" being all of them."""
    columns = sorted({*CASES_BEHIND, *CASES_BEHIND.values()})
    sums = ", ".join(f"COALESCE(sum({column}), 0)::float8" for column in columns)
    frame = frames.read_frame(
        f"SELECT level, {sums} FROM evaluation_casecell JOIN evaluation_institution i ON i.id = institution_id"
        " WHERE month BETWEEN %s AND %s GROUP BY level",
        [date(year, 1, 1), date(year, 12, 1)],
        {"level": "str", **dict.fromkeys(columns, "float64")},
    ).set_index("level")
    everywhere = _units(frame.sum(), USUAL_AMOUNTS)
    return {"": everywhere} | {str(level): _units(row, everywhere) for level, row in frame.iterrows()}


def _units(sums: pd.Series, otherwise: dict[str, float]) -> dict[str, float]:
    """Units are whole where the facts are."""
    found = {}
    for amount, cases in CASES_BEHIND.items():
        unit = unit_of(float(sums[amount]), float(sums[cases])) or otherwise[amount]
        found[amount] = unit if isinstance(USUAL_AMOUNTS[amount], float) else max(1, int(unit))
    return found
