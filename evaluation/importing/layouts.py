"""What a sheet of each dataset looks like: its columns, their headings in both languages and what may stand in a cell.

A layout is data. The reader finds columns by it, the checks type and judge cells by it, the heading sheet and
docs/importing.md are printed from it.
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

YES = {"yes", "true", "1", "是", "y", "t"}
NO = {"no", "false", "0", "否", "n", "f"}


class Kind(Enum):
    """What a cell means once it is read."""

    TEXT = "text"  # free text
    NUMBER = "number"  # of a record or an institution, as its owner made it up: may look like a phone number
    CODE = "code"  # of a classification
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # yuan with at most two decimals
    DATE = "date"
    INSTANT = "instant"  # a date, with or without a time of day, local time
    MONTH = "month"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CODES = "codes"  # several codes separated by |, the main one first
    PATIENT = "patient"  # arrives as an identifier, is stored as its HMAC only


@dataclass(frozen=True)
class Column:
    """One column of a sheet. `choices` are the values a CHOICE may take; `most` bounds the length of a text."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    most: int = 200
    example: str = ""

    def as_headed(self, heading: str) -> str:
        """The one of our two headings that a sheet wrote in its own way, with a star or in full-width letters."""
        return self.name if heading_key(heading) == heading_key(self.name) else self.heading


@dataclass(frozen=True)
class Layout:
    """All columns of a dataset in the order of its heading sheet; `key` names the columns that identify a record."""

    dataset: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def by_heading(self) -> dict[str, Column]:
        """Columns by either heading, as `heading_key` writes it."""
        return {heading_key(heading): column for column in self.columns for heading in (column.name, column.heading)}

    def names(self, kind: Kind) -> list[str]:
        return [column.name for column in self.columns if column.kind is kind]

    @property
    def required(self) -> list[str]:
        return [column.name for column in self.columns if column.required]


def heading_key(heading: str) -> str:
    """The form in which headings are compared: full-width folded, no spaces, star or case."""
    return "".join(unicodedata.normalize("NFKC", heading).split()).strip("*").casefold()
