"""The rules for inpatient cases, each with a row that breaks it beside rows that do not."""

import csv
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.importing.case_checks import DIAGNOSIS_CODE, PROCEDURE_CODE, Deaths, check_cases
from evaluation.importing.case_layout import CASES, FEE_ITEMS
from evaluation.importing.checks import KeyMemory
from evaluation.importing.identity import pseudonym
from tests.importing.sheets import KEY, KNOWN, Judged, Row, judge, judge_file, written

NATIONAL_TABLES = Path(__file__).resolve().parents[3] / "shared" / "chs-drg-1.1"
national = pytest.mark.skipif(not NATIONAL_TABLES.is_dir(), reason=f"{NATIONAL_TABLES} is not beside the repository")

GOOD: Row = {
    "institution": "H33010000001",
    "record_no": "1",
    "stay_no": "1",
    "patient_id": "330106199001011234",
    "sex": "2",
    "age": "36",
    "age_days": "",
    "admitted_at": "2026-03-02 09:30",
    "discharged_at": "2026-03-09 11:00",
    "adm_dept": "0300",
    "main_dx": "J18.900",
    "other_dx": "",
    "procedures": "",
    "procedure_dates": "",
    "surgery_level": "",
    "elective": "",
    "disposition": "1",
    "receiving_inst": "",
    "total_cost": "6800.00",
    "self_pay": "",
    "fund_pay": "",
    "cost_bed": "",
    "cost_western_drug": "",
    "drg_code": "ES35",
    "rw": "0.65",
    "resident_region": "",
    "pay_type": "",
}
ERROR, WARNING = "error", "warning"


def case(number: int = 1, **changes: str) -> Row:
    return GOOD | {"record_no": str(number)} | changes


def judged(*rows: Row, **options: object) -> Judged:
    return judge(CASES, check_cases, rows, **options)


def heading(name: str, chinese: bool) -> str:
    return CASES.by_name[name].heading if chinese else name


def test_a_good_row_has_no_problem():
    assert judged(case()).said == []


def long_text(length: int) -> str:
    return "a" * length


