"""Tables as CSV or XLSX, safe to open in a spreadsheet, with who took them and when."""

import csv
import io
from typing import Any

import xlsxwriter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.pages.tables import Table
from evaluation.services import audit
from evaluation.shown import Figure
from evaluation.views.seen import keys_seen

FORMULA_SIGNS = (
    "=",
    "+",
    "-",
    "@",
    "＝",
    "＋",
    "－",
    "＠",
    "\t",
    "\r",
    "\n",
)  # full-width ones work in Chinese spreadsheets
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download(request: HttpRequest, tables: dict[str, Table]) -> HttpResponse:
    """The table that the URL asks for (`download=csv|xlsx&table=NAME`)."""
    kind, table = request.GET.get("download"), tables.get(request.GET.get("table", ""))
    if kind not in TYPES or table is None:
        raise Http404(_("There is no such download."))
    response = table_response(table, kind, request.user.get_username())
    audit.record(
        "export", by=request.user, thing=f"{table.name}.{kind}", view=request.resolver_match.view_name,
        rows=len(table.rows), **keys_seen(request),
    )  # fmt: skip
    return response


def table_response(table: Table, kind: str, taken_by: str) -> HttpResponse:
    content = as_csv(table, taken_by) if kind == "csv" else as_xlsx(table, taken_by)
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="yilian-{table.name}.{kind}"'
    return response


def neutral(cell: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; a figure is its number."""
    if isinstance(cell, Figure):
        return f"{cell.value * 100:.{cell.decimals}f}%" if cell.is_percent else f"{cell.value:.{cell.decimals}f}"
    if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS):
        return "'" + cell
    return "" if cell is None else cell


def number_format(figure: Figure) -> str:
    """How a spreadsheet shows the figure."""
    plain = ("0" if figure.is_percent else "#,##0") + ("." + "0" * figure.decimals if figure.decimals else "")
    plain += "%" if figure.is_percent else ""
    return f"+{plain};-{plain};{plain}" if figure.is_signed else plain


def watermark(taken_by: str) -> str:
    return _("Taken from Yilian by %(user)s on %(time)s") % {
        "user": taken_by, "time": f"{timezone.localtime():%Y-%m-%d %H:%M}",
    }  # fmt: skip


def as_csv(table: Table, taken_by: str) -> bytes:
    """Without `taken_by` there is no mark: an empty sheet is to be filled in and sent back."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([neutral(str(heading)) for heading in table.headings])
    writer.writerows([neutral(cell) for cell in row] for row in table.rows)
    if taken_by:
        writer.writerows([[], [watermark(taken_by)]])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table, taken_by: str) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("".join(sign for sign in table.title if sign not in "[]:*?/\\")[:31] or "Yilian")
        for column, heading in enumerate(table.headings):
            sheet.write_string(0, column, str(neutral(str(heading))), book.add_format({"bold": True}))
        formats: dict[str, Any] = {}
        for line, row in enumerate(table.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, Figure):
                    code = number_format(cell)
                    formats[code] = formats.get(code) or book.add_format({"num_format": code})
                    sheet.write_number(line, column, cell.value, formats[code])
                elif isinstance(cell, int | float):
                    sheet.write_number(line, column, cell)
                else:
                    sheet.write_string(line, column, str(neutral(str(cell) if cell is not None else "")))
        if taken_by:
            sheet.write_string(len(table.rows) + 2, 0, watermark(taken_by))
        sheet.freeze_panes(1, 1)
        sheet.autofit()
    return buffer.getvalue()
