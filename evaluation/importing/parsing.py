"""From the text of cells to typed columns, with a finding for each cell that cannot be read.

Rule V0 is ours: the cell is empty though required, or is not what its column holds. Typed columns: text as str with ""
for empty; integers, choices of digits and money (fen) as Int64; decimals as Float64; yes/no as boolean; dates and
instants as datetime64 in local time; all with NA for empty.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_noop as _

from evaluation.importing.findings import Findings
from evaluation.importing.identity import FORMULA, NO_IDENTIFIER, ROUNDED_IDENTIFIER, WITHHELD, WITHHELD_NUMBER
from evaluation.importing.layouts import NO, YES, Column, Kind, Layout

# [0-9], not \d, which takes the digits of every script.
THOUSANDS = r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
MONEY = r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,2}0*)?"
DECIMAL = r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,15})?(?:[eE]-?[0-9]{1,2})?"
INTEGER = r"[+-]?[0-9]{1,9}(?:\.0+)?"
ROUNDED = r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2}"  # what a spreadsheet makes of a number with more digits than it can hold
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT = DATE + r"(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?"
LOOSE_DATE = (
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[ T]*([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?(?:\.[0-9]{1,9})?)?"
)
MONTH = r"([0-9]{4})[-/.年]?(0?[1-9]|1[0-2])月?"
FEN = 100


def parse(cells: pd.DataFrame, layout: Layout, findings: Findings) -> pd.DataFrame:
    """Typed columns of the layout, in its order; a column the sheet lacks is empty."""
    typed = {}
    for column in layout.columns:
        text = cells[column.name] if column.name in cells.columns else pd.Series("", cells.index, dtype="str")
        if column.required:
            findings.error(
                "V0", column.name, text == "", _("The cell is empty, but this column is required. Fill it in.")
            )
        typed[column.name] = PARSERS[column.kind](_without_marks(text, column, findings), column, findings)
    return pd.DataFrame(typed, index=cells.index)


def _without_marks(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    """Says once what formulas and cells that were emptied at the door are; no other rule looks at them."""
    cells = _arrow(text)
    if not any(pc.any(pc.starts_with(cells, mark)).as_py() for mark in (FORMULA, WITHHELD)):
        return text
    formula = text.str.startswith(FORMULA)
    findings.error("V25", column.name, formula, _("The cell holds a formula. Copy the column and paste it as values."))
    withheld = text == WITHHELD
    findings.error(
        "V0", column.name, withheld,
        _("The cell holds a phone, passport or identity number, which is not kept. Take it out."),
    )  # fmt: skip
    as_number = text == WITHHELD_NUMBER
    findings.error(
        "V0", column.name, as_number,
        _("The number of a record or an institution is no identity number, which is not kept. Write its own number."),
    )  # fmt: skip
    return text.mask(formula | withheld | as_number, "")


def _arrow(text: pd.Series) -> pa.Array:
    """The text as Arrow holds it, for questions about a whole column."""
    cells = pa.array(text, from_pandas=True)
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _text(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    findings.error(
        "V0", column.name, text.str.len() > column.most,
        _("The text is longer than %(most)s characters. Shorten it."), most=column.most,
    )  # fmt: skip
    if pc.any(pc.match_substring(_arrow(text), "+")).as_py():
        findings.error(
            "V25", column.name, text.str.fullmatch(ROUNDED),
            _("%(cell)s: the spreadsheet rounded the number. Format the column as text and enter it again."),
        )  # fmt: skip
    return text


def _codes(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    """A list without blanks around its separators."""
    spaced = text.str.contains(" ", regex=False)
    return _text(text.str.replace(r" *\| *", "|", regex=True) if spaced.any() else text, column, findings)


def _patient(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    """The door has turned identifiers into pseudonyms, and what is none into a mark."""
    findings.error(
        "V25", column.name, text == ROUNDED_IDENTIFIER,
        _("The spreadsheet rounded the identifier. Format the column as text and enter it again."),
    )  # fmt: skip
    findings.error(
        "V0", column.name, text == NO_IDENTIFIER,
        _("This is no patient's identifier. Fill in the identity number, or another one that stays the same."),
    )  # fmt: skip
    return text


def _choice(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    plain = _without_zeros(text, column.choices)
    findings.error(
        "V4", column.name, (plain != "") & ~plain.isin(column.choices),
        _("“%(cell)s” is not in the list. Write one of %(choices)s."), choices=", ".join(column.choices),
    )  # fmt: skip
    return plain


def _without_zeros(text: pd.Series, choices: tuple[str, ...]) -> pd.Series:
    """1, 1.0 and 01 mean the same, and so do l3 and L3: understood where the list holds the other form."""
    known = set(choices)
    replacements = {}
    for value in text.unique():
        plain = value.removesuffix(".0")
        forms = (plain, plain.zfill(2), plain.lstrip("0"), value.lower(), value.upper())
        if value and value not in known and (choice := next((form for form in forms if form in known), None)):
            replacements[value] = choice
    return text.map(replacements).fillna(text).astype(text.dtype) if replacements else text


def _yes_no(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    words = pc.dictionary_encode(_arrow(text))
    plain = [word.strip().lower().removesuffix(".0") for word in words.dictionary.to_pylist()]
    meaning = pd.array([True if word in YES else False if word in NO else None for word in plain], dtype="boolean")
    values = pd.Series(meaning.take(words.indices.to_numpy()), text.index)
    findings.error(
        "V4", column.name, (text != "") & values.isna(),
        _("“%(cell)s” is neither yes nor no. Write yes or no (是 or 否), or leave it empty if it is not known."),
    )  # fmt: skip
    return values


def _number(text: pd.Series, column: Column, findings: Findings, pattern: str, rule: str, message: str) -> pd.Series:
    plain, readable, given = text, text.str.fullmatch(pattern), text != ""
    if (given & ~readable).any():
        plain = _without_unit_and_thousands(text)
        readable = plain.str.fullmatch(pattern)
        findings.error(rule, column.name, given & ~readable, message)
    return _floats(plain.where(readable & (plain != "")))


def _without_unit_and_thousands(text: pd.Series) -> pd.Series:
    """¥12,480.50元 as 12480.50; commas that do not stand between thousands stay."""
    plain = text.str.lstrip("¥￥").str.removesuffix("元").str.strip()
    grouped = plain.str.contains(",", regex=False) & plain.str.fullmatch(THOUSANDS)
    return plain.mask(grouped, plain.str.replace(",", "", regex=False))


def _floats(text: pd.Series) -> pd.Series:
    """Numbers of text that is known to be a number or missing; Arrow reads them ten times as fast as pandas."""
    numbers = pc.cast(_arrow(text), pa.float64())
    missing = np.asarray(numbers.is_null())
    return pd.Series(pd.arrays.FloatingArray(np.array(numbers.fill_null(0)), missing), text.index)


def _integer(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    message = _("“%(cell)s” is not a whole number. Write digits only.")
    numbers = _number(text, column, findings, INTEGER, "V0", message).astype("Int64")
    findings.error("V19", column.name, numbers < 0, _("%(cell)s is below 0. Correct the number."))
    return numbers


def _decimal(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    return _number(text, column, findings, DECIMAL, "V0", _("“%(cell)s” is not a number. Write it like 0.65."))


def _money(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    message = _("“%(cell)s” is not an amount in yuan. Write it like 12480.50, with at most two decimals.")
    yuan = _number(text, column, findings, MONEY, "V5", message)
    return (yuan * FEN).round().astype("Int64")


def _instant(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    values, readable = instants(text)
    unread = (text != "") & values.isna()
    findings.error(
        "V1", column.name, unread & readable, _("“%(cell)s”: this day or time does not exist. Write the right one.")
    )
    findings.error(
        "V1", column.name, unread & ~readable,
        _("“%(cell)s” is not a date. Write it as YYYY-MM-DD or YYYY-MM-DD HH:MM."),
    )  # fmt: skip
    return values


def instants(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The instants that texts name, and which texts have the form of one."""
    iso = _iso_dates(text)
    readable = iso.str.fullmatch(INSTANT)
    return pd.to_datetime(iso.where(readable), format="ISO8601", errors="coerce").astype("datetime64[us]"), readable