OPERATED = {"procedures": "33.2400", "procedure_dates": "2026-03-03"}
BROKEN = [
    # what the row has, where the problem is, severity, rule, what the sentence says
    ({"record_no": ""}, "record_no", ERROR, "V0", "Fill it in"),
    ({"stay_no": ""}, "stay_no", ERROR, "V0", "Fill it in"),
    ({"patient_id": ""}, "patient_id", ERROR, "V0", "Fill it in"),
    ({"sex": ""}, "sex", ERROR, "V0", "Fill it in"),
    ({"age": ""}, "age", ERROR, "V0", "Fill it in"),
    ({"admitted_at": ""}, "admitted_at", ERROR, "V0", "Fill it in"),
    ({"discharged_at": ""}, "discharged_at", ERROR, "V0", "Fill it in"),
    ({"main_dx": ""}, "main_dx", ERROR, "V0", "Fill it in"),
    ({"disposition": ""}, "disposition", ERROR, "V0", "Fill it in"),
    ({"total_cost": ""}, "total_cost", ERROR, "V0", "Fill it in"),
    ({"stay_no": "first"}, "stay_no", ERROR, "V0", "digits only"),
    ({"stay_no": "1234567890"}, "stay_no", ERROR, "V0", "digits only"),
    ({"stay_no": "1.5"}, "stay_no", ERROR, "V0", "digits only"),
    ({"rw": "heavy"}, "rw", ERROR, "V0", "Write it like 0.65"),
    ({"record_no": long_text(41)}, "record_no", ERROR, "V0", "40 characters. Shorten it"),
    ({"resident_region": "3301060"}, "resident_region", ERROR, "V0", "6 characters. Shorten it"),
    ({"patient_id": "不详"}, "patient_id", ERROR, "V0", "no patient's identifier. Fill in"),
    ({"discharged_at": "2026-04-15 12:01"}, "discharged_at", ERROR, "V1", "in the future. Correct the date"),
    ({"discharged_at": "2099-03-09"}, "discharged_at", ERROR, "V1", "2099-03-09 lies in the future. Correct the date"),
    ({"admitted_at": "1900-03-02"}, "admitted_at", ERROR, "V1", "before 1990. Correct the year"),
    ({"discharged_at": "2026-03-01 23:00"}, "discharged_at", ERROR, "V1", "admission, 2026-03-02 09:30. Correct one"),
    ({"discharged_at": "2026-02-30"}, "discharged_at", ERROR, "V1", "does not exist. Write the right one"),
    ({"discharged_at": "2026-03-09 24:10"}, "discharged_at", ERROR, "V1", "does not exist. Write the right one"),
    ({"discharged_at": "0000-03-09"}, "discharged_at", ERROR, "V1", "before 1990. Correct the year"),
    ({"discharged_at": "last week"}, "discharged_at", ERROR, "V1", "Write it as YYYY-MM-DD"),
    ({"age": "121"}, "age", ERROR, "V1", "Age 121 is above 120. Correct it"),
    ({"age": "0", "age_days": "366"}, "age_days", ERROR, "V1", "0 to 365. Correct age or days"),
    ({"age": "3", "age_days": "20"}, "age_days", ERROR, "V1", "0 to 365. Correct age or days"),
    ({"admitted_at": "2025-01-02"}, "discharged_at", WARNING, "V2", "431 days. Accepted; left out of DRG payment"),
    ({"institution": "H99999999999"}, "institution", ERROR, "V4", "H99999999999 is not known. Check the code"),
    ({"institution": ""}, "institution", ERROR, "V4", "Fill in its code, or choose the institution"),
    ({"resident_region": "杭州"}, "resident_region", ERROR, "V4", "six digits, like 330106"),
    ({"sex": "male"}, "sex", ERROR, "V4", "Write one of 0, 1, 2, 9"),
    ({"disposition": "8"}, "disposition", ERROR, "V4", "Write one of 1, 2, 3, 4, 5, 9"),
    ({"pay_type": "77"}, "pay_type", ERROR, "V4", "Write one of 01, 02"),
    ({"surgery_level": "5"}, "surgery_level", ERROR, "V4", "Write one of 1, 2, 3, 4"),
    ({"elective": "perhaps"}, "elective", ERROR, "V4", "Write yes or no"),
    ({"adm_dept": "9999"}, "adm_dept", WARNING, "V4", "9999 is not listed for the institution. Accepted"),
    ({"cost_bed": "6801.01"}, "total_cost", ERROR, "V5", "(1) add up to 6,801.01, 1.01 more than the total. Correct"),
    ({"cost_bed": "6798.99"}, "total_cost", ERROR, "V5", "1.01 less than the total. Correct"),
    ({"cost_bed": "6801.00"}, "total_cost", WARNING, "V5", "1.00 off the total. Accepted as rounding"),
    ({"cost_bed": "6799.99"}, "total_cost", WARNING, "V5", "0.01 off the total. Accepted as rounding"),
    ({"self_pay": "-1"}, "self_pay", ERROR, "V5", "-1 is below 0. Correct the amount"),
    ({"total_cost": "12.345"}, "total_cost", ERROR, "V5", "at most two decimals"),
    ({"total_cost": "1234567890123"}, "total_cost", ERROR, "V5", "Write it like 12480.50"),
    ({"total_cost": "12,3456.00"}, "total_cost", ERROR, "V5", "Write it like 12480.50"),
    ({"cost_bed": "much"}, "cost_bed", ERROR, "V5", "The text in this cell is not an amount in yuan. Write it like"),
    ({"main_dx": "J18900"}, "main_dx", ERROR, "V6", "“J18900” is not an ICD-10 code. Write it like J18.900"),
    ({"main_dx": "肺炎"}, "main_dx", ERROR, "V6", "Write it like J18.900"),
    ({"main_dx": "J18.900|I10.x00"}, "main_dx", ERROR, "V6", "Write it like J18.900"),
    ({"main_dx": "j18.900"}, "main_dx", ERROR, "V6", "Write it like J18.900"),
    ({"main_dx": "J١٨.900"}, "main_dx", ERROR, "V6", "Write it like J18.900"),
    ({"other_dx": "I10.x00x002|E11900"}, "other_dx", ERROR, "V6", "“E11900” is not an ICD-10 code"),
    ({"other_dx": "I10.x00x002;E11.900"}, "other_dx", ERROR, "V6", "separate several by |"),
    ({"other_dx": "I10.x00x002||E11.900"}, "other_dx", ERROR, "V6", "separate several by |"),
    ({"procedures": "33.2400|3324"}, "procedures", ERROR, "V7", "“3324” is not an ICD-9-CM-3 code"),
    ({"procedures": "33.2400 47.0100"}, "procedures", ERROR, "V7", "separate several by |"),
    ({"drg_code": "ES10"}, "drg_code", ERROR, "V8", "“ES10” is not a DRG code. Write it like ES35, or 0000"),
    ({"drg_code": "E515"}, "drg_code", ERROR, "V8", "is not a DRG code"),
    ({"drg_code": "QYA"}, "drg_code", ERROR, "V8", "is not a DRG code"),
    ({"rw": "0"}, "rw", ERROR, "V8", "above 0 and below 1,000,000. Correct it or leave it empty"),
    ({"rw": "-0.5"}, "rw", ERROR, "V8", "above 0"),
    ({"rw": "0.0000001"}, "rw", ERROR, "V8", "above 0"),
    ({"rw": "1000000"}, "rw", ERROR, "V8", "below 1,000,000"),
    ({"rw": "1e99"}, "rw", ERROR, "V8", "below 1,000,000"),
    ({"disposition": "2"}, "receiving_inst", ERROR, "V11", "needs the receiving institution. Fill it in"),
    ({"disposition": "3"}, "receiving_inst", ERROR, "V11", "Way of leaving 3"),
    ({"sex": "1", "main_dx": "O80.000"}, "main_dx", WARNING, "V12", "of women, but sex is 1"),
    ({"sex": "1", "other_dx": "I10.x00|N98.900"}, "main_dx", WARNING, "V12", "of women, but sex is 1"),
    ({"main_dx": "N40.x00"}, "main_dx", WARNING, "V12", "of men, but sex is 2"),
    ({"main_dx": "O80.000", "age": "0"}, "main_dx", WARNING, "V12", "obstetric diagnosis, but the age is 0"),
    (OPERATED | {"procedure_dates": "2026-03-10"}, "procedure_dates", ERROR, "V13", "2026-03-10 lies outside the stay"),
    (OPERATED | {"procedure_dates": "2026/3/1"}, "procedure_dates", ERROR, "V13", "Correct the date or the stay"),
    (OPERATED | {"procedure_dates": "soon"}, "procedure_dates", ERROR, "V13", "text in this cell is not a date. Write"),
    (OPERATED | {"procedures": "33.24|47.01"}, "procedure_dates", ERROR, "V13", "2 procedures need as many dates"),
    ({"procedure_dates": "2026-03-03"}, "procedure_dates", ERROR, "V13", "0 procedures need as many dates, not 1"),
    ({"main_dx": "R50.900"}, "main_dx", WARNING, "V15", "R50.900 is a symptom. Accepted"),
    ({"main_dx": "Z51.100", "total_cost": "30000.01"}, "main_dx", WARNING, "V15", "the stay cost much"),
    ({"self_pay": "6000", "fund_pay": "801"}, "fund_pay", WARNING, "V16", "6,801.00, more than the total"),
    ({"main_dx": "=A1"}, "main_dx", ERROR, "V25", "paste it as values"),
    ({"age": "=A1+1"}, "age", ERROR, "V25", "paste it as values"),
    ({"patient_id": "=A1"}, "patient_id", ERROR, "V25", "paste it as values"),
    ({"patient_id": "3.30106199001011E+17"}, "patient_id", ERROR, "V25", "rounded the"),
    ({"record_no": "2.02603010000012E+16"}, "record_no", ERROR, "V25", "rounded the"),
    ({"stay_no": "330106199001011234"}, "stay_no", ERROR, "V0", "identity number, which is not kept"),
    ({"adm_dept": "王330106199001011234"}, "adm_dept", ERROR, "V0", "identity number, which is not kept"),
    ({"record_no": "330106199001011234"}, "record_no", ERROR, "V0", "no identity number, which is not kept"),
    ({"record_no": "33010619900101123X"}, "record_no", ERROR, "V0", "Write its own number"),
    ({"record_no": "330106900101123"}, "record_no", ERROR, "V0", "Write its own number"),
    ({"adm_dept": "张三 138 0013 8000"}, "adm_dept", ERROR, "V0", "phone, passport or identity number"),
    ({"receiving_inst": "+86-13800138000"}, "receiving_inst", ERROR, "V0", "phone, passport or identity number"),
    ({"receiving_inst": "(0571) 8765-4321"}, "receiving_inst", ERROR, "V0", "phone, passport or identity number"),
    ({"adm_dept": "护照E12345678"}, "adm_dept", ERROR, "V0", "phone, passport or identity number"),
    ({"adm_dept": "３３０１０６　１９９００１０１　１２３４"}, "adm_dept", ERROR, "V0", "phone, passport or identity number"),
    ({"age": "13800138000"}, "age", ERROR, "V0", "phone, passport or identity number"),
]  # fmt: skip


