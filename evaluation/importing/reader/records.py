"""What both formats are reduced to before headings are looked at: numbered rows of text, a few thousand at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NoReturn

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext_noop

from evaluation.importing.problems import Problem, Severity, SheetRefused

MOST_COLUMNS = 500
LONGEST_CELL = 32_767  # characters; what a spreadsheet cell holds
BATCH = 4_000  # rows; more does not fit the processor's cache

TOO_MANY_COLUMNS = gettext_noop(
    "The sheet has %(columns)s columns; at most %(most)s are read. Delete those that do not belong to the dataset."
)

LONG_CELL = gettext_noop("The value is longer than %(most)s characters. Shorten it, or close a double quote before it.")


@dataclass
class Marked:
    """Cells of one column that cannot be trusted: how many, and the row of the first."""

    first_row: int
    count: int = 0


@dataclass(frozen=True)
class Batch:
    """Some rows: their numbers in the sheet, and their cells by column, in the order of the heading."""

    numbers: np.ndarray
    columns: Sequence[pa.Array]


@dataclass(frozen=True)
class Records:
    """A sheet as text. Rows may be left out where they are empty, for each carries its own number."""

    heading_row: int
    heading: list[str]
    batches: Iterator[Batch]
    first_column: int = 0
    formulas: Mapping[int, Marked] = field(default_factory=dict)  # by position in the heading
    errors: Mapping[int, Marked] = field(default_factory=dict)


def batched(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[Batch]:
    """Rows of the same width by column: all cells become one array, from which each column takes its own."""
    while True:
        numbers: list[int] = []
        cells: list[str] = []
        for number, row in islice(rows, BATCH):
            numbers.append(number)
            cells += row
        if not numbers:
            return
        array = pa.array(cells, pa.large_string())
        firsts = np.arange(0, len(cells), width)
        yield Batch(np.array(numbers), [array.take(pa.array(firsts + position)) for position in range(width)])


def refuse(message: str, row: int | None = None, column: str = "", **values: object) -> NoReturn:
    raise SheetRefused(Problem(row, column, Severity.ERROR, "V25", message, values)) from None


def column_letters(position: int) -> str:
    """The name a spreadsheet program gives to a column: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_position(letters: str) -> int:
    position = 0
    for letter in letters.upper():
        position = position * 26 + ord(letter) - ord("A") + 1
    return position - 1


def is_blank(row: list[str]) -> bool:
    return not any(map(str.strip, row))
