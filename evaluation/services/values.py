"""Computes, rates and stores indicator values of the scopes and periods that marks name."""

from __future__ import annotations

import json
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
from evaluation.indicators.publishing import as_published
from evaluation.indicators.scopes import Scope, band, scopes_of
from evaluation.models import Consortium, IndicatorValue, Institution, Membership, PublishedValue, StaleMark, Threshold
from evaluation.rating.lights import Light, Limits, Rating, rate
from evaluation.services import staleness
from evaluation.services.apart import each_apart

VALUE_COLUMNS = (
    "indicator", "institution_id", "consortium_id", "level", "period", "numerator", "denominator", "value", "cases",
    "rated_numerator", "rated_denominator", "last_index_day", "light", "reason", "reason_values", "version", "computed_at",
)  # fmt: skip
Faults = dict[Scope, str]  # institutions or consortia, and why their values could not be computed


@dataclass(frozen=True)
class Edition:
    """The exact values, or those computed of published months for outsiders: the same roll-up, each in its table."""

    model: type[IndicatorValue] | type[PublishedValue]
    for_outsiders: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table


EXACT, PUBLISHED = Edition(IndicatorValue), Edition(PublishedValue, for_outsiders=True)


@cache
def indicators() -> tuple[Indicator, ...]:
    """The whole catalogue, in display order: by theme, within a theme as the apps list them."""
    themes = list(Theme)
    return tuple(sorted(collected("indicators", "INDICATORS"), key=lambda each: themes.index(each.theme)))


@transaction.atomic
def recompute_values(
    marks: Sequence[StaleMark] | None = None,
    chosen: Sequence[Indicator] | None = None,
    edition: Edition = EXACT,
) -> Faults:
    """Compute the values that the marks make stale, or all (None); of the chosen indicators, or all. Returns the
    institutions and consortia whose values could not be computed and stay as they were.

    The caller holds the lock on values (services/recompute.py): two writers of one consortium would miss each other.
    """
    covered = frames.covered_months()
    if covered is None:
        edition.model.objects.all().delete()
        faults: Faults = {}
    else:
        faults = _recompute_within(edition, *covered, marks, chosen or indicators())
    staleness.pages_changed()
    return faults


def _recompute_within(
    edition: Edition, first: date, last: date, marks: Sequence[StaleMark] | None, chosen: Sequence[Indicator]
) -> Faults:
    grid = periods_between(first, last)
    if marks is None or any(mark.institution_id is None and mark.consortium_id is None for mark in marks):
        edition.model.objects.exclude(period__in=[period.code for period in grid]).delete()
        return _replace(edition, grid, first, last, None, chosen)
    faults = _fit_to(edition, grid, first, last)
    places = _touched(marks)
    periods = [period for period in grid if period in _periods_of(marks, grid)]
    faults |= _replace(edition, periods, first, last, places, chosen)
    touched = set(periods)
    later = [period for period in grid if period.year_before in touched and period not in touched]
    return faults | _replace(edition, later, first, last, places, [each for each in chosen if each.looks_back])


def _fit_to(edition: Edition, grid: Sequence[Period], first: date, last: date) -> Faults:
    """The covered months grew or shrank: everyone gets the new periods, periods that are no more go."""
    values = edition.model.objects
    known = set(values.order_by().values_list("period", flat=True).distinct())
    values.filter(period__in=known - {period.code for period in grid}).delete()
    fresh = [period for period in grid if period.code not in known]
    return _replace(edition, fresh, first, last, None, indicators())


def _touched(marks: Iterable[StaleMark]) -> list[Scope]:
    """The institutions whose own values are stale, and the consortia whose are: those they ever belonged to."""
    institutions = {mark.institution_id for mark in marks if mark.institution_id}
    consortia = {mark.consortium_id for mark in marks if mark.consortium_id}
    consortia |= set(Membership.objects.filter(institution__in=institutions).values_list("consortium", flat=True))
    return _places(institutions, consortia)


def _places(institutions: Iterable[int], consortia: Iterable[int]) -> list[Scope]:
    return [
        *(Scope(institution=institution) for institution in sorted(institutions)),
        *(Scope(consortium=consortium) for consortium in sorted(consortia)),
    ]


def _periods_of(marks: Iterable[StaleMark], grid: Iterable[Period]) -> set[Period]:
    months = {mark.month for mark in marks}
    return set(grid) if None in months else {period for month in months for period in periods_of(month)}