@cache
def all_broken(chinese: bool) -> Judged:
    """One sheet: good, broken, good, broken, …, good."""
    rows = [case(0)]
    for number, (changes, *_expected) in enumerate(BROKEN, start=1):
        rows += [case(2 * number) | changes, case(2 * number + 1)]
    return judged(*rows, chinese=chinese)


@pytest.mark.parametrize("chinese", [False, True], ids=["english", "chinese"])
@pytest.mark.parametrize("place", range(len(BROKEN)), ids=[f"{each[3]} {each[0]}" for each in BROKEN])
def test_the_row_that_breaks_a_rule_is_found_and_its_neighbours_pass(place, chinese):
    _changes, column, severity, rule, sentence = BROKEN[place]
    result, broken = all_broken(chinese), 2 * place + 3

    (problem,) = (problem for problem in result.problems if broken - 1 <= problem.row <= broken + 1)

    assert (problem.row, problem.column) == (broken, heading(column, chinese))
    assert (problem.severity, problem.rule) == (severity, rule)
    assert sentence in problem.sentence
    assert (broken in result.rejected, broken in result.flagged) == (severity == ERROR, severity == WARNING)


GOOD_VALUES = [
    {"admitted_at": "2026-03-09 11:00"},  # admitted and discharged at the same minute
    {"discharged_at": "2026-04-15 12:00"},  # now
    {"admitted_at": "1990-01-01", "discharged_at": "1990-01-02"},
    {"admitted_at": "2025-03-09"},  # 365 days
    {"age": "120"},
    {"age": "0", "age_days": "365"},
    {"stay_no": "999999999"},
    {"record_no": long_text(40)},
    {"record_no": "13800138000"},
    {"record_no": "202603010000012"},
    {"record_no": "330106202603020001"},  # region, day and counter: like an identity number, but not the patient's
    {"sex": "1.0"},
    {"pay_type": "1"},
    {"pay_type": "99"},
    {"disposition": "01"},
    {"disposition": "2", "receiving_inst": "Second hospital"},
    {"elective": "是", "surgery_level": "4"},
    {"elective": "TRUE"},
    {"cost_bed": "800", "cost_western_drug": "6000"},
    {"total_cost": "999999999999.99"},
    {"total_cost": "0"},
    {"total_cost": "6800.500"},
    {"self_pay": "1500", "fund_pay": "5300"},
    {"main_dx": "A01.000x003+G01*"},
    {"main_dx": "O80.000"},
    {"main_dx": "N40.x00", "sex": "1"},
    {"main_dx": "Z51.100", "total_cost": "30000"},
    {"other_dx": "I10.x00x002 | E11.900"},
    {"procedures": "33.2400|36.0700x004", "procedure_dates": "2026-03-02|2026年3月9日"},
    {"drg_code": "0000", "rw": ""},
    {"drg_code": "EQY"},
    {"rw": "0.000001"},
    {"rw": "999999.999999"},
    {"rw": "6.5e-1"},
    {"drg_code": "", "rw": "", "adm_dept": ""},
]


