"""Numbers, dates and periods as people read them, in the language of the page (mock/README.md, "Numbers")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evaluation.indicators.definition import Indicator, Unit
from evaluation.indicators.periods import Period, PeriodKind

NONE = "—"
FEW = "0–4"  # a published count of 0
MINUS = "−"
SPACE = "\u00a0"
FEN_DECIMALS = 2


def is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


class Figure(str):
    """Text that shows a number, and the number as it is shown, rounded: a download writes it as a number. `decimals` are
    those of the download, of money more than of the text."""

    value: float
    decimals: int
    is_percent: bool  # the value is 0–1
    is_signed: bool

    def __new__(cls, text: str, value: float, decimals: int, *, is_percent=False, is_signed=False) -> Figure:
        figure = super().__new__(cls, text)
        figure.value = round(float(value), decimals + 2 if is_percent else decimals)
        figure.decimals, figure.is_percent, figure.is_signed = decimals, is_percent, is_signed
        return figure


def number(value: float | None, decimals: int = 0) -> str:
    """13,738 or 1.084, with a true minus; "—" for none."""
    if value is None:
        return NONE
    text = f"{abs(value):,.{decimals}f}"
    return Figure((MINUS if value < 0 and float(text.replace(",", "")) != 0 else "") + text, value, decimals)


def yuan(value: float | Decimal | None) -> str:
    """An amount in full, on pages in yuan; a download carries the fen."""
    return NONE if value is None else Figure(number(float(value)), float(value), FEN_DECIMALS)


def signed(value: float, decimals: int = 0) -> str:
    """+1.2, −0.3 or ±0.0: a difference."""
    rounded = round(value, decimals)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else "±"
    return Figure(f"{sign}{abs(rounded):,.{decimals}f}", rounded, decimals, is_signed=True)


def percent(value: float | None, decimals: int = 1) -> str:
    """A rate 0–1 as per cent: "26.3 %" in English, "26.3%" in Chinese."""
    if value is None:
        return NONE
    return Figure(number(value * 100, decimals) + percent_sign(), value, decimals, is_percent=True)


def percent_sign() -> str:
    return "%" if is_chinese() else f"{SPACE}%"


def count(value: float | None) -> str:
    """A count in a key figure: 13,738; in Chinese from ten thousand 1.37万."""
    if value is not None and is_chinese() and abs(value) >= 10_000:
        return number(value / 10_000, 2) + "万"
    return number(value)


def cases(count: float, *, is_published: bool) -> str:
    """A number of people; published ones are known to within five."""
    return FEW if is_published and count == 0 else number(count)


def money(value: float | None) -> str:
    """Yuan, shortened: ¥612 m, ¥1.282 bn; 3,110万元, 6.12亿元."""
    if value is None:
        return NONE
    size = abs(float(value))
    if is_chinese():
        if size >= 100_000_000:
            return number(float(value) / 100_000_000, 2) + "亿元"
        if size >= 10_000:
            return number(float(value) / 10_000) + "万元"
        return number(float(value)) + "元"
    sign = MINUS if value < 0 else ""
    if size >= 1_000_000_000:
        return f"{sign}¥{size / 1e9:,.3f}{SPACE}bn"
    if size >= 1_000_000:
        return f"{sign}¥{size / 1e6:,.{0 if size >= 1e8 else 1}f}{SPACE}m"
    return f"{sign}¥{size:,.0f}"


def plain(indicator: Indicator, value: float | None) -> str:
    """The value without its unit, as it stands in a table whose head names the unit."""
    if value is None:
        return NONE
    if indicator.unit is Unit.YUAN and indicator.decimals == 0:
        return yuan(value)
    return number(value * 100 if indicator.unit is Unit.PERCENT else value, indicator.decimals)


def full(indicator: Indicator, value: float | None) -> str:
    """The value with its unit, as it stands in a sentence."""
    if value is None:
        return NONE
    match indicator.unit:
        case Unit.PERCENT:
            return percent(value, indicator.decimals)
        case Unit.DAYS:
            return _("%(days)s days") % {"days": number(value, indicator.decimals)}
        case Unit.YUAN:
            return f"{number(value, indicator.decimals)}元" if is_chinese() else f"¥{number(value, indicator.decimals)}"
    return number(value, indicator.decimals)


def unit_head(indicator: Indicator) -> str:
    """What stands under the name in a table head."""
    return {Unit.PERCENT: "%", Unit.DAYS: _("days"), Unit.YUAN: _("yuan")}.get(indicator.unit, "")


def change(indicator: Indicator, now: float | None, before: float | None) -> str:
    """The signed change in the indicator's unit (points for rates); empty where one of the two is missing."""
    if now is None or before is None:
        return ""
    scale = 100 if indicator.unit is Unit.PERCENT else 1
    text = signed((now - before) * scale, indicator.decimals)
    if indicator.unit is Unit.YUAN and indicator.decimals == 0:
        return Figure(text, now - before, FEN_DECIMALS, is_signed=True)
    return text


def relative_change(now: float | None, before: float | None) -> str:
    """The signed change in per cent of what was before."""
    if now is None or not before:
        return ""
    difference = now / before - 1
    return Figure(signed(difference * 100, 1) + percent_sign(), difference, 1, is_percent=True, is_signed=True)


def period_name(period: Period) -> str:
    """March 2026, Q1 2026, 2026, 12 months to March 2026 — or the Chinese forms."""
    year, month = period.last.year, month_name(period.last)
    match period.kind:
        case PeriodKind.MONTH:
            return month
        case PeriodKind.QUARTER:
            return _("Q%(quarter)s %(year)s") % {"quarter": quarter_name(period), "year": year}
        case PeriodKind.YEAR:
            return f"{year} 年" if is_chinese() else f"{year}"
    return _("12 months to %(month)s") % {"month": month}


def quarter_name(period: Period) -> str:
    quarter = period.last.month // 3
    return "一二三四"[quarter - 1] if is_chinese() else str(quarter)


def month_name(month: date) -> str:
    return f"{month.year} 年 {month.month} 月" if is_chinese() else date_format(month, "F Y")


def months_name(months: Sequence[date]) -> str:
    """The months of a sheet: March 2026; January 2026 – March 2026 (3 months)."""
    if not months:
        return NONE
    first, last = month_name(min(months)), month_name(max(months))
    if first == last:
        return first
    return _("%(first)s – %(last)s (%(count)s months)") % {"first": first, "last": last, "count": len(months)}


def short_month(month: date) -> str:
    """For axes: Mar 26."""
    return f"{month.year % 100:02d}-{month.month:02d}" if is_chinese() else f"{month:%b %y}"


def instant(at: datetime | None) -> str:
    """6 April 06:12, with the year where it is not this year's."""
    if at is None:
        return NONE
    local = timezone.localtime(at)
    this_year = local.year == timezone.localtime().year
    if is_chinese():
        return (
            f"{local.month} 月 {local.day} 日 " if this_year else f"{local.year} 年 {local.month} 月 {local.day} 日 "
        ) + f"{local:%H:%M}"
    return f"{local.day} {local:%B}" + ("" if this_year else f" {local.year}") + f" {local:%H:%M}"


def day(value: date | None) -> str:
    if value is None:
        return NONE
    return f"{value.year} 年 {value.month} 月 {value.day} 日" if is_chinese() else f"{value.day} {value:%B %Y}"
