"""XLSX: the first visible worksheet that holds something, with every cell as text."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext_noop
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from evaluation.importing.reader.formats import PASSWORD
from evaluation.importing.reader.records import Marked, Records, batched, is_blank, refuse
from evaluation.importing.reader.xlsx_cells import Scan
from evaluation.importing.reader.xlsx_guard import (
    refuse_bombs,
    refuse_repeated_text,
    refuse_wide_or_sparse,
    scan_sheet,
    visible_sheets,
)
from evaluation.importing.reader.xlsx_text import DAMAGED

EXACT_DIGITS = 15  # a spreadsheet program keeps no more of a number
LAST_INSTANT = datetime.max - timedelta(seconds=1)
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    CalamineError,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)

NO_CONTENT = gettext_noop("The workbook has no visible sheet with content. Put the table on the first sheet.")


def open_xlsx(source: BinaryIO) -> Records:
    with _refusing_damage():
        with zipfile.ZipFile(source) as archive:
            refuse_bombs(archive)
            name, scan = _first_with_content(archive)
        source.seek(0)
        sheet = CalamineWorkbook.from_filelike(source).get_sheet_by_name(name)
    if sheet.start is None:
        refuse(NO_CONTENT)
    first_column = sheet.start[1]
    rows = _rows(sheet)
    for heading_row, heading in rows:
        return Records(
            heading_row,
            heading,
            batched(rows, len(heading)),
            first_column,
            formulas=_moved(scan.formulas, first_column),
            errors=_moved(scan.errors, first_column),
        )
    return refuse(NO_CONTENT)


def _first_with_content(archive: zipfile.ZipFile) -> tuple[str, Scan]:
    for name, part in visible_sheets(archive):
        scan = scan_sheet(archive, part)
        if scan.has_content:
            refuse_wide_or_sparse(scan)
            refuse_repeated_text(archive, part, scan)
            return name, scan
    refuse(NO_CONTENT)


def _moved(marked: dict[int, Marked], first_column: int) -> dict[int, Marked]:
    return {position - first_column: cells for position, cells in marked.items()}


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty. The parser starts at row 1 wherever the table starts, but at its first column."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [value if value.__class__ is str else TEXT.get(value.__class__, str)(value) for value in row]
        if not is_blank(cells):
            yield number, cells


def _number(value: float) -> str:
    """Without ".0"; beyond 15 digits with an exponent, for the digits that are lost must not look like zeros."""
    text = repr(value)
    if len(text) <= EXACT_DIGITS + 1 and "e" not in text:
        return text.removesuffix(".0")
    text = f"{value:.{EXACT_DIGITS}g}"
    return text if abs(value) >= 10**EXACT_DIGITS else f"{Decimal(text):f}"


def _instant(value: datetime) -> str:
    """To the second: the fraction of a day in which a workbook keeps a time is not exact."""
    value = (min(value, LAST_INSTANT) + timedelta(milliseconds=500)).replace(microsecond=0)
    return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S")


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        yield
    except PasswordError:
        refuse(PASSWORD)
    except BROKEN:
        refuse(DAMAGED)
    except BaseException as failure:
        if type(failure).__name__ == "PanicException":  # how the parser, written in Rust, fails on what it never met
            refuse(DAMAGED)
        raise


TEXT: dict[type, Callable[[Any], str]] = {  # a cell as a CSV would have it
    bool: lambda value: "yes" if value else "no",
    float: _number,
    datetime: _instant,
    date: date.isoformat,
}