def test_values_on_the_edge_and_the_usual_ways_to_write_them_pass():
    result = judged(*(case(number) | changes for number, changes in enumerate(GOOD_VALUES)))

    assert [(GOOD_VALUES[problem.row - 2], problem.sentence) for problem in result.problems] == []


def test_problems_of_one_row_are_all_said_and_the_row_counts_once():
    result = judged(case(1), case(2, sex="x", age="130", main_dx="R50.9", total_cost="-5"))

    assert {problem.column for problem in result.problems} == {"sex", "age", "main_dx", "total_cost"}
    assert {problem.row for problem in result.problems} == {3}
    assert (result.rejected, result.flagged) == ([3], [])


def test_an_unreadable_fee_is_said_once_and_not_as_a_wrong_sum_too():
    result = judged(case(cost_bed="8oo", cost_western_drug="6000"))

    assert result.said == [(2, "cost_bed", ERROR, "V5")]


def test_the_column_is_named_by_our_heading_however_the_user_wrote_it():
    sheet = written(CASES, [case(age="121")]).replace(b",age,", "，　* Age ，".replace("，", ",").encode())

    (problem,) = judge_file(CASES, check_cases, sheet).problems

    assert problem.column == "age"


def test_rows_keep_the_sheets_own_numbers_over_empty_rows():
    lines = written(CASES, [case(1), case(2, age="121")]).splitlines()

    result = judge_file(CASES, check_cases, b"\r\n".join([lines[0], b"", lines[1], b"," * 26, b"", lines[2]]))

    assert result.rejected == [6]