def _date(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    return _instant(text, column, findings).dt.normalize()


def _iso_dates(text: pd.Series) -> pd.Series:
    """2026/3/2 8:05 and 2026年3月2日 in the ISO form; other text as it is."""
    odd = (text != "") & ~text.str.fullmatch(INSTANT)
    if not odd.any():
        return text
    parts = text[odd].str.extract(f"^{LOOSE_DATE}$")
    day = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    time = parts[3].str.zfill(2) + ":" + parts[4].str.zfill(2) + ":" + parts[5].fillna("0").str.zfill(2)
    iso = day.where(parts[3].isna(), day.str.cat(time, sep=" "))
    result = text.copy()
    result[odd] = iso.where(parts[0].notna(), text[odd])
    return result


def _month(text: pd.Series, column: Column, findings: Findings) -> pd.Series:
    day, _form = instants(text)  # a spreadsheet turns 2026-03 into a day
    parts = text.str.extract(f"^{MONTH}$")
    days = parts[0].str.cat(parts[1].str.zfill(2), sep="-") + "-01"
    months = pd.to_datetime(days, format="ISO8601", errors="coerce").astype("datetime64[us]")
    values = months.fillna(day.dt.to_period("M").dt.to_timestamp().astype("datetime64[us]"))
    findings.error(
        "V1", column.name, (text != "") & values.isna(), _("“%(cell)s” is not a month. Write it as YYYY-MM.")
    )
    return values


Parser = Callable[[pd.Series, Column, Findings], pd.Series]
PARSERS: dict[Kind, Parser] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _text,
    Kind.CODE: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.MONTH: _month,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.CODES: _codes,
    Kind.PATIENT: _patient,
}
