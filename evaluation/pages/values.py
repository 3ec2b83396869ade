"""Reading indicator values: judged for complete follow-up, small counts hidden, reasons as sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_noop

from evaluation import frames, shown
from evaluation.access.roles import Permission, Scope
from evaluation.access.rules import may
from evaluation.indicators.definition import Better, Indicator
from evaluation.indicators.periods import Period
from evaluation.indicators.scopes import PRIMARY, band
from evaluation.models import Consortium, IndicatorValue, Institution, Level, Membership, User
from evaluation.pages.suppression import Groups, hide_small_counts, hides
from evaluation.rating.lights import ENOUGH_CASES, Light
from evaluation.services.values import indicators

FOLLOW_UP_DAYS = 30
INCOMPLETE = gettext_noop("No value yet: the 30 days after the last discharges are not over in the delivered data.")
NO_DATA = gettext_noop("No value: nothing was delivered for this period.")
HIDDEN = gettext_noop("Hidden: it, or what could be worked out from it, rests on fewer than 5 cases.")
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
    is_hidden: bool = False

    @property
    def seen(self) -> float | None:
        return None if self.is_hidden else self.value

    @property
    def seen_cases(self) -> int | None:
        return None if self.is_hidden else self.cases

    @property
    def shown_light(self) -> str:
        return Light.GREY.value if self.is_hidden else self.light

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
            and self.seen is not None
        )

    @property
    def text(self) -> str:
        """Without unit: for tables."""
        return "< 5" if self.is_hidden else shown.plain(self.indicator, self.value)

    @property
    def full_text(self) -> str:
        return "< 5" if self.is_hidden else shown.full(self.indicator, self.value)

    @property
    def sentence(self) -> str:
        """Why the value has its light."""
        if self.is_hidden:
            return gettext(HIDDEN)
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
    queryset: QuerySet[IndicatorValue],
    user: User | None = None,
    data_end: int | None = None,
    around: Iterable[Membership] | None = None,
) -> list[ShownValue]:
    """The values of a queryset as the user may see them; None is the system itself, which sees all.

    What the caller knows already is not read again. `data_end`: the day of the latest discharge. `around`: the memberships
    of all consortia that the values are of or their institutions ever belonged to; then the queryset holds, of each of its
    indicators and periods, all values of these consortia and institutions.
    """
    by_code = {indicator.code: indicator for indicator in indicators()}
    data_end = data_end or frames.data_end_day() or 0
    values = [_judged(row, by_code, data_end) for row in queryset.values_list(*COLUMNS) if row[0] in by_code]
    if user is None or may(user, Permission.SEE_SMALL_COUNTS):
        return values
    return _as_outsider(values, user, by_code, data_end, around)


def _as_outsider(
    values: list[ShownValue],
    user: User,
    by_code: dict[str, Indicator],
    data_end: int,
    around: Iterable[Membership] | None,
) -> list[ShownValue]:
    """Small counts hidden, as seen from the own institution or from none. Two queries for what stands beside the values,
    unless that is known."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for value in values:
        if hides(value.indicator):
            wanted[value.period].add(value.indicator.code)
    if not wanted:
        return values
    if around is None:
        memberships = _memberships_around(values)
        beside = _beside(values, wanted, memberships, by_code, data_end)
    else:
        memberships = [(m.consortium_id, m.institution_id, m.institution.level, m.joined_on, m.left_on) for m in around]
        beside = values
    groups = {period: _groups(memberships, Period.parse(period)) for period in wanted}
    own = user.institution_id if user.scope is Scope.INSTITUTION else None
    return hide_small_counts(values, beside, groups, own)


def _beside(
    values: list[ShownValue],
    wanted: Mapping[str, set[str]],
    memberships: list[tuple],
    by_code: dict[str, Indicator],
    data_end: int,
) -> list[ShownValue]:
    """All values of the wanted indicators by period, of the institutions and consortia around."""
    members, consortia = {each[1] for each in memberships}, {each[0] for each in memberships}
    members |= {value.institution_id for value in values if value.institution_id}
    periods: dict[frozenset[str], list[str]] = defaultdict(list)
    for period, codes in wanted.items():
        periods[frozenset(codes)].append(period)
    chosen = reduce(or_, (Q(indicator__in=codes, period__in=spans) for codes, spans in periods.items()))
    rows = IndicatorValue.objects.filter(chosen, Q(institution__in=members) | Q(consortium__in=consortia))
    return [_judged(row, by_code, data_end) for row in rows.values_list(*COLUMNS)]


def _memberships_around(values: list[ShownValue]) -> list[tuple]:
    """Of all consortia that the values are of, or that their institutions ever belonged to."""
    institutions = {value.institution_id for value in values if value.institution_id}
    theirs = Membership.objects.filter(institution__in=institutions).values("consortium")
    around = Membership.objects.filter(
        Q(consortium__in=theirs) | Q(consortium__in={value.consortium_id for value in values})
    )
    return list(around.values_list("consortium", "institution", "institution__level", "joined_on", "left_on"))


def _groups(memberships: list[tuple], period: Period) -> Groups:
    """The members whose months of the period each sum adds up: of a consortium, of one level, of all primary levels."""
    groups: dict[tuple[int, str], set[int]] = defaultdict(set)
    for consortium, institution, level, joined_on, left_on in memberships:
        if joined_on <= period.last_day and (left_on is None or left_on >= period.first):
            for part in {"", level, band(level)}:
                groups[consortium, part].add(institution)
    return {group: frozenset(inside) for group, inside in groups.items()}


def _judged(row: tuple, by_code: dict[str, Indicator], data_end: int) -> ShownValue:
    (code, institution, consortium, level, period, numerator, denominator, value, cases, rated_denominator,
     last_index, light, reason, reason_values, version, computed_at) = row  # fmt: skip
    if last_index and last_index > data_end - FOLLOW_UP_DAYS:
        value, light, reason, reason_values = None, Light.GREY.value, INCOMPLETE, {}
    return ShownValue(
        by_code[code], institution, consortium, level, period, numerator, denominator, value, cases, light, reason,
        reason_values, version, computed_at, rated_denominator,
    )  # fmt: skip


def no_value(indicator: Indicator, period: str, **scope) -> ShownValue:
    """What stands where nothing was delivered."""
    place = {"institution_id": None, "consortium_id": None, "level": ""} | scope
    return ShownValue(
        indicator, place["institution_id"], place["consortium_id"], place["level"], period,
        None, None, None, None, Light.GREY.value, NO_DATA, {}, indicator.version, None,
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
    rows = IndicatorValue.objects.filter(
        Q(institution__in=places.values()) | Q(consortium__in=groups.values(), level=level),
        indicator__in=[each.code for each in wanted],
        period__in=spans,
    )
    found = {
        (value.indicator.code, value.institution_id, value.consortium_id, value.period): value
        for value in read_values(rows, user)
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
                value = found.get(key) or no_value(indicator, span, **scope)
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