def test_a_sheet_may_lack_every_column_that_is_not_required():
    required = {name: GOOD[name] for name in [*CASES.required, "institution"]}

    result = judged(required)

    assert result.said == []
    assert list(result.rows.columns) == [column.name for column in CASES.columns]


# --- what the cells come to mean ---


@pytest.mark.parametrize(
    "text",
    ["2026-03-02 08:05", "2026-03-02T08:05", "2026/3/2 8:05", "2026.3.2 8:05:00", "2026年3月2日 8:05",
     "2026年3月2日8:05", "2026-03-02 08:05:00.000", "2026/3/2 8:05:00.0", "２０２６-０３-０２ ０８：０５"],
)  # fmt: skip
def test_an_instant_is_understood_however_it_is_written(text):
    result = judged(case(admitted_at=text))

    assert result.said == []
    assert result.rows["admitted_at"].item() == datetime(2026, 3, 2, 8, 5)


@pytest.mark.parametrize("text", ["2026-03-02", "2026/3/2", "2026年3月2日", "2026-03-02 00:00:00", "2026.03.02"])
def test_a_date_without_a_time_is_its_midnight(text):
    assert judged(case(admitted_at=text)).rows["admitted_at"].item() == datetime(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("12480.5", 1_248_050), ("12,480.50", 1_248_050), ("１２４８０．５０", 1_248_050), ("¥12,480.50", 1_248_050),
     ("￥ 12480.50", 1_248_050), ("12480.5元", 1_248_050), ("¥ 12,480.50 元", 1_248_050), ("0.29", 29), ("+5", 500),
     ("1,234,567.89", 123_456_789), ("999999999999.99", 99_999_999_999_999)],
)  # fmt: skip
def test_an_amount_is_read_to_the_fen_however_it_is_written(text, fen):
    result = judged(case(total_cost=text))

    assert result.said == []
    assert result.rows["total_cost"].item() == fen


@pytest.mark.parametrize("text", ["４５", "45.0", "45.00", "045"])
def test_whole_numbers_are_read_as_spreadsheets_write_them(text):
    assert judged(case(age=text)).rows["age"].item() == 45


