"""The import from the command line: what it prints, what it stores, how it ends."""

import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from evaluation.importing.case_layout import CASES
from evaluation.importing.master_layouts import BENCHMARKS
from evaluation.importing.reader.records import column_letters
from evaluation.management.commands import import_data
from evaluation.models import Benchmark, Consortium, InpatientCase, Institution, StagedChunk, Upload
from evaluation.services.locks import upload_lock
from evaluation.services.uploads import check
from evaluation.signals import upload_changed
from tests.browser.processes import NO_REDIS, ROOT, create_database, drop_databases, variables, wait_for
from tests.importing.sheets import Row, written
from tests.importing.test_case_checks import case as any_case
from tests.importing.test_master_checks import GROUP
from tests.services.deliveries import at_once
from tests.services.test_at_once import someone_waits_for_a_lock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def institution() -> Institution:
    return Institution.objects.create(
        code="H33010000001", name="云岭总医院", level="L3", type="general", region_code="330106"
    )


@pytest.fixture
def sheet(tmp_path):
    def write(*rows: Row, chinese: bool = False) -> Path:
        path = tmp_path / "cases.csv"
        path.write_bytes(written(CASES, rows, chinese))
        return path

    return write


def case(number: int, **changes: str) -> Row:
    return any_case(number, adm_dept="", patient_id=f"P{number}") | changes


def ran(*arguments: object, **options: object) -> tuple[int, str]:
    """Exit status and output."""
    output = io.StringIO()
    try:
        call_command("import_data", *map(str, arguments), stdout=output, **options)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


def test_a_good_sheet_is_stored_and_ends_with_0(sheet):
    status, output = ran("cases", sheet(case(1), case(2)))

    assert status == 0
    assert output.splitlines() == [
        "H33010000001 2026-03: 2 rows (2 new); total cost 13,600.00 yuan, stored so far 0.00 yuan in 0 cases",
        "2 rows read, 2 accepted (0 to check), 0 refused",
    ]
    assert InpatientCase.objects.filter(is_current=True).count() == 2
    assert Upload.objects.get().by is None


def test_the_same_file_again_is_said_with_what_it_does(sheet):
    path = sheet(case(1), case(2))
    ran("cases", path)

    status, output = ran("cases", path)

    assert status == 0
    assert "This file was submitted on" in output
    assert "All its rows are stored already: nothing would change." in output
    assert "H33010000001 2026-03: 2 rows (2 identical)" in output


def test_benchmarks_are_common_unless_a_consortium_is_named(tmp_path):
    Consortium.objects.create(code="YUNLING", name="云岭医疗集团", kind="urban_group")
    path = tmp_path / "benchmarks.csv"
    path.write_bytes(written(BENCHMARKS, [GROUP]))

    assert ran("benchmarks", path)[0] == 0
    assert ran("benchmarks", path, "--consortium", "YUNLING")[0] == 0

    assert set(Benchmark.objects.values_list("consortium__code", flat=True)) == {None, "YUNLING"}
    with pytest.raises(CommandError, match="Consortium NOBODY is not known"):
        ran("benchmarks", path, "--consortium", "NOBODY")
    with pytest.raises(CommandError, match="leave the consortium out"):
        ran("cases", path, "--consortium", "YUNLING")


def test_one_refused_row_keeps_everything_out_and_ends_with_1(sheet):
    status, output = ran("cases", sheet(case(1), case(2, age="121"), chinese=True))

    assert status == 1
    assert output.splitlines() == [
        "3, 年龄: Age 121 is above 120. Correct it.",
        "2 rows read, 1 accepted (0 to check), 1 refused",
    ]
    assert not InpatientCase.objects.exists()
    assert Upload.objects.get().status == Upload.Status.WITHDRAWN
    assert not StagedChunk.objects.exists()


def test_accept_valid_stores_the_rest_and_ends_with_0(sheet):
    status, output = ran("cases", sheet(case(1), case(2, age="121")), "--accept-valid")

    assert status == 0
    assert "3, age: Age 121 is above 120." in output
    assert list(InpatientCase.objects.values_list("record_no", flat=True)) == ["1"]


def test_accept_valid_with_nothing_valid_ends_with_1(sheet):
    assert ran("cases", sheet(case(2, age="121")), "--accept-valid")[0] == 1


@pytest.mark.parametrize(("changes", "status"), [({}, 0), ({"main_dx": "R50.900"}, 0), ({"age": "121"}, 1)])
def test_a_dry_run_stores_nothing_and_ends_as_the_sheet_deserves(sheet, changes, status):
    assert ran("cases", sheet(case(1, **changes)), "--dry-run")[0] == status
    assert not InpatientCase.objects.exists()
    assert not StagedChunk.objects.exists()


