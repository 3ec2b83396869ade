"""The one way into a delivered file: `open_sheet`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import pandas as pd
from django.utils.translation import gettext_noop

from evaluation.importing.layouts import Layout
from evaluation.importing.reader.cells import frames
from evaluation.importing.reader.csv_sheet import open_csv
from evaluation.importing.reader.deadline import Deadline
from evaluation.importing.reader.formats import XLSX, refuse_other_formats
from evaluation.importing.reader.headings import Placed, place_headings
from evaluation.importing.reader.records import Marked, refuse
from evaluation.importing.reader.xlsx_sheet import open_xlsx

ONLY_A_HEADING = gettext_noop("The sheet has a heading but no row below it. Add the records and deliver it again.")
FORMULAS = gettext_noop(
    "The sheet holds %(count)s formulas, the first one here; their results are not read. "
    "Copy the columns and paste them as values."
)
ERROR_VALUES = gettext_noop(
    "The sheet holds %(count)s error values such as #N/A, the first one here. Correct them or empty the cells."
)


@dataclass(frozen=True)
class Sheet:
    """An opened sheet. `chunks` reads on in the file as it is iterated, once; it may still raise SheetRefused.

    The frames have the known columns of the sheet under their canonical names, every cell as text ("" is empty), and
    the sheet's own row numbers as an index named "row", the heading being row 1.
    """

    headings: dict[str, str]  # canonical column name → the one of our headings that the sheet has
    ignored: tuple[str, ...]  # letters of the columns that the layout does not know; their cells are dropped
    chunks: Iterator[pd.DataFrame]


def open_sheet(
    source: BinaryIO,
    layout: Layout,
    *,
    given: frozenset[str] = frozenset(),
    others: Sequence[Layout] = (),
    chunk_rows: int = 20_000,
    deadline: Deadline | None = None,
) -> Sheet:
    """Read the heading of a seekable file, CSV or XLSX by its content, and stand ready to read its rows.

    `given` names columns that come with the upload; `others` are the datasets it may have been confused with.
    Raises SheetRefused if this cannot be a sheet of the layout. The file must stay open until the chunks are read,
    which may take until the deadline.
    """
    if deadline:
        source = deadline.file(source)
    source.seek(0)
    head = source.read(4096)
    refuse_other_formats(head, source)
    records = open_xlsx(source) if head.startswith(XLSX) else open_csv(source)
    placed = place_headings(records, layout, given, others)
    _refuse_marked(FORMULAS, records.formulas, placed)
    _refuse_marked(ERROR_VALUES, records.errors, placed)
    chunks = frames(records, placed.positions, chunk_rows)
    if deadline:
        chunks = deadline.chunks(chunks)
    first = next(chunks, None)
    if first is None:
        refuse(ONLY_A_HEADING)
    return Sheet(placed.headings, placed.ignored, chain((first,), chunks))


def _refuse_marked(message: str, marked: Mapping[int, Marked], placed: Placed) -> None:
    """Refuse cells whose value cannot be trusted, in the known columns; the others are dropped anyway."""
    found = [(marked[at].first_row, name) for name, at in placed.positions.items() if at in marked]
    if found:
        row, name = min(found)
        count = sum(marked[placed.positions[name]].count for _, name in found)
        refuse(message, row, placed.headings[name], count=count)
