import csv
import hashlib
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from budgets.layouts import BUDGETS, EXPENDITURES
from evaluation.demo.generator import make_demo
from evaluation.demo.groups import GROUPS, comorbidities
from evaluation.demo.master import DEPARTMENTS
from evaluation.demo.members import Sheet, members, with_check_character
from evaluation.importing import master_layouts
from evaluation.importing.case_layout import CASES, FEE_ITEMS
from evaluation.importing.layouts import heading_key
from referrals.layouts import REFERRALS

NATIONAL_TABLES = Path(__file__).resolve().parents[3] / "shared" / "chs-drg-1.1"

ICD_10 = r"[A-Z]\d{2}(?:\.(?:\d|[xX])\d{0,3}(?:[xX]\d{2,3})?)?"
DIAGNOSIS = re.compile(rf"^{ICD_10}(?:\+{ICD_10}\*|[+*])?$")
PROCEDURE = re.compile(r"^\d{2}\.\d(?:[\dxX][\dA-Z]{0,4})?(?:[xX]\d{3,4})?$")
DRG = re.compile(r"^(?:[A-Z][A-Z]\d[1-9]|0000|[A-Z]QY)$")
USCC = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$")

LAYOUTS = {
    layout.dataset: layout
    for layout in (
        master_layouts.CONSORTIA, master_layouts.INSTITUTIONS, master_layouts.MEMBERSHIPS, master_layouts.DEPARTMENTS,
        master_layouts.BENCHMARKS, CASES, REFERRALS, BUDGETS, EXPENDITURES,
    )
}  # fmt: skip
SMALL = {"institutions": 8, "months": 14, "cases": 5000, "seed": 3, "until": "2026-03"}


def read(path: Path) -> list[dict[str, str]]:
    """The rows of any sheet as texts, by the English column names."""
    if path.suffix == ".xlsx":
        grid = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        lines = [[plain(cell) for cell in line] for line in grid]
    else:
        data = path.read_bytes()
        text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030")
        lines = list(csv.reader(text.splitlines()))
    known = {heading: column.name for layout in LAYOUTS.values() for heading, column in layout.by_heading.items()}
    names = [known.get(heading_key(heading), heading) for heading in lines[0]]
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


def plain(cell: object) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def headings(path: Path) -> list[str]:
    if path.suffix == ".xlsx":
        return [str(cell) for cell in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[0]]
    data = path.read_bytes()
    text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030")
    return text.splitlines()[0].split(",")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    make_demo(path, **SMALL)
    return path


@pytest.fixture(scope="module")
def manifest(folder) -> list[dict[str, str]]:
    return read(folder / "manifest.csv")


@pytest.fixture(scope="module")
def all_cases(folder, manifest) -> list[dict[str, str]]:
    files = [line["file"] for line in manifest if line["dataset"] == "cases" and line["file"] != "dirty_cases.csv"]
    return [row for file in files for row in read(folder / file)]


@pytest.fixture(scope="module")
def cases(folder, manifest) -> list[dict[str, str]]:
    """The rows of the sheets that promise to hold no fault."""
    files = [line["file"] for line in manifest if line["dataset"] == "cases" and line["accept_valid"] == "no"]
    return [row for file in files for row in read(folder / file)]


def test_the_number_of_cases_is_exactly_the_wanted_one(all_cases):
    assert len(all_cases) == SMALL["cases"]


def test_fee_items_sum_to_the_total(cases):
    for row in cases:
        assert sum(Decimal(row[name]) for name, _ in FEE_ITEMS) == Decimal(row["total_cost"])
        assert Decimal(row["self_pay"]) + Decimal(row["fund_pay"]) == Decimal(row["total_cost"])
        assert all(Decimal(row[name]) >= 0 for name, _ in FEE_ITEMS)