def test_json_prints_one_object_with_the_agreed_fields(sheet):
    path = sheet(case(1), case(2, main_dx="R50.900"), case(3, sex="x"), case(3, sex="1", total_cost="-1"))

    status, output = ran("cases", path, "--json")

    assert status == 1
    assert json.loads(output) == {
        "dataset": "cases",
        "rows_read": 4,
        "accepted": 2,
        "flagged": 1,
        "rejected": 2,
        "problems": [
            {
                "row": 3, "column": "main_dx", "severity": "warning", "rule": "V15",
                "message": "R50.900 is a symptom. Accepted; "
                "a disease as main diagnosis would be better if one was found.",
            },
            {
                "row": 4, "column": "sex", "severity": "error", "rule": "V4",
                "message": "“x” is not in the list. Write one of 0, 1, 2, 9.",
            },
            {
                "row": 5, "column": "total_cost", "severity": "error", "rule": "V5",
                "message": "-1 is below 0. Correct the amount.",
            },
        ],
    }  # fmt: skip


def test_json_of_a_stored_sheet_has_no_problems(sheet):
    status, output = ran("cases", sheet(case(1)), "--json")

    assert (status, json.loads(output)["problems"], json.loads(output)["accepted"]) == (0, [], 1)


def test_an_unreadable_file_is_one_problem_of_the_whole_file(tmp_path):
    path = tmp_path / "scan.csv"
    path.write_bytes(b"%PDF-1.4 something")

    status, output = ran("cases", path, "--json")
    told = json.loads(output)

    assert status == 1
    assert (told["rows_read"], told["accepted"]) == (0, 0)
    assert [(each["row"], each["column"], each["severity"], each["rule"]) for each in told["problems"]] == [
        (None, "", "error", "V25")
    ]
    assert ran("cases", path)[1].startswith("file: This is a PDF file")
    assert not Upload.objects.exists()


def test_missing_columns_are_named_in_both_languages(sheet):
    row = case(1)
    del row["age"]

    status, output = ran("cases", sheet(row))

    assert status == 1
    assert "Required columns are missing: age 年龄" in output


def test_unknown_columns_are_named_and_left_out(sheet):
    path = sheet(case(1))
    heading, row = path.read_text().splitlines()
    path.write_text(f"{heading},phone\n{row},13800000000\n")

    status, output = ran("cases", path)

    assert status == 0
    letters = column_letters(len(heading.split(",")))
    assert output.splitlines()[-1] == f"Columns not known and left out: {letters}"


def test_an_unknown_institution_or_month_is_an_error_with_the_remedy(sheet):
    with pytest.raises(CommandError, match="Institution H0 is not known: import the sheet of institutions first"):
        ran("cases", sheet(case(1)), "--institution", "H0")
    with pytest.raises(CommandError, match="2026-13 is not a month: write it as YYYY-MM"):
        ran("cases", sheet(case(1)), "--month", "2026-13")
    with pytest.raises(CommandError, match="is not a file: check the path"):
        ran("cases", "nowhere.csv")
    with pytest.raises(CommandError, match="invalid choice: 'sheets'"):
        ran("sheets", sheet(case(1)))
    with pytest.raises(CommandError, match="has no month"):
        ran("institutions", sheet(case(1)), "--month", "2026-03")
    with pytest.raises(CommandError, match="give the institution and the month"):
        ran("cases", sheet(case(1)), "--replace")


def test_a_given_institution_and_month_hold_for_all_rows(sheet):
    other = {"admitted_at": "2026-02-01", "discharged_at": "2026-02-05"}
    path = sheet(case(1, institution=""), case(2, institution="", **other), case(3, institution="H33010000002"))

    status, output = ran(
        "cases", path, "--institution", "H33010000001", "--month", "2026-03", "--accept-valid", "--json"
    )

    assert status == 0
    assert {(each["row"], each["rule"]) for each in json.loads(output)["problems"]} == {(3, "V1"), (4, "V4")}
    assert list(InpatientCase.objects.values_list("record_no", "institution__code")) == [("1", "H33010000001")]


