"""Downloads are safe to open in a spreadsheet."""

import csv
import io
import unicodedata
from datetime import datetime, timedelta

import openpyxl
import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from budgets.models import Budget, Expenditure
from evaluation import shown
from evaluation.access.roles import Role
from evaluation.datasets import Dataset, Owner, dataset_by_name
from evaluation.importing.reader import open_sheet
from evaluation.models import AuditEvent
from evaluation.pages.tables import Table
from evaluation.views.downloads import as_csv, as_xlsx, neutral
from tests.factories import MARCH, browser, make_case, make_cell, make_value

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"]


def csv_rows(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(table, "someone").decode("utf-8-sig"))))


def xlsx_cells(table: Table) -> list[list[openpyxl.cell.Cell]]:
    return list(openpyxl.load_workbook(io.BytesIO(as_xlsx(table, "someone"))).active.iter_rows())


def table(*rows) -> Table:
    return Table("lights", "Lights", ["Institution", "Value"], rows)


@given(st.text())
def test_no_neutral_text_begins_as_a_formula_and_no_other_text_is_changed(text):
    made = neutral(text)

    assert not made.startswith(SIGNS)
    assert made == text or (made == "'" + text and text[0] in "=+-@\t\r\n＝＋－＠")


@given(st.integers() | st.floats(allow_nan=False))
def test_numbers_stay_numbers(number):
    assert neutral(number) is number


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_text_in_csv_and_xlsx(formula):
    found = csv_rows(table([formula, 1]))[1][0]
    cell = xlsx_cells(table([formula, 1]))[1][0]

    assert found == "'" + formula
    assert cell.data_type == "s"
    assert not str(cell.value).startswith(SIGNS)


def test_negative_numbers_stay_numbers_in_xlsx_and_csv():
    cells = xlsx_cells(table(["Hospital", -5], ["Hospital", -0.25]))

    assert [row[1].value for row in cells[1:3]] == [-5, -0.25]
    assert [row[1].data_type for row in cells[1:3]] == ["n", "n"]
    assert csv_rows(table(["Hospital", -5]))[1] == ["Hospital", "-5"]


def test_a_heading_may_be_a_formula_too():
    assert csv_rows(Table("x", "x", ["=cmd()"], []))[0] == ["'=cmd()"]


@pytest.mark.parametrize("title", ["A" * 60, "[a]:*?/\\", "", "发热门诊"])
def test_any_title_gives_a_sheet(title):
    assert xlsx_cells(Table("x", title, ["a"], [["b"]]))[1][0].value == "b"


FIGURES = [
    (lambda: shown.number(-13_738.4), "-13738", -13_738, "#,##0"),
    (lambda: shown.number(1.0836, 3), "1.084", 1.084, "#,##0.000"),
    (lambda: shown.percent(5 / 19), "26.3%", 0.263, "0.0%"),  # not 0.26315…, which would tell the 5
    (lambda: shown.signed(2.06, 1), "2.1", 2.1, "+#,##0.0;-#,##0.0;#,##0.0"),
    (lambda: shown.relative_change(9, 10), "-10.0%", -0.1, "+0.0%;-0.0%;0.0%"),
]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("figure", "text", "number", "form"), FIGURES)
def test_a_figure_is_the_number_that_the_page_shows(figure, text, number, form, language):
    with translation.override(language):
        shown_on_page = figure()

    cell = xlsx_cells(table(["Hospital", shown_on_page]))[1][1]

    assert (cell.value, cell.data_type, cell.number_format) == (number, "n", form)
    assert csv_rows(table(["Hospital", shown_on_page]))[1][1] == text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_download_says_who_took_it_and_is_written_to_the_trail(world, kind):
    world.own.name = "=HYPERLINK(1)"
    world.own.save()
    make_cell(world.own)
    make_value("ALOS", world.own, value=7)
    board = world.people[Role.BOARD]

    answer = browser(board).get(f"/?period=2026-03&download={kind}&table=lights")

    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="yilian-lights.{kind}"'
    event = AuditEvent.objects.get(action="export")
    assert (event.by, event.thing) == (board, f"lights.{kind}")
    if kind == "csv":
        text = answer.content.decode("utf-8-sig")
        assert "'=HYPERLINK(1)" in text
        assert board.username in text


def rows_of(world, path: str, role: Role = Role.INSTITUTION_MANAGER) -> list[dict[str, str]]:
    text = browser(world.people[role]).get(path).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_cases_carry_the_days_of_their_place_and_the_fen_of_their_cost(world):
    early = datetime(2026, 3, 2, 6, 30, tzinfo=timezone.get_default_timezone())  # 1 March in UTC
    make_case(world.own, admitted_at=early, discharged_at=early + timedelta(days=2), total_cost=123_456_789)
    make_cell(world.own)
    path = "/cases/?period=2026-03&download={}&table=cases"

    row = rows_of(world, path.format("csv"))[0]
    book = browser(world.people[Role.INSTITUTION_MANAGER]).get(path.format("xlsx")).content
    cells = list(openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows())[1]

    assert (row["Admitted"], row["Discharged"], row["Cost, yuan"]) == ("2026-03-02", "2026-03-04", "1234567.89")
    cost = cells[list(row).index("Cost, yuan")]
    assert (cost.value, cost.data_type, cost.number_format) == (1234567.89, "n", "#,##0.00")


def test_amounts_of_the_budget_carry_their_fen(world):
    Budget.objects.create(year=2026, institution=world.own, category="training", planned_amount="999999999999.99")
    Expenditure.objects.create(month=MARCH, institution=world.own, category="training", amount="0.01")

    rows = rows_of(world, "/budgets/?period=2026-03&download=csv&table=execution", Role.BOARD)

    assert [row["Budget, yuan"] for row in rows[:2]] == ["999999999999.99"] * 2
    assert [row["Spent, yuan"] for row in rows[:2]] == ["0.01"] * 2


def test_a_figure_in_yuan_carries_its_fen_and_so_does_its_change(world):
    make_cell(world.own)
    for period, value in (("2026-02", 6_499.5), ("2026-03", 6_543.216)):
        make_value("IP_COST", world.own, period, value=value)

    rows = rows_of(world, "/indicators/IP_COST/?period=2026-03&download=csv&table=ranking", Role.BOARD)

    [row] = [row for row in rows if row["Institution"] == world.own.name]
    assert (row["Cost per stay (yuan)"], row["Change"]) == ("6543.22", "43.72")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("dataset", [each.code for each in Dataset.all()])
def test_an_empty_sheet_can_be_filled_in_and_sent_back(world, dataset, kind):
    layout = dataset_by_name(dataset).layout
    role = Role.CONSORTIUM_MANAGER if dataset_by_name(dataset).owner is Owner.CONSORTIUM else Role.STAFF

    content = browser(world.people[role]).get(f"/datasets/{dataset}/template.{kind}").content

    sheet = open_sheet(io.BytesIO(content), layout)
    [rows] = list(sheet.chunks)
    assert list(sheet.headings) == [column.name for column in layout.columns]
    assert len(rows) == 1
    examples = [unicodedata.normalize("NFKC", column.example) for column in layout.columns]
    assert [rows[column.name].item() for column in layout.columns] == examples


@pytest.mark.parametrize("query", ["download=pdf&table=lights", "download=csv&table=nothing", "download=csv"])
def test_what_cannot_be_downloaded_is_404(world, query):
    make_cell(world.own)

    assert browser(world.people[Role.BOARD]).get(f"/?{query}").status_code == 404