def test_digits_of_other_scripts_are_refused():
    assert judged(case(age="٤٥")).said == [(2, "age", ERROR, "V0")]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yes", True),
        ("No", False),
        ("TRUE", True),
        ("0", False),
        ("1.0", True),
        ("是", True),
        ("否", False),
        ("", pd.NA),
    ],
)
def test_yes_and_no_in_both_languages_and_empty_is_unknown(text, meaning):
    assert judged(case(elective=text)).rows["elective"].astype(object).item() is meaning


def test_blanks_around_separators_do_not_reach_the_table():
    assert judged(case(other_dx="I10.x00 |  E11.900")).rows["other_dx"].item() == "I10.x00|E11.900"


def test_the_message_never_repeats_an_identifier():
    result = judged(case(patient_id="=330106199001011234"), case(2, stay_no="x330106199001011234"))

    assert len(result.problems) == 2
    for problem in result.problems:
        assert "3301061990" not in f"{problem.sentence}{problem.values}"


# --- rules that look beyond the row ---


def test_the_same_record_twice_names_the_row_that_had_it_first():
    result = judged(case(1), case(2), case(1, age="40"), case(1, stay_no="2"))

    assert result.said == [(4, "record_no", ERROR, "V3")]
    assert result.problems[0].sentence == "Same record as row 2. Keep one of them."


def test_a_refused_row_is_not_the_first_of_its_record():
    assert judged(case(1, age="x"), case(1)).rejected == [2]


def test_repeats_are_found_across_chunks():
    rows = [case(number % 4) for number in range(10)]

    assert judged(*rows, chunk_rows=3).rejected == [6, 7, 8, 9, 10, 11]


def test_the_same_record_of_two_institutions_is_no_repeat():
    assert judged(case(1), case(1, institution="H33010000002")).said == []


def test_rows_of_another_institution_than_the_uploads_are_refused():
    known = replace(KNOWN, given_institution="H33010000001")

    result = judged(case(1), case(2, institution="H33010000002"), case(3, institution=""), known=known)

    assert result.said == [(3, "institution", ERROR, "V4")]
    assert "Take the row out or upload it separately" in result.problems[0].sentence


def test_the_institution_that_came_with_the_upload_fills_a_sheet_without_the_column():
    row = case()
    del row["institution"]

    result = judged(row, known=replace(KNOWN, given_institution="H33010000001"), given=["institution"])

    assert result.said == []
    assert result.rows["institution"].item() == "H33010000001"


def test_rows_of_institutions_the_sender_does_not_answer_for_are_refused():
    known = replace(KNOWN, writable=frozenset({"H33010000001"}))

    result = judged(case(1), case(2, institution="H33010000002"), known=known)

    assert result.said == [(3, "institution", ERROR, "V4")]
    assert result.problems[0].sentence == ("H33010000002 is not an institution you deliver data for. Take the row out.")


def test_rows_of_another_month_than_the_uploads_are_refused():
    known = replace(KNOWN, given_month=date(2026, 3, 1))
    edges = [
        case(1, discharged_at="2026-03-31 23:59"),
        case(2, discharged_at="2026-04-01"),
        case(3, admitted_at="2026-02-02", discharged_at="2026-02-28 23:59"),
    ]

    result = judged(*edges, known=known)

    assert result.rejected == [3, 4]
    assert "Another month than the upload's, 2026-03. Take the row out" in result.problems[0].sentence


def test_a_weight_that_differs_from_the_years_benchmark_is_flagged():
    weights = pd.DataFrame(
        [
            ["YUNLING", "330106", "L3", 2026, "ES35", 0.65],
            ["YUNLING", "330106", "L3", 2025, "ES35", 0.7],
            ["YUNLING", "330106", "L2", 2026, "ES35", 0.6],
            ["", "330106", "L3", 2026, "ES35", 0.9],
            ["OTHER", "330106", "L3", 2026, "ES35", 0.9],
        ],
        columns=["joined_last", "region", "level", "year", "drg", "benchmark_rw"],
    ).astype({"year": "Int64"})
    rows = [
        case(1),
        case(2, rw="0.66"),
        case(3, rw="0.65", institution="H33010000002"),
        case(4, rw="0.7", admitted_at="2025-03-02", discharged_at="2025-03-03"),
        case(5, rw="0.99", drg_code="BR21"),
        case(6, rw=""),
    ]

    result = judged(*rows, known=replace(KNOWN, weights=weights))

    assert result.said == [(3, "rw", WARNING, "V24"), (4, "rw", WARNING, "V24")]
    assert (
        result.problems[0].sentence
        == "The benchmark table of the year gives 0.65. Accepted as it is, unless you correct it."
    )