def _replace(
    edition: Edition,
    periods: Sequence[Period],
    first: date,
    last: date,
    places: Sequence[Scope] | None,
    chosen: Sequence[Indicator],
) -> Faults:
    """Write the values of the places, or of all (None), anew: those of one that fails stay, and keep no other from theirs."""
    if not periods or not chosen:
        return {}
    delete = f"DELETE FROM {edition.table} WHERE period = ANY(%s) AND indicator = ANY(%s)"
    indices = [[period.code for period in periods], [each.code for each in chosen]]

    def of_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(delete, indices)
        _write(edition, _compute(edition, periods, first, last, None, None, chosen))

    def of_some(some: Sequence[Scope]) -> None:
        institutions = {each.institution for each in some if each.institution}
        consortia = {each.consortium for each in some if each.consortium}
        with connection.cursor() as cursor:
            only = " AND (institution_id = ANY(%s) OR consortium_id = ANY(%s))"
            cursor.execute(f"{delete}{only}", [*indices, list(institutions), list(consortia)])
        _write(edition, _compute(edition, periods, first, last, institutions, consortia, chosen))

    if places is not None:
        return each_apart(of_some, places)
    if not each_apart(lambda _all: of_all(), ["All values at once"]):
        return {}
    own = (model.objects.values_list("pk", flat=True) for model in (Institution, Consortium))
    return each_apart(of_some, _places(*own))


def _compute(
    edition: Edition,
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
        source.name: source.read(
            readable, max(start, earliest) if source.within else start, end, for_outsiders=edition.for_outsiders
        )
        for source in frames.sources()
        if source.name in needed
    }
    values = calculate_values(facts, table, periods, chosen)
    if edition.for_outsiders:
        values = as_published(values, chosen, periods, month_number(last), _exact(chosen))
    return _rated(values, scopes, {period.code: period for period in periods}, chosen, last)


def _exact(chosen: Sequence[Indicator]) -> set[str]:
    """Indicators of which every fact is exact for outsiders too."""
    exact = {source.name for source in frames.sources() if source.published is frames.Unrounded.EXACT}
    return {indicator.code for indicator in chosen if exact.issuperset(indicator.facts)}


def _rated(
    values: pd.DataFrame, scopes: list[Scope], periods: dict[str, Period], chosen: Sequence[Indicator], until: date
) -> list[tuple]:
    """Rows of the value table. Plain lists: there are many rows, and a frame gives its cells one by one slowly."""
    by_code = {indicator.code: indicator for indicator in chosen}
    limits, levels = limits_by_place(), dict(Institution.objects.values_list("pk", "level"))
    places = [place_of(scope, levels) for scope in scopes]
    now = timezone.now()
    numbers = ("numerator", "denominator", "value", "cases", "rated_numerator", "rated_denominator", "last_index_day")
    columns = [values[name].tolist() for name in ("scope", "indicator", "period")]
    columns += [values[name].astype(object).where(values[name].notna(), None).tolist() for name in numbers]
    rows = []
    for number, code, period, top, bottom, value, cases, rated_top, rated_bottom, last_index in zip(
        *columns, strict=True
    ):
        scope, indicator = scopes[number], by_code[code]
        rated = Rated(value, cases, rated_top, rated_bottom)
        rating = rate_value(indicator, rated, periods[period], places[number], limits, until)
        rows.append(
            (
                code, scope.institution, scope.consortium, scope.level, period, top, bottom, value,
                None if cases is None else int(cases), rated_top, rated_bottom,
                None if last_index is None else int(last_index),
                rating.light.value, rating.reason, json.dumps(rating.values) if rating.values else "{}",
                indicator.version, now,
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


def _write(edition: Edition, rows: list[tuple]) -> None:
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {edition.table} ({', '.join(VALUE_COLUMNS)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


@transaction.atomic
def rate_again() -> None:
    """Limits changed: give every value its light anew."""
    limits, by_code = limits_by_place(), {indicator.code: indicator for indicator in indicators()}
    levels = dict(Institution.objects.values_list("pk", "level"))
    covered = frames.covered_months()
    until = covered[1] if covered else date.max
    for model in (EXACT.model, PUBLISHED.model):
        changed = []
        for value in model.objects.iterator(chunk_size=5000):
            scope = Scope(value.institution_id, value.consortium_id, value.level)
            indicator = by_code[value.indicator]
            rated = Rated(value.value, value.cases, value.rated_numerator, value.rated_denominator)
            rating = rate_value(indicator, rated, Period.parse(value.period), place_of(scope, levels), limits, until)
            if (value.light, value.reason, value.reason_values) != (rating.light, rating.reason, rating.values):
                value.light, value.reason, value.reason_values = rating.light.value, rating.reason, rating.values
                changed.append(value)
        model.objects.bulk_update(changed, ["light", "reason", "reason_values"], batch_size=2000)
    staleness.pages_changed()
