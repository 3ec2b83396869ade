"""CSV: rows from a file of any size, a block at a time."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from django.utils.translation import gettext_noop

from evaluation.importing.reader.borrowed import text_of
from evaluation.importing.reader.encoding import BOM, line_ends, survey, whole_lines
from evaluation.importing.reader.formats import EMPTY
from evaluation.importing.reader.records import (
    LONG_CELL,
    LONGEST_CELL,
    MOST_COLUMNS,
    TOO_MANY_COLUMNS,
    Batch,
    Records,
    batched,
    column_letters,
    is_blank,
    refuse,
)

HEAD = 1 << 20  # bytes in which the heading must end
DELIMITERS = (",", ";", "\t")
NOTHING = " ,;\t\r\n"
LONGEST_RECORD = 4 << 20  # characters
MOST_EMPTY = 1_048_576  # lines without anything, in the whole file

OPEN_QUOTE = gettext_noop(
    "A double quote opened in this row is not closed, or text follows the closing one. "
    'Close it, and write a quote that belongs to the value twice ("").'
)
EMPTY_ROWS = gettext_noop(
    "The sheet holds more than %(most)s empty rows up to here. Delete them, or save the table alone as CSV UTF-8."
)
TOO_MANY_CELLS = gettext_noop(
    "The row has %(cells)s cells, the heading %(columns)s. A value that holds a comma must stand in double quotes."
)


class _EmptyRows:
    """Counts them through the whole file: fifty million line ends are no sheet, and each takes its time."""

    def __init__(self) -> None:
        self._seen = 0

    def note(self, number: int) -> None:
        self._seen += 1
        if self._seen > MOST_EMPTY:
            refuse(EMPTY_ROWS, number, most=f"{MOST_EMPTY:,}")


def open_csv(source: BinaryIO) -> Records:
    source.seek(0)
    delimiter = _find_delimiter(source.read(HEAD))
    surveyed = survey(source, delimiter)
    source.seek(0)
    empty = _EmptyRows()
    rows = _rows(text_of(source, surveyed.encoding), delimiter, empty)
    for heading_row, heading in rows:
        if surveyed.has_quotes:
            batches = batched(_as_wide_as(heading, rows), len(heading))
        else:
            batches = _plain_batches(source, surveyed.encoding, delimiter, heading_row, heading, empty)
        return Records(heading_row, heading, batches)
    return refuse(EMPTY)


def _plain_batches(
    source: BinaryIO, encoding: str, delimiter: str, heading_row: int, heading: list[str], empty: _EmptyRows
) -> Iterator[Batch]:
    """Without quotes every line is a row, so that Arrow may read blocks of them, twice as fast as row by row.
    A block with a row of another width, an empty line for instance, goes the slow way."""
    for first_line, block in whole_lines(source, delimiter):
        number = max(first_line, heading_row + 1)
        if number > first_line:
            block = b"".join(block.splitlines(keepends=True)[number - first_line :])
        if not block:
            continue
        text = block.decode(encoding).encode() if encoding == "gb18030" else block
        if columns := _plain_columns(text, delimiter, len(heading)):
            yield Batch(np.arange(number, number + len(columns[0])), columns)
        else:
            rows = _rows(io.StringIO(text.decode(), newline=""), delimiter, empty, heading, before=number - 1)
            yield from batched(_as_wide_as(heading, rows), len(heading))


def _plain_columns(text: bytes, delimiter: str, width: int) -> list[pa.Array]:
    """The columns of a block, or none if a line is empty or its rows are not all of this width."""
    if text.startswith((b"\n", b"\r")) or any(pair in text for pair in (b"\n\n", b"\r\r", b"\n\r")):
        return []
    names = [str(position) for position in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text),
            read_options=arrow_csv.ReadOptions(column_names=names),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return []
    if table.num_rows != line_ends(text) + (not text.endswith((b"\n", b"\r"))):
        return []
    return [column.combine_chunks() for column in table.columns]


def _find_delimiter(head: bytes) -> str:
    """The one that gives the heading most columns; neither encoding uses these bytes inside a character."""
    columns = {delimiter: _columns(head, delimiter) for delimiter in DELIMITERS}
    most = max(columns.values())
    if most > MOST_COLUMNS:
        refuse(TOO_MANY_COLUMNS, 1, columns=most, most=MOST_COLUMNS)
    return max(DELIMITERS, key=columns.__getitem__)


def _columns(head: bytes, delimiter: str) -> int:
    text = io.StringIO(head.removeprefix(BOM).lstrip(b"\r\n").decode("latin-1"), newline="")
    try:
        rows = csv.reader(text, delimiter=delimiter)
        return next((len(row) for row in rows if any(cell.strip(NOTHING) for cell in row)), 0)
    except csv.Error:
        return 0


def _rows(
    text: Iterable[str], delimiter: str, empty: _EmptyRows, heading: Sequence[str] = (), *, before: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their numbers; an empty line counts as a row, as in a spreadsheet program."""
    number = before
    size = 0
    record: list[str] = []  # the lines of the row being read

    def lines() -> Iterator[str]:
        nonlocal size
        for line in text:
            size += len(line)
            if size > LONGEST_RECORD:
                raise csv.Error
            record.append(line)
            yield line

    try:
        for row in csv.reader(lines(), delimiter=delimiter, strict=True):
            number += 1
            size = 0
            record.clear()
            if not row:
                empty.note(number)
            elif heading or not is_blank(row):
                heading = heading or row
                yield number, row
    except csv.Error:
        _refuse_row(number + 1, "".join(record).split(delimiter), heading)


def _refuse_row(number: int, pieces: list[str], heading: Sequence[str]) -> NoReturn:
    """Say why the csv module gave up: a value beyond its limit, or a quote that swallows what follows."""
    for position, piece in enumerate(pieces):
        if len(piece) > LONGEST_CELL:
            column = heading[position] if position < len(heading) else column_letters(position)
            refuse(LONG_CELL, number, column.strip(), most=f"{LONGEST_CELL:,}")
    refuse(OPEN_QUOTE, number)


def _as_wide_as(heading: list[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    width = len(heading)
    for number, row in rows:
        yield number, row if len(row) == width else _fitted(row, width, number)


def _fitted(row: list[str], width: int, number: int) -> list[str]:
    """A row with its missing cells, or without empty ones beyond the heading."""
    if len(row) < width:
        return row + [""] * (width - len(row))
    filled = max((position for position, cell in enumerate(row, start=1) if cell.strip()), default=0)
    if filled > width:
        refuse(TOO_MANY_CELLS, number, cells=filled, columns=width)
    return row[:width]
