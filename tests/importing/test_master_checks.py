"""The rules for master data."""

from dataclasses import replace

import pytest

from evaluation.importing import master_checks, master_layouts
from evaluation.importing.master_checks import is_uscc
from tests.importing.sheets import KNOWN, Judged, Row, judge

ERROR, WARNING = "error", "warning"
HOSPITAL: Row = {
    "code": "H33010000009",
    "name": "云岭总医院",
    "level": "L3",
    "type": "general",
    "region_code": "330106",
    "uscc": "91350100M000100Y43",
    "approved_beds": "1200",
    "served_population": "900000",
    "risk_coefficient": "1",
    "rate_coefficient": "1",
    "legal_independent": "yes",
}
MEMBER: Row = {
    "consortium": "YUNLING",
    "institution": "H33010000001",
    "role": "lead",
    "joined_on": "2023-01-01",
    "left_on": "",
    "agreement_no": "",
}
GROUP: Row = {
    "year": "2026", "drg": "ES35", "rw": "0.65", "avg_cost": "6500.00", "avg_los": "7.2", "region": "", "level": "",
    "name": "", "cases": "1200", "deaths": "6", "readmissions": "40",
}  # fmt: skip


def institutions(*rows: Row, **options) -> Judged:
    return judge(master_layouts.INSTITUTIONS, master_checks.check_institutions, rows, **options)


def memberships(*rows: Row, **options) -> Judged:
    return judge(master_layouts.MEMBERSHIPS, master_checks.check_memberships, rows, **options)


def benchmarks(*rows: Row, **options) -> Judged:
    return judge(master_layouts.BENCHMARKS, master_checks.check_benchmarks, rows, **options)


def departments(*rows: Row, **options) -> Judged:
    return judge(master_layouts.DEPARTMENTS, master_checks.check_departments, rows, **options)


def consortia(*rows: Row, **options) -> Judged:
    return judge(master_layouts.CONSORTIA, master_checks.check_consortia, rows, **options)


# --- V9, V10 ---


def test_the_published_sample_of_a_credit_code_is_valid_and_its_neighbours_are_not():
    assert is_uscc("91350100M000100Y43")
    assert not any(is_uscc(f"91350100M000100Y4{last}") for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if last != "3")


@pytest.mark.parametrize(
    "code",
    ["91350100M000100Y4", "91350100M000100Y433", "91350100I000100Y43", "91350100m000100y43", "9135010OM000100Y43"],
)
def test_what_has_not_the_form_of_a_credit_code_is_none(code):
    assert not is_uscc(code)


@pytest.mark.parametrize("code", ["91350100M000100Y4", "91350100M000100Y44", "91350100I000100Y43"])
def test_a_wrong_credit_code_is_refused_with_the_remedy(code):
    result = institutions(HOSPITAL, HOSPITAL | {"code": "H33010000008", "uscc": code})

    assert result.said == [(3, "uscc", ERROR, "V9")]
    assert "18 characters, the last one checks the others). Correct it." in result.problems[0].sentence


def test_a_code_of_a_local_pattern_is_accepted_and_flagged():
    result = institutions(HOSPITAL, HOSPITAL | {"code": "YL-7"}, HOSPITAL | {"code": "H3301000000"})

    assert result.said == [(3, "code", WARNING, "V10"), (4, "code", WARNING, "V10")]
    assert result.flagged == [3, 4]


@pytest.mark.parametrize(
    ("changes", "column", "rule", "sentence"),
    [
        ({"name": ""}, "name", "V0", "Fill it in"),
        ({"name": "院" * 201}, "name", "V0", "200 characters. Shorten it"),
        ({"level": "L4"}, "level", "V4", "Write one of L3, L2, L1, CHC, THC, VC"),
        ({"type": "hospital"}, "type", "V4", "Write one of general"),
        ({"region_code": "杭州"}, "region_code", "V4", "six digits, like 330106"),
        ({"region_code": "33010"}, "region_code", "V4", "six digits, like 330106"),
        ({"approved_beds": "-1"}, "approved_beds", "V19", "-1 is below 0. Correct"),
        ({"approved_beds": "9999999999"}, "approved_beds", "V0", "digits only"),
        ({"served_population": "90万"}, "served_population", "V0", "digits only"),
        ({"risk_coefficient": "0"}, "risk_coefficient", "V19", "above 0 and below 100"),
        ({"risk_coefficient": "100"}, "risk_coefficient", "V19", "above 0 and below 100"),
        ({"rate_coefficient": "0.00001"}, "rate_coefficient", "V19", "above 0 and below 100"),
        ({"legal_independent": "maybe"}, "legal_independent", "V4", "Write yes or no"),
        ({"code": "=A1"}, "code", "V25", "paste it as values"),
    ],
    ids=str,
)
def test_an_institution_that_breaks_a_rule_is_refused_at_its_cell(changes, column, rule, sentence):
    result = institutions(HOSPITAL, HOSPITAL | {"code": "H33010000008"} | changes)

    assert result.said == [(3, column, ERROR, rule)]
    assert sentence in result.problems[0].sentence


