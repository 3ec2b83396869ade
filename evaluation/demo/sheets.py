"""Writes ordinary sheets: CSV in UTF-8 or GB18030, XLSX; and the manifest that tells in which order to import them."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter

from evaluation.demo.members import Sheet
from evaluation.importing.case_layout import CASES
from evaluation.importing.layouts import Column, Kind

MANIFEST_HEADINGS = ("order", "dataset", "file", "institution", "month", "accept_valid")
WRITTEN_ON = datetime(2026, 1, 1)  # in the properties of XLSX files, so that the same seed gives the same bytes
NUMBERS = {Kind.INTEGER: int, Kind.DECIMAL: float, Kind.MONEY: float}


@dataclass(frozen=True)
class Entry:
    """One line of the manifest. `accept_valid`: the sheet has faulty rows, store the others."""

    dataset: str
    file: str
    institution: str = ""
    month: str = ""
    accept_valid: bool = False


def write_table(path: Path, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)


def write_cases(path: Path, columns: dict[str, list[str]], sheet: Sheet) -> None:
    """Writes the columns in the order of the layout; case values hold no comma, quote or line break to be quoted."""
    used = [column for column in CASES.columns if column.name in columns]
    rows = zip(*(columns[column.name] for column in used), strict=True)
    if sheet is Sheet.XLSX:
        write_workbook(path, used, rows)
        return
    headings = [column.heading if sheet is Sheet.CHINESE_CSV else column.name for column in used]
    encoding = "gb18030" if sheet is Sheet.CHINESE_CSV else "utf-8-sig"
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(",".join(headings) + "\n")
        file.writelines(map("%s\n".__mod__, map(",".join, rows)))


def write_workbook(path: Path, columns: list[Column], rows: Iterable[tuple[str, ...]]) -> None:
    """Numbers and instants as such, everything else as text, the way an export of a hospital system looks."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": WRITTEN_ON})
        page = book.add_worksheet("住院病例")
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.write_row(0, 0, [column.heading for column in columns])
        for number, row in enumerate(rows, start=1):
            for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                if not value:
                    continue
                if column.kind in NUMBERS:
                    page.write_number(number, place, NUMBERS[column.kind](value))
                elif column.kind is Kind.INSTANT:
                    page.write_datetime(number, place, datetime.fromisoformat(value), instant)
                else:
                    page.write_string(number, place, value)


def write_manifest(folder: Path, entries: list[Entry]) -> None:
    rows = [
        (str(order), entry.dataset, entry.file, entry.institution, entry.month, "yes" if entry.accept_valid else "no")
        for order, entry in enumerate(entries, start=1)
    ]
    write_table(folder / "manifest.csv", MANIFEST_HEADINGS, rows)