def deaths_of(*rows: Row, elsewhere: pd.DataFrame | None = None) -> list[int]:
    deaths = Deaths()
    deaths.remember(judged(*rows).rows)
    nothing = pd.DataFrame({"patient_id": [], "admitted_at": []})
    return list(deaths.followed_by_admission(nothing if elsewhere is None else elsewhere))


def test_a_death_followed_by_an_admission_is_found_in_any_order_of_the_rows():
    died = case(1, disposition="5")
    back = case(2, admitted_at="2026-04-01", discharged_at="2026-04-02")
    other = case(3, patient_id="other", admitted_at="2026-04-01", discharged_at="2026-04-02")

    assert deaths_of(died, back) == [2]
    assert deaths_of(back, other, died) == [4]
    assert deaths_of(died, other) == []


def test_an_admission_stored_earlier_counts_as_coming_back():
    stored = pd.DataFrame(
        {"patient_id": [pseudonym(GOOD["patient_id"], KEY)], "admitted_at": [datetime(2026, 3, 20, 8)]}
    )

    assert deaths_of(case(1, disposition="5"), elsewhere=stored) == [2]
    assert deaths_of(case(1, disposition="5", patient_id="other"), elsewhere=stored) == []


# --- every national code ---


@pytest.mark.national
@national
@pytest.mark.parametrize(("table", "pattern"), [("diagnoses", DIAGNOSIS_CODE), ("procedures", PROCEDURE_CODE)])
def test_every_code_of_the_national_tables_passes(table, pattern):
    with (NATIONAL_TABLES / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]

    assert len(codes) > 5_000
    assert [code for code in codes if not pattern.fullmatch(code)] == []


@pytest.mark.national
@national
def test_every_national_code_passes_in_a_sheet_too():
    codes = {}
    for table in ("diagnoses", "procedures"):
        with (NATIONAL_TABLES / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
            codes[table] = [row["code"] for row in csv.DictReader(file)]
    rows = [case(number, main_dx=code, sex="9") for number, code in enumerate(codes["diagnoses"])]
    for row, code in zip(rows, codes["procedures"], strict=False):
        row["procedures"] = code

    assert not judged(*rows).rejected


# --- properties ---

DAYS = st.dates(date(1990, 1, 1), date(2026, 4, 14))
CODES = st.sampled_from(["J18.900", "I10.x00x002", "J15.600x005", "C34.900", "S72.000"])
FEN = st.integers(0, 10**9)


@st.composite
def valid_cases(draw) -> list[Row]:
    return [draw(valid_case(number)) for number in range(draw(st.integers(1, 6)))]


@st.composite
def valid_case(draw, number: int) -> Row:
    admitted = draw(DAYS)
    discharged = min(admitted + timedelta(days=draw(st.integers(0, 365))), date(2026, 4, 14))
    fees = {name: draw(FEN) for name, _heading in FEE_ITEMS if draw(st.booleans())}
    transfer = draw(st.booleans())
    form = draw(st.sampled_from(["{:%Y-%m-%d}", "{:%Y/%m/%d}", "{:%Y年%m月%d日}", "{:%Y-%m-%d} 00:00"]))
    return {
        "institution": draw(st.sampled_from(list(KNOWN.institutions))),
        "record_no": f"{draw(st.text('AB0123', min_size=1, max_size=8))}-{number}",
        "stay_no": str(draw(st.integers(1, 99))),
        "patient_id": draw(st.text("0123456789X", min_size=5, max_size=18)),
        "sex": draw(st.sampled_from("0129")),
        "age": str(draw(st.integers(0, 120))),
        "admitted_at": form.format(admitted),
        "discharged_at": form.format(discharged),
        "main_dx": draw(CODES),
        "other_dx": "|".join(draw(st.lists(CODES, max_size=3))),
        "disposition": "2" if transfer else draw(st.sampled_from("1459")),
        "receiving_inst": "elsewhere" if transfer else "",
        "total_cost": f"{sum(fees.values()) / 100:.2f}" if fees else draw(st.sampled_from(["0", "1,200.50", "¥7"])),
        **{name: f"{fen / 100:,.2f}" for name, fen in fees.items()},
        "drg_code": draw(st.sampled_from(["", "0000", "ES35", "BR21"])),
        "rw": draw(st.sampled_from(["", "0.65", "12.123456"])),
        "elective": draw(st.sampled_from(["", "是", "no", "1", "FALSE"])),
    }


@settings(max_examples=15, deadline=None)
@given(valid_cases())
def test_a_sheet_of_valid_cases_has_no_errors(rows):
    result = judge(CASES, check_cases, rows)

    assert [problem for problem in result.problems if problem.severity == ERROR] == []
    assert result.rows["admitted_at"].notna().all()


@st.composite
def chunked(draw, items: st.SearchStrategy) -> list[list]:
    """Random items, cut into random chunks."""
    everything = draw(st.lists(items, min_size=1, max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(everything)), max_size=5)))
    bounds = [0, *cuts, len(everything)]
    return [everything[first:last] for first, last in pairwise(bounds) if last > first]


