"""Computes, rates and stores indicator values of the scopes and periods that marks name."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

from evaluation import frames
from evaluation.discovery import collected
from evaluation.indicators.calculation import calculate_values, month_number
from evaluation.indicators.definition import Indicator, RatedOn, Theme
from evaluation.indicators.periods import Period, add_months, elapsed_share, months_between, periods_between, periods_of
from evaluation.indicators.scopes import Scope, band, scopes_of
from evaluation.models import IndicatorValue, Institution, Membership, StaleMark, Threshold
from evaluation.rating.lights import Light, Limits, Rating, rate
from evaluation.services import staleness

VALUE_COLUMNS = (
    "indicator", "institution_id", "consortium_id", "level", "period", "numerator", "denominator", "value", "cases",
    "rated_numerator", "rated_denominator", "last_index_day", "light", "reason", "reason_values", "version", "computed_at",
)  # fmt: skip


@cache
def indicators() -> tuple[Indicator, ...]:
    """The whole catalogue, in display order: by theme, within a theme as the apps list them."""
    themes = list(Theme)
    return tuple(sorted(collected("indicators", "INDICATORS"), key=lambda each: themes.index(each.theme)))


@transaction.atomic
def recompute_values(marks: Sequence[StaleMark] | None = None, chosen: Sequence[Indicator] | None = None) -> None:
    """Compute the values that the marks make stale, or all (None); of the chosen indicators, or all.

    The caller holds the lock on values (services/recompute.py): two writers of one consortium would miss each other.
    """
    staleness.pages_changed()
    covered = frames.covered_months()
    if covered is None:
        IndicatorValue.objects.all().delete()
        return
    first, last = covered
    grid, chosen = periods_between(first, last), chosen or indicators()
    if marks is None or any(mark.institution_id is None and mark.consortium_id is None for mark in marks):
        IndicatorValue.objects.filter(indicator__in=[each.code for each in chosen]).delete()
        _write(_compute(grid, first, last, None, None, chosen))
        return
    _fit_to(grid, first, last)
    institutions, consortia = _touched(marks)
    periods = [period for period in grid if period in _periods_of(marks, grid)]
    _replace(periods, first, last, institutions, consortia, chosen)
    touched = set(periods)
    later = [period for period in grid if period.year_before in touched and period not in touched]
    _replace(later, first, last, institutions, consortia, [each for each in chosen if each.looks_back])


def _fit_to(grid: Sequence[Period], first: date, last: date) -> None:
    """The covered months grew or shrank: everyone gets the new periods, periods that are no more go."""
    known = set(IndicatorValue.objects.order_by().values_list("period", flat=True).distinct())
    IndicatorValue.objects.filter(period__in=known - {period.code for period in grid}).delete()
    if fresh := [period for period in grid if period.code not in known]:
        _write(_compute(fresh, first, last, None, None, indicators()))


def _touched(marks: Iterable[StaleMark]) -> tuple[set[int], set[int]]:
    """The institutions whose own values are stale, and the consortia whose are: those they ever belonged to."""
    institutions = {mark.institution_id for mark in marks if mark.institution_id}
    consortia = {mark.consortium_id for mark in marks if mark.consortium_id}
    consortia |= set(Membership.objects.filter(institution__in=institutions).values_list("consortium", flat=True))
    return institutions, consortia


def _periods_of(marks: Iterable[StaleMark], grid: Iterable[Period]) -> set[Period]:
    months = {mark.month for mark in marks}
    return set(grid) if None in months else {period for month in months for period in periods_of(month)}


def _replace(periods, first, last, institutions, consortia, chosen) -> None:
    if not periods or not chosen:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM evaluation_indicatorvalue WHERE period = ANY(%s) AND indicator = ANY(%s)"
            " AND (institution_id = ANY(%s) OR consortium_id = ANY(%s))",
            [[p.code for p in periods], [each.code for each in chosen], list(institutions), list(consortia)],
        )
    _write(_compute(periods, first, last, institutions, consortia, chosen))


def _compute(
    periods: Sequence[Period],
    first: date,
    last: date,
    institutions: set[int] | None,
    consortia: set[int] | None,
    chosen: Sequence[Indicator],
) -> list[tuple]:
    """Rows of the value table for all scopes (None), or those of some institutions and consortia."""
    earliest = min(min(period.first, date(period.last.year, 1, 1)) for period in periods)
    looks_back = any(indicator.looks_back for indicator in chosen)
    start, end = max(first, add_months(earliest, -12 if looks_back else 0)), min(last, max(p.last for p in periods))
    places, members = frames.institutions(), frames.memberships()
    if consortia is not None and institutions is not None:
        members = members[members["consortium"].isin(list(consortia))]
        places = places[places["institution"].isin(institutions | set(members["institution"]))]
    until = max(period.last for period in periods)  # a plan counts to the end of its year
    calendar = [month_number(month) for month in months_between(start, until)]
    scopes, table = scopes_of(places, members, calendar)
    if institutions is not None:
        wanted = [i for i, scope in enumerate(scopes) if scope.institution is None or scope.institution in institutions]
        table = table[table["scope"].isin(wanted)]
    readable = None if institutions is None else [int(i) for i in places["institution"]]
    needed = {name for indicator in chosen for name in indicator.facts}
    facts = {
        source.name: source.read(readable, max(start, earliest) if source.within else start, end)
        for source in frames.sources()
        if source.name in needed
    }
    values = calculate_values(facts, table, periods, chosen)
    return _rated(values, scopes, {period.code: period for period in periods}, chosen, last)


def _rated(
    values: pd.DataFrame, scopes: list[Scope], periods: dict[str, Period], chosen: Sequence[Indicator], until: date
) -> list[tuple]:
    by_code = {indicator.code: indicator for indicator in chosen}
    limits = limits_by_place()
    levels = dict(Institution.objects.values_list("pk", "level"))
    now = timezone.now()
    rows = []
    for row in values.itertuples(index=False):
        scope, indicator = scopes[row.scope], by_code[row.indicator]
        rating = rate_value(
            indicator,
            Rated(_number(row.value), _number(row.cases), _number(row.rated_numerator), _number(row.rated_denominator)),
            periods[row.period],
            place_of(scope, levels),
            limits,
            until,
        )
        rows.append(
            (
                row.indicator, scope.institution, scope.consortium, scope.level, row.period,
                _number(row.numerator), _number(row.denominator), _number(row.value), _whole(row.cases),
                _number(row.rated_numerator), _number(row.rated_denominator), _whole(row.last_index_day),
                rating.light.value, rating.reason, json.dumps(rating.values), indicator.version, now,
            )
        )  # fmt: skip
    return rows


def place_of(scope: Scope, levels: dict[int, str]) -> str:
    """Whose limits hold: the level's band, or the consortium's."""
    if scope.institution is not None:
        return band(levels[scope.institution])
    return band(scope.level) if scope.level else Threshold.For.CONSORTIUM.value


def limits_by_place() -> dict[tuple[str, str], Limits]:
    return {
        (t.indicator, t.level): Limits(t.green_low, t.green_high, t.red_low, t.red_high)
        for t in Threshold.objects.all()
    }


@dataclass(frozen=True)
class Rated:
    """A value with what its light judges, where that is another number."""

    value: float | None
    cases: float | None
    rated_numerator: float | None = None
    rated_denominator: float | None = None


def rate_value(
    indicator: Indicator,
    rated: Rated,
    period: Period,
    place: str,
    limits: dict,
    until: date,
) -> Rating:
    """The rating of one value by the limits of its place. `until`: the last covered month, up to which a period that is not
    over yet is compared with the year."""
    if indicator.rated_on is not None and rated.value is not None:
        return _rate_instead(indicator.rated_on, rated, limits.get((indicator.code, place)))
    return rate(
        rated.value,
        rated.cases if indicator.counts_cases and not indicator.is_sum else None,
        limits.get((indicator.code, place)),
        distance_from=elapsed_share(period, until) if indicator.from_elapsed_share else None,
    )


def _rate_instead(rated_on: RatedOn, rated: Rated, limits: Limits | None) -> Rating:
    """The light of the number that is judged in the place of the value."""
    if not rated.rated_denominator:
        return Rating(Light.GREY, rated_on.none)
    number = (rated.rated_numerator or 0) / rated.rated_denominator
    rating = rate(number, rated.rated_denominator, limits)
    return Rating(Light.GREY, rated_on.too_few) if "cases" in rating.values else rating


def _write(rows: list[tuple]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY evaluation_indicatorvalue ({', '.join(VALUE_COLUMNS)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


@transaction.atomic
def rate_again() -> None:
    """Limits changed: give every value its light anew."""
    staleness.pages_changed()
    limits, by_code = limits_by_place(), {indicator.code: indicator for indicator in indicators()}
    levels = dict(Institution.objects.values_list("pk", "level"))
    covered = frames.covered_months()
    until = covered[1] if covered else date.max
    changed = []
    for value in IndicatorValue.objects.iterator(chunk_size=5000):
        scope = Scope(value.institution_id, value.consortium_id, value.level)
        indicator = by_code[value.indicator]
        rated = Rated(value.value, value.cases, value.rated_numerator, value.rated_denominator)
        rating = rate_value(indicator, rated, Period.parse(value.period), place_of(scope, levels), limits, until)
        if (value.light, value.reason, value.reason_values) != (rating.light, rating.reason, rating.values):
            value.light, value.reason, value.reason_values = rating.light.value, rating.reason, rating.values
            changed.append(value)
    IndicatorValue.objects.bulk_update(changed, ["light", "reason", "reason_values"], batch_size=2000)


def _number(number: float) -> float | None:
    return None if number is None or math.isnan(number) else float(number)


def _whole(number: float) -> int | None:
    return None if number is None or math.isnan(number) else int(number)
