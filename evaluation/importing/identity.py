"""Patient identity ends at the door: an identifier becomes its HMAC-SHA256 before anything is written anywhere.

What cannot be an identifier becomes a mark instead, and so does what leads to a person in a column that is not for it: a
number of a person anywhere, words where only signs of another kind belong. The checks tell the sender by these marks,
without anyone having seen the content.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.importing.layouts import NO, YES, Column, Kind, Layout
from evaluation.importing.personal import (
    LONG_NUMBER,
    LONGER_NUMBER,
    holds_identity_number,
    holds_personal_number,
)

FORMULA = "="
ROUNDED_IDENTIFIER = "#"  # 3.30106199001011E+17: the last digits are lost, many patients would become one
NO_IDENTIFIER = "?"  # a word for "unknown" would make one patient of many
WITHHELD = "\u2063identity number"
WITHHELD_NUMBER = "\u2063identity number as another number"
WORDS = "\u2063"  # no rule lets it pass

ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}")
WORDS_FOR_NONE = {"-", "--", "?", "—", "/", "0", "NULL", "NONE", "NAN", "NA", "N/A", "无", "不详", "未知"}
DAYS = (Kind.DATE, Kind.INSTANT, Kind.MONTH)
DAY = r"^[0-9]{4}[-/.年][0-9]{1,2}(?:[-/.月]?[0-9]{0,2}日?)(?:[ T]*[0-9]{1,2}:[0-9:.]*)?月?$"
# What a column of the kind is never made of. A word of three letters may be a name, and so may any other writing.
LETTERS, OTHER_WRITING = "[A-Za-z]{3}", "[^\x01-\x7f年月日元¥￥]"
WORDY = {
    **dict.fromkeys((Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, *DAYS), f"{LETTERS}|{OTHER_WRITING}"),
    **dict.fromkeys((Kind.CODE, Kind.CODES), f"{LETTERS}[A-Za-z]|{OTHER_WRITING}"),
    **dict.fromkeys((Kind.CHOICE, Kind.YES_NO), f"[A-Za-z]{{2}}|{OTHER_WRITING}"),
}
PSEUDONYM_LENGTH = 64


def pseudonym(identifier: str, key: bytes) -> str:
    """The HMAC of an identifier in its canonical form (NFKC, trimmed, upper case) as 64 hex digits; "" stays ""."""
    return _pseudonym(identifier, hmac.new(key, digestmod=hashlib.sha256))


def _pseudonym(identifier: str, keyed: hmac.HMAC) -> str:
    canonical = _canonical(identifier)
    if canonical.startswith(FORMULA):
        return FORMULA
    if canonical in WORDS_FOR_NONE:
        return NO_IDENTIFIER
    if "E+" in canonical and ROUNDED.fullmatch(canonical):
        return ROUNDED_IDENTIFIER
    if not canonical:
        return ""
    digest = keyed.copy()  # preparing the key takes longer than the identifier
    digest.update(canonical.encode())
    return digest.hexdigest()


def pseudonyms(identifiers: pd.Series, key: bytes) -> pd.Series:
    keyed = hmac.new(key, digestmod=hashlib.sha256)
    texts = identifiers.to_numpy(dtype=object)
    return pd.Series([_pseudonym(text, keyed) for text in texts], identifiers.index, dtype="str")


def without_identity(rows: pd.DataFrame, layout: Layout, key: bytes) -> pd.DataFrame:
    """The rows with pseudonyms for identifiers, and nothing anywhere else that leads to a person."""
    patients = [name for name in layout.names(Kind.PATIENT) if name in rows]
    changed = {name: pseudonyms(rows[name], key) for name in patients}
    for name in rows.columns.difference(patients, sort=False):
        column = layout.by_name[name]
        text = _without_words(rows[name], column)
        if column.kind is Kind.NUMBER:
            changed[name] = text.mask(_is_of_a_person(text, rows[patients]), WITHHELD_NUMBER)
        else:
            is_money = column.kind is Kind.MONEY and not patients  # millions of a budget look like a phone number
            looked_at = text.mask(_has(text, DAY), "") if column.kind in DAYS else text  # a time has many digits, too
            found = _matching(looked_at, LONGER_NUMBER if is_money else LONG_NUMBER, holds_personal_number)
            changed[name] = text.mask(found, WITHHELD)
    return rows.assign(**changed)


def _without_words(text: pd.Series, column: Column) -> pd.Series:
    """A mark for words where none belong; a formula remains one."""
    if column.kind not in WORDY:
        return text
    own = {choice.casefold() for choice in (*column.choices, *(YES | NO if column.kind is Kind.YES_NO else ()))}
    found = _matching(text, WORDY[column.kind], lambda cell: cell.casefold() not in own)
    if not found.any():
        return text
    is_formula = text.str.startswith(FORMULA)
    return text.mask(found & is_formula, FORMULA).mask(found & ~is_formula, WORDS)


def _is_of_a_person(numbers: pd.Series, identifiers: pd.DataFrame) -> np.ndarray:
    """Identity numbers, and what looks like a number of a person and is the patient's identifier in the row. Others, such
    as region, day and counter, are the hospital's own."""
    found = _matching(numbers, LONGER_NUMBER, partial(holds_identity_number, is_checked=True))
    same = np.zeros(len(numbers), dtype=bool)
    for name in identifiers:
        same |= (identifiers[name].str.upper() == numbers.str.upper()).to_numpy(dtype=bool)
    return found | (same & _matching(numbers.where(same, ""), LONG_NUMBER, holds_personal_number))


def _matching(text: pd.Series, pattern: str, test: Callable[[str], bool]) -> np.ndarray:
    """Which cells pass the test; it is asked only for different texts that have the pattern, which is quick to tell."""
    found = _has(text, pattern)
    if not found.any():
        return found
    passing = [cell for cell in text[found].unique() if test(cell)]
    return found & text.isin(passing).to_numpy()


def _has(text: pd.Series, pattern: str) -> np.ndarray:
    """Which cells have the pattern. Most columns repeat few texts, so each text is looked at once."""
    cells = pa.array(text, from_pandas=True)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    words = cells.dictionary_encode()
    found = pc.match_substring_regex(words.dictionary, pattern)
    if not pc.any(found).as_py():
        return np.zeros(len(cells), dtype=bool)
    return found.take(words.indices).to_numpy(zero_copy_only=False)


def _canonical(identifier: str) -> str:
    plain = identifier if identifier.isascii() else unicodedata.normalize("NFKC", identifier)
    return plain.strip().upper()