def test_admission_is_not_after_discharge_and_all_discharges_lie_in_the_period(cases):
    for row in cases:
        assert row["admitted_at"] <= row["discharged_at"]
        assert "2025-02" <= row["discharged_at"][:7] <= SMALL["until"]


def test_case_keys_are_unique(all_cases):
    keys = Counter((row["institution"], row["record_no"], row["stay_no"]) for row in all_cases)

    assert max(keys.values()) == 1


def test_codes_match_the_rules(cases):
    for row in cases:
        assert DIAGNOSIS.match(row["main_dx"])
        assert all(DIAGNOSIS.match(code) for code in row["other_dx"].split("|") if code)
        assert all(PROCEDURE.match(code) for code in row["procedures"].split("|") if code)
        assert not row["drg_code"] or DRG.match(row["drg_code"])


def test_coded_values_are_choices_of_the_layout(cases):
    choices = {column.name: set(column.choices) for column in CASES.columns if column.choices}
    for row in cases:
        for name, allowed in choices.items():
            assert not row[name] or row[name] in allowed, (name, row[name])


def test_a_transferred_patient_has_a_receiver(cases):
    sent = [row for row in cases if row["disposition"] in ("2", "3")]

    assert sent
    assert all(row["receiving_inst"] for row in sent)


def test_sex_and_age_fit_the_group(cases):
    by_code = {group.code: group for group in GROUPS}
    for row in cases:
        group = by_code.get(row["drg_code"])
        if group:
            assert not group.sex or row["sex"] == group.sex
            assert group.ages.youngest <= int(row["age"]) <= group.ages.oldest + 3
            assert bool(row["age_days"]) == (row["age"] == "0")


def test_a_given_weight_is_the_benchmark_of_its_year(folder, cases):
    table = {(row["year"], row["drg"]): row["rw"] for row in read(folder / "benchmarks.csv") if not row["region"]}
    weighted = [row for row in cases if row["rw"]]

    assert len(weighted) > 0.9 * len(cases)
    for row in weighted:
        assert float(row["rw"]) == float(table[row["discharged_at"][:4], row["drg_code"]])


def test_benchmarks_begin_a_year_early_with_groups_without_deaths(folder):
    rows = [row for row in read(folder / "benchmarks.csv") if not row["region"]]
    early = [row for row in rows if row["year"] == "2024"]

    assert {row["drg"] for row in early} == {group.code for group in GROUPS}
    assert sum(int(row["cases"]) >= 30 and row["deaths"] == "0" for row in early) >= 5
    assert len({row["deaths"] for row in early}) > 10


def test_patients_come_again_within_thirty_days_at_the_same_and_at_other_members(all_cases):
    stays = defaultdict(list)
    for row in all_cases:
        stays[row["patient_id"]].append((row["admitted_at"], row["discharged_at"], row["institution"]))
    soon = [
        (earlier[2], later[2])
        for listed in stays.values()
        for earlier, later in zip(sorted(listed), sorted(listed)[1:], strict=False)
        if earlier[1] <= later[0]
        and datetime.fromisoformat(later[0]) - datetime.fromisoformat(earlier[1]) < timedelta(days=31)
    ]

    assert 0.04 * len(all_cases) < len(soon) < 0.12 * len(all_cases)
    assert any(first != second for first, second in soon)
    assert any(first == second for first, second in soon)


def test_patient_identifiers_cannot_be_those_of_people(all_cases):
    assert all(re.match(r"^000000\d{12}$", row["patient_id"]) for row in all_cases)


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    make_demo(tmp_path / "again", **SMALL)
    make_demo(tmp_path / "other", **(SMALL | {"seed": 4}))

    def digests(path):
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.iterdir()}

    assert digests(tmp_path / "again") == digests(folder)
    assert digests(tmp_path / "other") != digests(folder)


def test_all_headings_are_known_to_the_layouts(folder, manifest):
    for line in manifest:
        layout = LAYOUTS[line["dataset"]]
        found = [heading_key(heading) for heading in headings(folder / line["file"])]
        assert set(found) <= set(layout.by_heading)
        assert {column.name for column in layout.columns if column.required} <= {
            layout.by_heading[h].name for h in found
        }


