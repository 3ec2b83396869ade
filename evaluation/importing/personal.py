"""What leads to a person: identity numbers, travel documents, phone numbers, and writing where only signs belong.

A sheet may write such a number in one piece, with blanks, hyphens or brackets, or in full-width digits.
"""

import re
import unicodedata

DIGIT = "[0-9]"
# Between digits; a full stop only where phones are written with it: elsewhere it is a decimal point or part of a code.
GAP = "[- \t\u00a0_()\u00ad\u200b-\u200d\u2010-\u2015\u2060]*"


def _spaced(*signs: str) -> str:
    return GAP.join(signs)


START, END = r"(?<![0-9])", r"(?![0-9])"
IDENTITY_18 = re.compile(START + _spaced("[1-9]", *[DIGIT] * 16, "[0-9Xx]") + END)
IDENTITY_15 = re.compile(START + _spaced("[1-9]", *[DIGIT] * 14) + END)
PHONES = (
    rf"(?:8{GAP}6{GAP})?" + _spaced("1", "[3-9]", *[DIGIT] * 9),
    r"1[3-9][0-9]\.[0-9]{4}\.[0-9]{4}",
    rf"(?:8{GAP}6{GAP})?0{GAP}(?:1{GAP}0|2{GAP}[0-9]|[3-9]{GAP}[0-9]{GAP}[0-9]){GAP}"
    + _spaced("[2-9]", *[DIGIT] * 6)
    + f"{GAP}{DIGIT}?",
)
PHONE = re.compile(f"{START}(?:{'|'.join(PHONES)}){END}")
# Passports (E12345678, EA1234567), permits of Hong Kong, Macao and Taiwan, identity cards of Hong Kong: A123456(7).
DOCUMENTS = (
    "[EGDSPKTLHMC]" + GAP + _spaced(*[DIGIT] * 8),
    "[EC][A-Z]" + GAP + _spaced(*[DIGIT] * 7),
    "[HM]" + GAP + _spaced(*[DIGIT] * 10),
    r"[A-Z]{1,2}[0-9]{6}\([0-9A]\)",
)
DOCUMENT = re.compile(rf"(?<![0-9A-Z])(?:{'|'.join(DOCUMENTS)})(?![0-9A-Z])", re.IGNORECASE)
INSTITUTION_CODE = re.compile(r"(?<![0-9A-Za-z])[HP][0-9]{11}(?![0-9A-Za-z])")  # of the insurance: no phone
# What every one of them has, for a quick look at a whole column.
LONG_NUMBER = rf"{DIGIT}(?:{GAP}{DIGIT}){{9}}|[A-Za-z]{GAP}{DIGIT}(?:{GAP}{DIGIT}){{5}}|{PHONES[1]}"
LONGER_NUMBER = rf"{DIGIT}(?:{GAP}{DIGIT}){{14}}"

PROVINCES = frozenset(
    f"{number}"
    for numbers in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66))
    for number in numbers
) | {"71", "81", "82", "83", "91"}
DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
SHAPE_18 = re.compile(rf"[0-9]{{6}}(?:18|19|20)[0-9]{{2}}{DAY}[0-9]{{3}}[0-9X]")
SHAPE_15 = re.compile(rf"[0-9]{{8}}{DAY}[0-9]{{3}}")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def holds_personal_number(text: str) -> bool:
    """Whether an identity number, a travel document or a phone number stands in the text."""
    plain = _plain(text)
    return any(_identity_numbers(plain)) or bool(PHONE.search(plain) or DOCUMENT.search(plain))


def holds_identity_number(text: str, *, is_checked: bool = False) -> bool:
    """Whether an identity number stands in the text; `is_checked`: one whose region and check character are right, as
    chance gives them to one number in hundreds."""
    found = _identity_numbers(_plain(text))
    return any(number[:2] in PROVINCES and _is_consistent(number) for number in found) if is_checked else any(found)


def _identity_numbers(plain: str) -> list[str]:
    """Identity numbers (居民身份证号): region, birthday, order and, in the newer form, a check character."""
    long = [_signs(match) for match in IDENTITY_18.findall(plain)]
    short = [_signs(match) for match in IDENTITY_15.findall(plain)]
    return [number for number in long if SHAPE_18.fullmatch(number)] + [
        number for number in short if number[:2] in PROVINCES and SHAPE_15.fullmatch(number)
    ]


def check_character(first_17: str) -> str:
    """The 18th character of an identity number (GB 11643)."""
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True)) % 11]


def _is_consistent(number: str) -> bool:
    return len(number) == 15 or check_character(number[:17]) == number[17]


def _signs(text: str) -> str:
    return re.sub(r"[^0-9Xx]", "", text).upper()


def _plain(text: str) -> str:
    return INSTITUTION_CODE.sub(" ", text if text.isascii() else unicodedata.normalize("NFKC", text))