@settings(max_examples=60, deadline=None)
@given(chunked(st.tuples(st.sampled_from("abc"), st.integers(0, 3))))
def test_key_memory_finds_exactly_the_repeats_a_dictionary_finds(chunks):
    memory, seen, row = KeyMemory(), {}, 1
    for chunk in chunks:
        rows = range(row, row + len(chunk))
        row += len(chunk)

        found = memory.first_rows(pd.DataFrame(chunk, columns=["record_no", "stay_no"], index=rows))

        for number, key in zip(rows, chunk, strict=True):
            expected = seen.setdefault(key, number)
            assert found[number] is pd.NA if expected == number else found[number] == expected


def test_key_memory_does_not_touch_all_that_it_saw_with_every_chunk():
    memory, chunks = KeyMemory(), 200
    for chunk in range(chunks):
        memory.first_rows(pd.DataFrame({"record_no": range(chunk * 10, chunk * 10 + 10)}, range(10)))

    lengths = [len(hashes) for hashes, _rows in memory.runs]
    assert sum(lengths) == chunks * 10
    assert all(longer >= 2 * shorter for longer, shorter in pairwise(lengths))


STAY = st.tuples(st.sampled_from("pqr"), st.integers(0, 9), st.integers(0, 3), st.booleans())


@settings(max_examples=60, deadline=None)
@given(chunked(STAY), st.randoms(use_true_random=False))
def test_deaths_are_found_in_whatever_order_the_chunks_come(chunks, random):
    start = pd.Timestamp(2026, 1, 1)
    frames, row = [], 2
    for chunk in chunks:
        frames.append(
            pd.DataFrame(
                {
                    "patient_id": pd.Series([stay[0] for stay in chunk], dtype="str"),
                    "admitted_at": [start + pd.Timedelta(days=stay[1]) for stay in chunk],
                    "discharged_at": [start + pd.Timedelta(days=stay[1] + stay[2]) for stay in chunk],
                    "disposition": ["5" if stay[3] else "1" for stay in chunk],
                }
            ).set_index(pd.RangeIndex(row, row + len(chunk)))
        )
        row += len(chunk)
    everything = pd.concat(frames)
    slow = [
        number
        for number, dead in everything.iterrows()
        if dead["disposition"] == "5"
        and any(
            other["patient_id"] == dead["patient_id"] and other["admitted_at"] > dead["discharged_at"]
            for _number, other in everything.iterrows()
        )
    ]
    random.shuffle(frames)

    deaths = Deaths()
    for frame in frames:
        deaths.remember(frame)

    nothing = pd.DataFrame({"patient_id": [], "admitted_at": []})
    assert np.array_equal(deaths.followed_by_admission(nothing), slow)