def test_the_manifest_lists_every_sheet_in_the_order_of_import(folder, manifest):
    order = list(LAYOUTS)
    places = [order.index(line["dataset"]) for line in manifest]

    assert places == sorted(places)
    assert [line["order"] for line in manifest] == [str(number) for number in range(1, len(manifest) + 1)]
    assert {line["file"] for line in manifest} == {file.name for file in folder.iterdir()} - {"manifest.csv"}


def test_sheets_come_as_utf8_as_gb18030_and_as_workbook(folder):
    kinds = {member.sheet: member.code for member in members(8)}

    assert (folder / f"cases_{kinds[Sheet.CSV]}_2026.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert "病案号" in (folder / f"cases_{kinds[Sheet.CHINESE_CSV]}_2026.csv").read_bytes().decode("gb18030")
    assert (folder / f"cases_{kinds[Sheet.XLSX]}_2026.xlsx").exists()


def test_institutions_have_a_valid_credit_code(folder):
    rows = read(folder / "institutions.csv")

    assert len(rows) == len({row["code"] for row in rows}) == len({row["name"] for row in rows}) == 8
    for row in rows:
        assert re.match(r"^H\d{11}$", row["code"])
        assert USCC.match(row["uscc"])
        assert with_check_character(row["uscc"][:17]) == row["uscc"]


def test_the_check_character_is_that_of_a_real_code():
    assert with_check_character("91350100M000100Y4") == "91350100M000100Y43"


@pytest.mark.parametrize(("count", "tertiary", "secondary"), [(1, 1, 0), (2, 1, 1), (4, 1, 1), (8, 1, 2), (20, 2, 5)])
def test_other_sizes_keep_the_pattern_of_levels(count, tertiary, secondary):
    found = Counter(member.level for member in members(count))

    assert (found["L3"], found["L2"], found.total()) == (tertiary, secondary, count)
    assert len({member.name for member in members(count)}) == count
    assert sum(member.share for member in members(count)) == pytest.approx(1)


def test_one_member_joins_in_the_middle_and_one_belongs_to_two_consortia(folder):
    rows = read(folder / "memberships.csv")

    joined = sorted(row["joined_on"] for row in rows if row["consortium"] == "YUNLING")
    assert joined[-1] == "2025-09-01"
    assert joined[-2] <= "2025-02-01"
    assert max(Counter(row["institution"] for row in rows).values()) == 2


def test_case_departments_are_in_the_dictionary(folder, cases):
    known = {(row["institution"], row["code"]) for row in read(folder / "departments.csv")}

    assert {group.department for group in GROUPS} == set(DEPARTMENTS)
    assert {(row["institution"], row["dis_dept"]) for row in cases} <= known


def test_the_faulty_sheet_breaks_rules_of_a_recent_month_of_a_secondary_hospital(folder, manifest):
    line = next(line for line in manifest if line["file"] == "dirty_cases.csv")
    rows = read(folder / "dirty_cases.csv")

    assert (line["accept_valid"], line["month"]) == ("yes", SMALL["until"])
    assert any(row["admitted_at"] > row["discharged_at"] for row in rows)
    assert any(not DIAGNOSIS.match(row["main_dx"]) for row in rows)
    assert any(row["disposition"] == "2" and not row["receiving_inst"] for row in rows)
    assert sum(row["discharged_at"].startswith(SMALL["until"]) for row in rows) >= 10


def test_times_of_a_referral_follow_each_other(folder):
    rows = read(folder / "referrals.csv")

    assert {row["direction"] for row in rows} == {"up", "down", "lateral"}
    for row in rows:
        times = [row[name] for name in ("requested_at", "accepted_at", "arrived_at", "completed_at") if row[name]]
        assert times == sorted(times)
        assert row["sender"] != row["receiver"]
        assert (row["status"] == "declined") == bool(row["decline_reason"])
        assert row["status"] in ("requested", "declined", "cancelled") or row[f"{row['status']}_at"]


def test_an_arrival_upwards_is_an_admission_of_the_same_patient(folder, all_cases):
    admissions = {(row["institution"], row["patient_id"], row["admitted_at"]) for row in all_cases}
    arrivals = [row for row in read(folder / "referrals.csv") if row["direction"] == "up" and row["arrived_at"]]

    assert arrivals
    assert all((row["receiver"], row["patient_id"], row["arrived_at"]) in admissions for row in arrivals)


def test_one_member_receives_patients_and_never_returns_any(folder):
    rows = read(folder / "referrals.csv")
    taker = next(member.code for member in members(8) if not member.returns_patients)

    assert any(row["direction"] == "up" and row["receiver"] == taker for row in rows)
    assert not any(row["direction"] == "down" and row["sender"] == taker for row in rows)


def test_treatment_spending_follows_the_cases_and_two_members_exceed_their_plans(folder, all_cases):
    costs, spent, planned = Counter(), Counter(), Counter()
    for row in all_cases:
        if row["discharged_at"] >= "2026":
            costs[row["institution"]] += float(row["total_cost"])
    for row in read(folder / "expenditures.csv"):
        if row["month"] >= "2026" and row["category"] == "treatment":
            spent[row["institution"]] += float(row["amount"])
    for row in read(folder / "budgets.csv"):
        if row["year"] == "2026" and row["category"] == "treatment":
            planned[row["institution"]] += float(row["planned_amount"])

    over = {code: spent[code] / planned[code] - 3 / 12 for code in planned}
    assert all(spent[code] == pytest.approx(costs[code], rel=0.05) for code in spent)
    assert sum(part > 0.06 for part in over.values()) >= 1
    assert sum(abs(part) < 0.05 for part in over.values()) >= 5


def test_the_command_writes_the_sheets(tmp_path, capsys):
    call_command("make_demo_data", out=tmp_path, institutions=3, months=2, cases=200, seed=1, until="2026-03")

    assert (tmp_path / "manifest.csv").exists()
    assert "manifest.csv" in capsys.readouterr().out


@pytest.mark.parametrize("until", ["2026-13", "March", "2999-01"])
def test_the_command_refuses_a_month_it_cannot_use(tmp_path, until):
    with pytest.raises(CommandError, match="--until"):
        call_command("make_demo_data", out=tmp_path, until=until)


@pytest.mark.parametrize(
    "size", [{"institutions": 1}, {"institutions": 2, "cases": 1}, {"months": 1}, {"institutions": 30}]
)
def test_unusual_sizes_work(tmp_path, size):
    wanted = SMALL | {"cases": 300, "months": 3} | size

    entries = make_demo(tmp_path, **wanted)

    files = [entry.file for entry in entries if entry.dataset == "cases" and entry.file != "dirty_cases.csv"]
    assert sum(len(read(tmp_path / file)) for file in files) == wanted["cases"]


@pytest.mark.national
@pytest.mark.skipif(not NATIONAL_TABLES.exists(), reason=f"the national tables {NATIONAL_TABLES} are not here")
def test_all_codes_are_those_of_the_national_tables():
    def column(file, key, value):
        with (NATIONAL_TABLES / file).open(encoding="utf-8-sig", newline="") as lines:
            return {row[key]: row[value] for row in csv.DictReader(lines)}

    names = column("drg.csv", "drg", "name")
    diagnoses = column("diagnoses.csv", "code", "name")
    procedures = column("procedures.csv", "code", "name")

    for group in GROUPS:
        assert names.get(group.code) == group.name
        assert set(group.main_dx) | set(comorbidities(group)) <= set(diagnoses), group.code
        assert set(group.procedures) <= set(procedures), group.code
