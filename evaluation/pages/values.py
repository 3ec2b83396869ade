"""Reading indicator values: judged for complete follow-up, exact or published as the reader's role says, reasons as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Value
from django.utils.translation import gettext, gettext_noop

from evaluation import frames, shown
from evaluation.indicators.definition import Better, Indicator, Unit
from evaluation.indicators.periods import Period
from evaluation.indicators.publishing import ENOUGH_PUBLISHED
from evaluation.indicators.scopes import PRIMARY
from evaluation.models import (
    Consortium,
    DataState,
    IndicatorValue,
    Institution,
    Level,
    PublishedValue,
    SeenMonths,
    User,
)
from evaluation.models.institution import own_institution
from evaluation.pages.seen import NO_DATA, is_outsider, why_none
from evaluation.rating.lights import ENOUGH_CASES, Light
from evaluation.services.values import indicators

FOLLOW_UP_DAYS = 30
INCOMPLETE = gettext_noop("No value yet: the 30 days after the last discharges are not over in the delivered data.")
TOO_FEW = gettext_noop("Not shown: it rests on fewer than 30 published cases.")
LEVELS = ("", *Level.values, PRIMARY)
COLUMNS = (
    "indicator", "institution_id", "consortium_id", "level", "period", "numerator", "denominator", "value", "cases",
    "rated_denominator", "last_index_day", "light", "reason", "reason_values", "version", "computed_at",
)  # fmt: skip


class NoSuchValue(Exception):
    """The question names something that does not exist; the message says what, `field` where it stands."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value as a reader may see it. `light` is a rating.Light value."""

    indicator: Indicator
    institution_id: int | None
    consortium_id: int | None
    level: str
    period: str
    numerator: float | None
    denominator: float | None
    value: float | None
    cases: int | None
    light: str
    reason: str
    reason_values: dict
    version: int
    computed_at: datetime | None
    rated_denominator: float | None = None
    is_published: bool = False  # computed of published months: counts are known to within five, 0 stands for 0–4

    @property
    def rated_cases(self) -> float | None:
        """How many cases the number rests on that the light judges."""
        return self.rated_denominator if self.indicator.rated_on else self.cases

    @property
    def is_small_sample(self) -> bool:
        return (
            self.indicator.counts_cases
            and not self.indicator.is_sum
            and self.rated_cases is not None
            and self.rated_cases < ENOUGH_CASES
            and self.value is not None
        )

    @property
    def text(self) -> str:
        """Without unit: for tables."""
        return shown.FEW if self._is_few else shown.plain(self.indicator, self.value)

    @property
    def full_text(self) -> str:
        return shown.FEW if self._is_few else shown.full(self.indicator, self.value)

    @property
    def cases_text(self) -> str:
        return shown.NONE if self.cases is None else shown.cases(self.cases, is_published=self.is_published)

    @property
    def _is_few(self) -> bool:
        return self.is_published and self.value == 0 and self.indicator.unit is Unit.COUNT

    @property
    def sentence(self) -> str:
        """Why the value has its light."""
        if not self.reason_values:
            return gettext(self.reason)
        filled = {
            name: f"{number:,.0f}" if name == "cases" else shown.full(self.indicator, number)
            for name, number in self.reason_values.items()
        }
        if self.indicator.rated_on and "value" in filled:
            filled["value"] = gettext(self.indicator.rated_on.label) % {"value": filled["value"]}
        return gettext(self.reason) % filled


def read_values(
    wanted: Q, user: User | None = None, data_end: int | None = None, seen: SeenMonths | None = None
) -> list[ShownValue]:
    """The values that fit, as the user may see them; None is the system itself, which sees all. One query.

    What the caller knows already is not read again. `data_end`: the day of the latest discharge. `seen`: the months that the
    user sees, for pages of one consortium those of it alone.
    """
    by_code = {indicator.code: indicator for indicator in indicators()}
    if data_end is None:
        data_end = _data_end(user)
    values = [_judged(row, by_code, data_end or 0) for row in _rows(wanted, user) if row[0] in by_code]
    return values if user is None else _within(seen or SeenMonths.of(user), values)


def _within(seen: SeenMonths, values: list[ShownValue]) -> list[ShownValue]:
    """Those of months that are seen."""
    periods = {code: Period.parse(code) for code in {value.period for value in values}}
    shown_places = {
        (institution, consortium, period)
        for institution, consortium, period in {(v.institution_id, v.consortium_id, v.period) for v in values}
        if (
            seen.shows_institution(institution, periods[period])
            if institution is not None
            else seen.shows_consortium(consortium, periods[period])
        )
    }
    return [v for v in values if (v.institution_id, v.consortium_id, v.period) in shown_places]