def test_values_on_the_edge_pass():
    edges = [
        {"uscc": "", "approved_beds": "", "served_population": "", "risk_coefficient": "", "legal_independent": ""},
        {"level": "chc", "approved_beds": "0", "served_population": "999999999"},
        {"risk_coefficient": "99.9999", "rate_coefficient": "0.0001", "name": "院" * 200},
    ]

    result = institutions(*(HOSPITAL | {"code": f"H3301000010{place}"} | edge for place, edge in enumerate(edges)))

    assert result.said == []


def test_the_same_institution_twice_is_a_repeat():
    assert institutions(HOSPITAL, HOSPITAL).said == [(3, "code", ERROR, "V3")]


def test_an_institution_of_another_consortium_is_refused_and_a_new_one_is_not():
    known = replace(KNOWN, writable=frozenset({"H33010000001"}))
    rows = [HOSPITAL | {"code": code} for code in ("H33010000001", "H33010000002", "H33010000009")]

    result = institutions(*rows, known=known)

    assert result.said == [(3, "code", ERROR, "V4")]
    assert "does not belong to your consortium today. Take the row out;" in result.problems[0].sentence


def test_a_consortium_of_others_is_refused_and_a_new_one_is_not():
    known = replace(KNOWN, writable_consortia=frozenset({"YUNLING"}))
    rows = [{"code": code, "name": "x", "kind": "urban_group"} for code in ("YUNLING", "OTHER", "NEW")]

    assert consortia(*rows, known=known).said == [(3, "code", ERROR, "V4")]


# --- memberships ---


@pytest.mark.parametrize(
    ("changes", "column", "rule", "sentence"),
    [
        (
            {"consortium": "NOWHERE"},
            "consortium",
            "V4",
            "The text in this cell is not known. Check the code, or deliver",
        ),
        ({"institution": "H99999999999"}, "institution", "V4", "is not known. Check the code"),
        ({"role": "boss"}, "role", "V4", "Write one of lead, member, shared_centre"),
        ({"joined_on": ""}, "joined_on", "V0", "Fill it in"),
        ({"joined_on": "2023-02-29"}, "joined_on", "V1", "does not exist"),
        ({"joined_on": "1900-01-01"}, "joined_on", "V1", "not between 1949 and 2100. Correct the year"),
        ({"left_on": "2022-12-31"}, "left_on", "V1", "before the joining day. Correct one"),
        ({"left_on": "9999-12-31"}, "left_on", "V1", "leave left_on empty"),
        ({"agreement_no": "a" * 61}, "agreement_no", "V0", "60 characters"),
    ],
    ids=str,
)
def test_a_membership_that_breaks_a_rule_is_refused_at_its_cell(changes, column, rule, sentence):
    result = memberships(MEMBER | {"institution": "H33010000002"}, MEMBER | changes)

    assert result.said == [(3, column, ERROR, rule)]
    assert sentence in result.problems[0].sentence


def period(joined: str, left: str = "", **changes: str) -> Row:
    return MEMBER | {"joined_on": joined, "left_on": left} | changes


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([period("2020-01-01", "2021-12-31"), period("2022-01-01")], []),
        ([period("2020-01-01", "2022-01-01"), period("2022-01-01")], [3]),
        ([period("2022-01-01"), period("2020-01-01", "2022-01-01")], [2]),
        ([period("2020-01-01"), period("2022-01-01")], [3]),
        ([period("2020-01-01", "2025-12-31"), period("2021-01-01", "2021-12-31"), period("2023-01-01")], [3, 4]),
        ([period("2020-01-01"), period("2022-01-01", consortium="OTHER")], []),
        ([period("2020-01-01"), period("2022-01-01", institution="H33010000002")], []),
    ],
)
def test_memberships_of_the_same_pair_must_not_overlap(rows, refused):
    result = memberships(*rows)

    assert result.said == [(row, "joined_on", ERROR, "V1") for row in refused]


