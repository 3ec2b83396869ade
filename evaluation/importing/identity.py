"""Patient identity ends at the door: an identifier becomes its HMAC-SHA256 before anything is written anywhere.

What cannot be an identifier becomes a mark instead, and an identity number in a column that is none for it is withheld:
the checks tell the sender by these marks, without anyone having seen the content.
"""

import hashlib
import hmac
import re
import unicodedata

import pandas as pd

FORMULA = "="
ROUNDED_IDENTIFIER = "#"  # 3.30106199001011E+17: the last digits are lost, many patients would become one
NO_IDENTIFIER = "?"  # a word for "unknown" would make one patient of many
WITHHELD = "\u2063identity number"

ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}")
WORDS_FOR_NONE = {"-", "--", "—", "/", "0", "NULL", "NONE", "NAN", "NA", "N/A", "无", "不详", "未知"}
# An identity number (居民身份证号): region, birthday, order, check character.
IDENTITY_NUMBER = (
    r"(?:^|[^0-9])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?:$|[^0-9])"
)
IDENTITY_LENGTH = 18
PSEUDONYM_LENGTH = 64


def pseudonym(identifier: str, key: bytes) -> str:
    """The HMAC of an identifier in its canonical form (NFKC, trimmed, upper case) as 64 hex digits; "" stays ""."""
    canonical = _canonical(identifier)
    if canonical.startswith(FORMULA):
        return FORMULA
    if canonical in WORDS_FOR_NONE:
        return NO_IDENTIFIER
    if ROUNDED.fullmatch(canonical):
        return ROUNDED_IDENTIFIER
    return hmac.digest(key, canonical.encode(), hashlib.sha256).hex() if canonical else ""


def pseudonyms(identifiers: pd.Series, key: bytes) -> pd.Series:
    return pd.Series([pseudonym(text, key) for text in identifiers], identifiers.index, dtype="str")


def without_identity_numbers(cells: pd.DataFrame, patient_columns: list[str], own_numbers: list[str]) -> pd.DataFrame:
    """The cells with identity numbers outside the patient columns withheld.

    `own_numbers` are columns of numbers that hospitals make up and that may look alike: there only the row's own patient
    is recognised.
    """
    kept = {}
    for name in cells.columns.difference(patient_columns, sort=False):
        if not (cells[name].str.len() >= IDENTITY_LENGTH).any():
            continue
        found = cells[name].str.contains(IDENTITY_NUMBER)
        if name in own_numbers:
            patients = [cells[column].str.upper() == cells[name].str.upper() for column in patient_columns]
            found &= pd.concat(patients, axis=1).any(axis=1)
        if found.any():
            kept[name] = cells[name].mask(found, WITHHELD)
    return cells.assign(**kept)


def _canonical(identifier: str) -> str:
    return unicodedata.normalize("NFKC", identifier).strip().upper()