def _rows(wanted: Q, user: User | None):
    """Exact values, or for outsiders published ones but of the own institution; the last column says which."""
    exact = IndicatorValue.objects.filter(wanted).values_list(*COLUMNS, Value(False))
    if user is None or not is_outsider(user):
        return exact
    own = own_institution(user)
    published = PublishedValue.objects.filter(wanted).exclude(institution=own or 0).values_list(*COLUMNS, Value(True))
    return published if own is None else exact.filter(institution=own).union(published, all=True)


def _data_end(user: User | None) -> int | None:
    if user is None or not is_outsider(user):
        return frames.data_end_day()
    return DataState.objects.values_list("data_end", flat=True).first()


def _judged(row: tuple, by_code: dict[str, Indicator], data_end: int) -> ShownValue:
    (code, institution, consortium, level, period, numerator, denominator, value, cases, rated_denominator,
     last_index, light, reason, reason_values, version, computed_at, is_published) = row  # fmt: skip
    if last_index and last_index > data_end - FOLLOW_UP_DAYS:
        value, light, reason, reason_values = None, Light.GREY.value, INCOMPLETE, {}
    elif is_published and value is None and (cases or 0) < ENOUGH_PUBLISHED:
        reason, reason_values = TOO_FEW, {}
    return ShownValue(
        by_code[code], institution, consortium, level, period, numerator, denominator, value, cases, light, reason,
        reason_values, version, computed_at, rated_denominator, is_published,
    )  # fmt: skip


def no_value(indicator: Indicator, period: str, reason: str = NO_DATA, **scope) -> ShownValue:
    """What stands where nothing was delivered, or where it belongs to others."""
    place = {"institution_id": None, "consortium_id": None, "level": ""} | scope
    return ShownValue(
        indicator, place["institution_id"], place["consortium_id"], place["level"], period,
        None, None, None, None, Light.GREY.value, reason, {}, indicator.version, None,
    )  # fmt: skip


def indicator_by_code(code: str) -> Indicator:
    for indicator in indicators():
        if indicator.code == code:
            return indicator
    raise NoSuchValue(gettext("There is no indicator %(code)s.") % {"code": code}, "indicator")


def find_values(
    *,
    indicators: Sequence[str],
    institutions: Sequence[str] = (),
    consortia: Sequence[str] = (),
    level: str = "",
    periods: Sequence[str],
    user: User | None = None,
) -> list[tuple[ShownValue, str, str]]:
    """Values with the codes of their institution and consortium, in the order asked; a missing one has no value."""
    wanted = [indicator_by_code(code) for code in indicators]
    spans = [_period(text).code for text in periods]
    places = _places(Institution, institutions, user)
    groups = _places(Consortium, consortia, user)
    if not places and not groups:
        raise NoSuchValue(gettext("Name an institution or a consortium."), "institution")
    if level not in LEVELS:
        raise NoSuchValue(gettext("There is no level %(code)s.") % {"code": level}, "level")
    rows = Q(indicator__in=[each.code for each in wanted], period__in=spans) & (
        Q(institution__in=places.values()) | Q(consortium__in=groups.values(), level=level)
    )
    seen = SeenMonths.of(user) if user is not None else None
    found = {
        (value.indicator.code, value.institution_id, value.consortium_id, value.period): value
        for value in read_values(rows, user, seen=seen)
    }
    answer = []
    for indicator in wanted:
        for code, pk, is_consortium in [
            *((c, k, False) for c, k in places.items()),
            *((c, k, True) for c, k in groups.items()),
        ]:
            for span in spans:
                key = (indicator.code, None if is_consortium else pk, pk if is_consortium else None, span)
                scope = {"consortium_id": pk, "level": level} if is_consortium else {"institution_id": pk}
                value = found.get(key) or no_value(
                    indicator,
                    span,
                    why_none(user, seen, indicator, Period.parse(span), pk, is_consortium=is_consortium),
                    **scope,
                )
                answer.append((value, "" if is_consortium else code, code if is_consortium else ""))
    return answer


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise NoSuchValue(gettext(str(error)), "period") from None


def _places(model: type[Institution] | type[Consortium], codes: Iterable[str], user: User | None) -> dict[str, int]:
    seen = model.objects.all() if user is None else model.objects.visible_to(user)
    found = dict(seen.filter(code__in=list(codes)).values_list("code", "pk"))
    for code in codes:
        if code not in found:
            raise NoSuchValue(gettext("%(code)s is not known.") % {"code": code}, model._meta.model_name)
    return {code: found[code] for code in codes}


def better_word(indicator: Indicator, now: float | None, before: float | None) -> str:
    """ "better" or "worse" where the direction says so."""
    if shown.change(indicator, now, before)[:1] in ("", "±") or indicator.better in (Better.RANGE, Better.WATCH):
        return ""
    return (
        gettext("better") if ((now or 0) > (before or 0)) == (indicator.better is Better.HIGHER) else gettext("worse")
    )