def test_the_same_membership_twice_is_a_repeat_and_no_overlap():
    assert memberships(MEMBER, MEMBER).said == [(3, "consortium", ERROR, "V3")]


def test_members_of_a_consortium_of_others_are_refused():
    known = replace(KNOWN, writable_consortia=frozenset({"YUNLING"}))

    result = memberships(MEMBER, MEMBER | {"consortium": "OTHER"}, known=known)

    assert result.said == [(3, "consortium", ERROR, "V4")]


# --- departments ---


def test_a_department_needs_a_known_institution_and_a_listed_bed_type():
    good = {"institution": "H33010000001", "code": "0300", "name": "呼吸内科", "bed_type": "acute"}

    result = departments(good, good | {"institution": "H0"}, good | {"code": "0400", "bed_type": "sofa"})

    assert result.said == [(3, "institution", ERROR, "V4"), (4, "bed_type", ERROR, "V4")]


# --- benchmarks: V18, V19 ---


@pytest.mark.parametrize(
    ("changes", "column", "rule", "sentence"),
    [
        ({"deaths": "1201"}, "deaths", "V18", "1201 is more than the cases. Correct one"),
        ({"readmissions": "1201"}, "readmissions", "V18", "1201 is more than the cases. Correct one"),
        ({"cases": "-3"}, "cases", "V19", "-3 is below 0. Correct"),
        ({"rw": "0"}, "rw", "V19", "above 0"),
        ({"rw": "0.0000004"}, "rw", "V19", "above 0"),
        ({"rw": "1000000"}, "rw", "V19", "not so large"),
        ({"avg_cost": "0"}, "avg_cost", "V19", "above 0"),
        ({"avg_cost": "-1"}, "avg_cost", "V19", "above 0"),
        ({"avg_los": "0"}, "avg_los", "V19", "above 0"),
        ({"avg_los": "0.00004"}, "avg_los", "V19", "above 0"),
        ({"avg_los": "10000"}, "avg_los", "V19", "not so large"),
        ({"year": "1999"}, "year", "V1", "1999 is out of range. Correct it"),
        ({"year": "2028"}, "year", "V1", "2028 is out of range. Correct it"),
        ({"drg": "ES1"}, "drg", "V8", "“ES1” is not a DRG code. Write it like ES35"),
        ({"level": "top"}, "level", "V4", "Write one of L3"),
        ({"region": "浙江"}, "region", "V4", "six digits"),
    ],
    ids=str,
)
def test_a_benchmark_that_breaks_a_rule_is_refused_at_its_cell(changes, column, rule, sentence):
    result = benchmarks(GROUP | {"drg": "BR21"}, GROUP | changes)

    assert [each for each in result.said if each[1:] == (column, ERROR, rule)] == [(3, column, ERROR, rule)]
    assert result.rejected == [3]
    assert sentence in next(each for each in result.problems if each.rule == rule).sentence


def test_benchmarks_on_the_edge_pass():
    edges = [
        {"deaths": "1200", "readmissions": "1200"},
        {"cases": "", "deaths": "5", "readmissions": ""},
        {"rw": "0.000001", "avg_cost": "0.01", "avg_los": "0.0001"},
        {"rw": "999999.999999", "avg_cost": "999999999999.99", "avg_los": "9999.9999"},
        {"year": "2027", "level": "l2", "region": "330106"},
    ]

    result = benchmarks(*(GROUP | {"drg": f"ES{place}5"} | edge for place, edge in enumerate(edges, start=1)))

    assert result.said == []


def test_the_same_group_of_another_year_region_or_level_is_no_repeat():
    others = [{}, {"year": "2025"}, {"region": "330106"}, {"level": "L3"}]

    assert benchmarks(*(GROUP | other for other in others)).said == []
    assert benchmarks(GROUP, GROUP | {"rw": "0.7"}).said == [(3, "year", ERROR, "V3")]