def test_replace_takes_out_the_rest_of_the_month(sheet):
    ran("cases", sheet(case(1), case(2)))

    status, _output = ran(
        "cases", sheet(case(2), case(3)), "--institution", "H33010000001", "--month", "2026-03", "--replace"
    )

    assert status == 0
    assert sorted(InpatientCase.objects.filter(is_current=True).values_list("record_no", flat=True)) == ["2", "3"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_store_that_fails_is_told_as_a_problem_of_the_file_and_ends_with_1(sheet, as_json):
    def refuse(**_kwargs):
        raise ValidationError("The month is locked.")

    upload_changed.connect(refuse)
    try:
        status, output = ran("cases", sheet(case(1)), **({"json": True} if as_json else {}))
    finally:
        upload_changed.disconnect(refuse)

    assert status == 1
    if as_json:
        assert json.loads(output)["problems"][0]["message"] == "The month is locked."
        assert json.loads(output)["problems"][0]["row"] is None
    else:
        assert output.startswith("file: The month is locked.\n")
    assert not InpatientCase.objects.exists()
    assert not StagedChunk.objects.exists()


# ── whoever takes the sheet, the command ends with what became of it ──


@pytest.mark.django_db(transaction=True)
def test_a_sheet_that_a_sweep_has_just_taken_is_waited_for(sheet):
    path = sheet(*(case(number) for number in range(1, 11)))
    coming = Upload(pk=Upload.objects.create(dataset="cases", status=Upload.Status.UNDONE).pk + 1)
    taken, told = threading.Event(), []

    def sweep_takes_it():
        with upload_lock(coming) as is_mine:
            assert is_mine
            taken.set()
            wait_for(someone_waits_for_a_lock, "the command to wait for the sweep")

    def deliver():
        assert taken.wait(60)
        told.append(ran("cases", path))

    raised = at_once(sweep_takes_it, deliver)

    assert raised == []
    [(status, printed)] = told
    assert (status, printed.splitlines()[-1]) == (0, "10 rows read, 10 accepted (0 to check), 0 refused")
    assert InpatientCase.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_a_sheet_that_a_sweep_checked_is_reported_as_it_found_it(sheet):
    path = sheet(case(1), case(2, age="121"))
    coming = Upload(pk=Upload.objects.create(dataset="cases", status=Upload.Status.UNDONE).pk + 1)
    taken, told = threading.Event(), []

    def sweep_checks_it():
        with upload_lock(coming):
            taken.set()
            wait_for(someone_waits_for_a_lock, "the command to wait for the sweep")
            check._run(Upload.objects.get(pk=coming.pk))

    def deliver():
        assert taken.wait(60)
        told.append(ran("cases", path))

    raised = at_once(sweep_checks_it, deliver)

    assert raised == []
    assert told[0][0] == 1
    assert "2 rows read, 1 accepted (0 to check), 1 refused" in told[0][1]


def from_command_line(capsys, *arguments: object) -> tuple[int, str]:
    """As `manage.py import_data …` runs it."""
    try:
        import_data.Command().run_from_argv(["manage.py", "import_data", *map(str, arguments)])
    except SystemExit as end:
        return int(end.code or 0), capsys.readouterr().out
    return 0, capsys.readouterr().out


@pytest.mark.django_db(transaction=True)  # the command closes the connection in the end
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sheets", "SHEET"], "invalid choice"),
        (["cases"], "arguments are required"),
        (["cases", "SHEET", "--colour", "red"], "unrecognized"),
        (["cases", "nowhere.csv"], "check the path"),
        (["cases", "SHEET", "--month", "2026-13"], "write it as YYYY-MM"),
        (["cases", "SHEET", "--institution", "H0"], "is not known"),
        (["cases", "SHEET", "--replace"], "give the institution and the month"),
    ],
)
def test_json_is_one_object_for_wrong_arguments_too(sheet, capsys, arguments, sentence):
    path = sheet(case(1))

    status, output = from_command_line(capsys, *(path if each == "SHEET" else each for each in arguments), "--json")

    assert status == 1
    told = json.loads(output)
    assert (told["rows_read"], told["accepted"]) == (0, 0)
    assert [(each["row"], each["severity"]) for each in told["problems"]] == [(None, "error")]
    assert sentence in told["problems"][0]["message"]
    assert not InpatientCase.objects.exists()


@pytest.mark.parametrize(
    ("command", "as_json"),
    [("import_data", True), ("import_data", False), ("recompute", False), ("verify_audit", False)],
)
def test_a_database_without_tables_is_told_with_the_way_out(sheet, command, as_json):
    database = create_database("bare")
    arguments = ["cases", str(sheet(case(1)))] if command == "import_data" else []
    arguments += ["--json"] if as_json else []

    done = subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=ROOT, env=variables(database, NO_REDIS), capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 1
    said = json.loads(done.stdout)["problems"][0]["message"] if as_json else done.stderr
    assert "manage.py migrate" in said
    assert "Traceback" not in done.stderr


@pytest.fixture(autouse=True, scope="module")
def no_databases_left():
    yield
    drop_databases()
