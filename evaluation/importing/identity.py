"""Patient identity ends at the door: an identifier becomes its HMAC-SHA256 before anything is written anywhere.

What cannot be an identifier becomes a mark instead, and an identity number in a column that is none for it is withheld:
the checks tell the sender by these marks, without anyone having seen the content.
"""

import hashlib
import hmac
import re
import unicodedata

import pandas as pd

from evaluation.importing.layouts import Column, Kind, Layout

FORMULA = "="
ROUNDED_IDENTIFIER = "#"  # 3.30106199001011E+17: the last digits are lost, many patients would become one
NO_IDENTIFIER = "?"  # a word for "unknown" would make one patient of many
WITHHELD = "\u2063identity number"

ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}")
WORDS_FOR_NONE = {"-", "--", "?", "—", "/", "0", "NULL", "NONE", "NAN", "NA", "N/A", "无", "不详", "未知"}
# An identity number (居民身份证号): region, birthday, order, check character.
IDENTITY_NUMBER = (
    r"(?:^|[^0-9])[1-9][0-9]{5}"
    r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9Xx](?:$|[^0-9])"
)
IDENTITY_LENGTH = 18
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
    """The rows with pseudonyms for identifiers, and nothing that looks like an identity number anywhere else."""
    patients = [name for name in layout.names(Kind.PATIENT) if name in rows]
    if not patients:
        return rows
    changed = {name: pseudonyms(rows[name], key) for name in patients}
    for name in rows.columns.difference(patients, sort=False):
        if (rows[name].str.len() >= IDENTITY_LENGTH).any():
            found = rows[name].str.contains(IDENTITY_NUMBER)
            if _is_own_number(layout.by_name[name], layout):
                found &= _repeats_patient(rows, name, patients)
            changed[name] = rows[name].mask(found, WITHHELD)
    return rows.assign(**changed)


def _is_own_number(column: Column, layout: Layout) -> bool:
    """A number the hospital made up, such as region, day and counter, may look alike."""
    return column.name in layout.key and column.kind is Kind.TEXT and column.name != "institution"


def _repeats_patient(rows: pd.DataFrame, name: str, patients: list[str]) -> pd.Series:
    text = rows[name].str.upper()
    return pd.concat([rows[patient].str.upper() == text for patient in patients], axis=1).any(axis=1)


def _canonical(identifier: str) -> str:
    plain = identifier if identifier.isascii() else unicodedata.normalize("NFKC", identifier)
    return plain.strip().upper()
