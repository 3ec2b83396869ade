"""From batches of text to frames of clean text. All of it works on whole columns."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_noop

from evaluation.importing.reader.records import LONG_CELL, LONGEST_CELL, Batch, Records, refuse

ROW = "\0row"  # no column of a layout has this name
BLANKS = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029\u200b\ufeff"  # what NFKC leaves of them
EXCEL_TEXT = r'^="([^"]*)"$'  # ="00123", the way to keep leading zeros in a CSV for Excel

NUL_CHARACTER = gettext_noop("The value holds a NUL character. Delete the value and type it again.")


def frames(records: Records, positions: Mapping[str, int], chunk_rows: int) -> Iterator[pd.DataFrame]:
    """The rows as clean text by canonical column name; other columns stay behind, and so do rows without content."""
    waiting: pa.Table | None = None
    for batch in records.batches:
        table = _table(batch, records, positions)
        waiting = pa.concat_tables([waiting, table]) if waiting is not None else table
        while waiting.num_rows >= chunk_rows:
            yield _frame(waiting.slice(0, chunk_rows))
            waiting = waiting.slice(chunk_rows)
    if waiting is not None and waiting.num_rows:
        yield _frame(waiting)


def _table(batch: Batch, records: Records, positions: Mapping[str, int]) -> pa.Table:
    for position, heading in enumerate(records.heading):
        _refuse_cells(batch.columns[position], batch.numbers, heading)
    columns = {name: clean(batch.columns[position]) for name, position in positions.items()}
    table = pa.table({ROW: batch.numbers, **columns})
    blank = _blank_rows(list(columns.values()))
    return table.filter(pa.array(~blank)) if blank.any() else table


def _frame(table: pa.Table) -> pd.DataFrame:
    table = table.combine_chunks()
    return pd.DataFrame(
        {name: pd.array(table[name], dtype="str") for name in table.column_names[1:]},
        index=pd.Index(table[ROW].to_numpy(), name="row"),
        copy=False,
    )


def _refuse_cells(column: pa.Array, numbers: np.ndarray, heading: str) -> None:
    if (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_CELL:
        for at in np.flatnonzero(pc.utf8_length(column).to_numpy() > LONGEST_CELL):
            refuse(LONG_CELL, int(numbers[int(at)]), " ".join(heading.split()), most=f"{LONGEST_CELL:,}")
    if b"\0" in _bytes(column):
        with_nul = next(at for at, cell in enumerate(column.to_pylist()) if "\0" in cell)
        refuse(NUL_CHARACTER, int(numbers[with_nul]), " ".join(heading.split()))


def _blank_rows(columns: list[pa.Array]) -> np.ndarray:
    blank = np.ones(len(columns[0]), dtype=bool)
    for column in columns:
        if not blank.any():
            break
        blank &= pc.binary_length(column).to_numpy() == 0
    return blank


def clean(column: pa.Array) -> pa.Array:
    """Full-width characters folded (NFKC), outer blanks off, ="00123" unwrapped; each only where it can matter."""
    text = _bytes(column)
    if not text.isascii():
        column = pc.utf8_normalize(column, form="NFKC")
        text = _bytes(column)
    if not text.isascii() or any(blank in text for blank in _ascii_blanks()):
        column = pc.utf8_trim(column, characters=BLANKS)
    if b'="' in text:
        column = pc.replace_substring_regex(column, pattern=EXCEL_TEXT, replacement=r"\1")
    return column


def _ascii_blanks() -> Iterator[bytes]:
    return (blank.encode() for blank in BLANKS if blank.isascii())


def _bytes(array: pa.Array) -> bytes:
    """All text of an array; an array of empty cells may come without a buffer."""
    data = array.buffers()[2]
    return data.to_pybytes() if data is not None else b""
