"""Tiny sheets for the tests of the checks: written as CSV, read by the reader, judged as an upload would be."""

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from evaluation.importing.checks import SheetCheck
from evaluation.importing.findings import Findings
from evaluation.importing.identity import without_identity
from evaluation.importing.known import Known, Place
from evaluation.importing.layouts import Layout
from evaluation.importing.problems import Problem
from evaluation.importing.reader import open_sheet

KEY = b"k" * 32
KNOWN = Known(
    now=datetime(2026, 4, 15, 12, 0),
    institutions={
        "H33010000001": Place("330106", "L3", "YUNLING"),
        "H33010000002": Place("330106", "L2", "YUNLING"),
        "H33010000003": Place("330109", "THC"),
    },
    consortia=frozenset({"YUNLING", "OTHER"}),
    departments=frozenset({("H33010000001", "0300"), ("H33010000002", "0300")}),
)
Row = dict[str, str]
Rules = Callable[[pd.DataFrame, Findings, Known], None]


@dataclass(frozen=True)
class Judged:
    """What was found, in the order of the sheet, and what came out of the cells."""

    problems: list[Problem]
    rejected: list[int]
    flagged: list[int]
    rows: pd.DataFrame

    @property
    def said(self) -> list[tuple[int | None, str, str, str]]:
        return [(each.row, each.column, str(each.severity), each.rule) for each in self.problems]


def written(layout: Layout, rows: Sequence[Row], chinese: bool = False) -> bytes:
    """A CSV sheet with the columns that occur in the rows."""
    names = [column.name for column in layout.columns if any(column.name in row for row in rows)]
    headings = [layout.by_name[name].heading for name in names] if chinese else names
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return text.getvalue().encode()


def judge(
    layout: Layout,
    rules: Rules,
    rows: Sequence[Row],
    *,
    known: Known = KNOWN,
    chinese: bool = False,
    chunk_rows: int = 20_000,
    given: Sequence[str] = (),
) -> Judged:
    return judge_file(layout, rules, written(layout, rows, chinese), known, chunk_rows, given)


def judge_file(
    layout: Layout,
    rules: Rules,
    content: bytes,
    known: Known = KNOWN,
    chunk_rows: int = 20_000,
    given: Sequence[str] = (),
) -> Judged:
    sheet = open_sheet(io.BytesIO(content), layout, given=frozenset(given), chunk_rows=chunk_rows)
    check = SheetCheck(layout, rules, known, sheet.headings)
    problems, rejected, flagged, typed = [], [], [], []
    for cells in sheet.chunks:
        cells = without_identity(cells, layout, KEY)
        checked = check.check(cells)
        problems += [problem for finding in checked.findings.found for problem in finding.problems()]
        rejected += [int(row) for row in cells.index[checked.findings.rejected]]
        flagged += [int(row) for row in cells.index[checked.findings.flagged]]
        typed.append(checked.rows)
    return Judged(sorted(problems, key=lambda each: each.row or 0), rejected, flagged, pd.concat(typed))


def frame(row: Row) -> pd.DataFrame:
    """One row of cells, as the reader gives it: full-width signs folded."""
    folded = {name: [unicodedata.normalize("NFKC", text)] for name, text in row.items()}
    return pd.DataFrame(folded, index=pd.Index([2], name="row"), dtype="str")
