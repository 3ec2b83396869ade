"""Downloads are safe to open in a spreadsheet."""

import csv
import io

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from evaluation import shown
from evaluation.access.roles import Role
from evaluation.models import AuditEvent
from evaluation.pages.tables import Table
from evaluation.views.downloads import as_csv, as_xlsx, neutral
from tests.factories import browser, make_cell, make_value

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


@pytest.mark.parametrize("query", ["download=pdf&table=lights", "download=csv&table=nothing", "download=csv"])
def test_what_cannot_be_downloaded_is_404(world, query):
    make_cell(world.own)

    assert browser(world.people[Role.BOARD]).get(f"/?{query}").status_code == 404
