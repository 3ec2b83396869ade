"""A table as page and download share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`name` goes into the URL and the file name. Cells are text or numbers; the first column names the row."""

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
