"""What a message repeats of a cell, and what the door keeps back, asked of thousands of made-up cells."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.importing.case_layout import CASES
from evaluation.importing.identity import without_identity
from evaluation.importing.layouts import Column, Kind
from evaluation.importing.personal import check_character, holds_identity_number, holds_personal_number
from evaluation.importing.quotes import quotable
from tests.importing.sheets import KEY, frame

CHOICES = ("general", "L3", "男")
DIGITS = st.text("0123456789", min_size=7, max_size=18)
NAMES = st.sampled_from(["张三", "欧阳 娜娜", "Zhang San", "LI SI", "王", "阿依古丽·买买提"])
GAPS = st.sampled_from(["", " ", "-", "–", "　", "_"])


@st.composite
def personal_numbers(draw):
    """A phone, passport or identity number, in some spelling."""
    tail = draw(st.text("0123456789", min_size=9, max_size=9))
    birthday = draw(st.dates()).replace(year=draw(st.integers(1930, 2020)), day=1)
    body = f"330106{birthday:%Y%m%d}{tail[:3]}"
    number = draw(
        st.sampled_from(
            [f"1{tail[0] if tail[0] > '2' else '3'}{tail}", f"0571-8{tail[:7]}", f"E{tail[:8]}",
             f"{body}{check_character(body)}", f"330106{birthday:%y%m%d}{tail[:3]}"]
        )
    )  # fmt: skip
    gap = draw(GAPS)
    spaced = gap.join(re.findall(r"^[0-9]{3}|[0-9A-Za-z]{1,4}|-", number)) if gap else number
    return draw(
        st.sampled_from([spaced, "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else sign for sign in spaced)])
    )


CELLS = st.one_of(
    st.text(max_size=30),
    st.text("0123456789 .-/:,|xXABCDEGHJ", max_size=20),
    DIGITS,
    NAMES,
    personal_numbers(),
    st.tuples(NAMES, personal_numbers()).map(" ".join),
    st.sampled_from(["2026-03-09 11:00", "J18.900", "H33010000001", "H13800138000", "-12.50", "1,234.50", *CHOICES]),
)


@given(st.sampled_from(Kind), CELLS)
def test_no_quoted_cell_tells_who_a_patient_is(kind, text):
    if not quotable(kind, text, CHOICES) or text in CHOICES:
        return

    plain = re.sub(r"[ .\-–_()]", "", unicodedata.normalize("NFKC", text))
    is_day = re.fullmatch(r"(18|19|20|21)[0-9]{2}[-/.年].*", text)
    is_institution = re.fullmatch(r"[HP](?!1[3-9])[0-9]{11}", text)
    assert is_day or is_institution or not re.search("[0-9]{7}", plain)
    assert not re.search("1[3-9][0-9]{9}|[0-9]{15}|[A-Za-z]{4}", plain)
    assert all(sign in "年月日" or sign.isascii() for sign in text)
    assert kind is not Kind.PATIENT or text == ""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.CODE, "J18900"), (Kind.CODE, "E515"), (Kind.CODES, "33.2400"), (Kind.NUMBER, "H99999999999"),
        (Kind.INTEGER, "121"), (Kind.MONEY, "-1,234.50"), (Kind.DECIMAL, "6.5e-1"), (Kind.INSTANT, "2026-02-30"),
        (Kind.INSTANT, "2026年2月30日"), (Kind.MONTH, "2026-13"), (Kind.CHOICE, "8"), (Kind.CHOICE, "男"), (Kind.TEXT, "9999"),
    ],
)  # fmt: skip
def test_what_helps_to_find_the_fault_is_quoted(kind, text):
    assert quotable(kind, text, CHOICES)


@given(
    st.sampled_from([column for column in CASES.columns if column.kind not in (Kind.NUMBER, Kind.PATIENT)]),
    personal_numbers(),
)
def test_no_number_of_a_person_passes_the_door(column: Column, number):
    kept = without_identity(frame({column.name: f"见 {number}，"}), CASES, KEY)[column.name].iloc[0]

    assert unicodedata.normalize("NFKC", number) not in kept


@given(personal_numbers())
def test_every_spelling_of_a_number_of_a_person_is_known(number):
    assert holds_personal_number(f"电话{number}。")


@pytest.mark.parametrize("text", [
        "J18.900x005|I10.x00x002", "33.2400|47.0100", "H13010000001", "2026-03-02 09:30:15", "91350100M000100Y43", "0300",
        "20260001", "12480.50",
    ])  # fmt: skip
def test_ordinary_cells_hold_no_number_of_a_person(text):
    assert not holds_personal_number(text)


def test_a_made_up_number_is_no_identity_number_unless_its_check_character_is_right():
    assert holds_identity_number("33010619900101123X", is_checked=True)
    assert holds_identity_number("330106900101123", is_checked=True)
    assert not holds_identity_number("330106202603020001", is_checked=True)
    assert not holds_identity_number("202603010000012", is_checked=True)


@pytest.mark.parametrize("name", ["age", "total_cost", "admitted_at", "sex", "mdt", "main_dx", "other_dx", "drg_code"])
@given(text=st.sampled_from(["张三", "欧阳娜娜", "Zhang San", "王小明 60"]))
def test_a_name_in_a_column_of_another_kind_is_not_even_staged(name, text):
    kept = without_identity(frame({name: text}), CASES, KEY)[name].iloc[0]

    assert text not in kept
