"""Patient identity ends at the door: an identifier becomes its HMAC-SHA256 before anything is written anywhere."""

import hashlib
import hmac
import unicodedata

import pandas as pd


def pseudonym(identifier: str, key: bytes) -> str:
    """The HMAC of an identifier in its canonical form (NFKC, trimmed, upper case) as 64 hex digits; "" stays ""."""
    canonical = unicodedata.normalize("NFKC", identifier).strip().upper()
    return hmac.digest(key, canonical.encode(), hashlib.sha256).hex() if canonical else ""


def pseudonyms(identifiers: pd.Series, key: bytes) -> pd.Series:
    return pd.Series([pseudonym(text, key) for text in identifiers], identifiers.index, dtype="str")
