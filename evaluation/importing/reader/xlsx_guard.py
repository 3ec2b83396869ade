"""Looks through the parts of an XLSX in a stream before anything is parsed as a whole.

The parser keeps a worksheet as a full grid in memory: what is small in the file may be huge there. Formulas and error
values are found here too, because the parser passes on their last result only.
"""

import posixpath
import re
import string
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from django.utils.translation import gettext_noop

from evaluation.importing.reader.formats import PASSWORD
from evaluation.importing.reader.records import (
    MOST_COLUMNS,
    TOO_MANY_COLUMNS,
    Marked,
    column_position,
    refuse,
)

MOST_BYTES = 1 << 30  # of all parts, unpacked; and of all text, once every cell has its own
BOMB_BYTES = 50 << 20
BOMB_RATIO = 200
MOST_ROWS = 1_048_576
SPARSE_CELLS = 5_000_000
SPARSE_RATIO = 20
BLOCK = 1 << 20
PAIR = 1 << 16  # bytes in which the tags of a cell and its formula surely fit

BOMB = gettext_noop(
    "Unpacked, the workbook has %(size)s MB, which is out of proportion. "
    "Delete the sheets and formats it does not need, or deliver it as CSV UTF-8."
)
SPREAD = gettext_noop(
    "The sheet reaches to row %(rows)s and column %(columns)s, yet is almost empty. "
    "Delete the stray cells outside the table, or copy the table to a new workbook."
)
TOO_MUCH_TEXT = gettext_noop("The sheet repeats long texts very often. Deliver it as CSV UTF-8.")
NOT_XLSX = gettext_noop("This is a packed file but not an XLSX workbook. Save the table as XLSX or as CSV UTF-8.")
DAMAGED = gettext_noop("The workbook is damaged or was not sent completely. Open it, save it as XLSX again and resend.")

DIGITS = string.digits.encode()
LETTERS = string.ascii_letters.encode()
NAME = rb"(?:[\w.-]+:)?"
CELL = re.compile(rb'<c\s(?:[^>]*?\s)?r="([A-Z]+\d+)"')
ANY_CELL = re.compile(rb"<" + NAME + rb"c\s(?:[^>]*?\s)?r\s*=\s*[\"']([A-Za-z]+\d+)")
ROW = re.compile(rb'<row\s(?:[^>]*?\s)?r="(\d+)"')
ANY_ROW = re.compile(rb"<" + NAME + rb"row\s(?:[^>]*?\s)?r\s*=\s*[\"'](\d+)")
FORMULA = re.compile(rb"<" + NAME + rb"c\s([^>]*)>\s*<" + NAME + rb"f[\s/>]")
ERROR = re.compile(rb"<" + NAME + rb"c\s([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)>(?!\s*<" + NAME + rb"f[\s/>])")
REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)(\d+)")
CONTENT = re.compile(rb"<" + NAME + rb"(?:v|is|f)[\s/>]")
STRING_NUMBER = re.compile(rb"<" + NAME + rb"v>\s*(\d+)\s*<")
STRING_ITEM = re.compile(rb"<" + NAME + rb"si[\s/>]")


@dataclass
class Scan:
    """What a worksheet holds, as its XML says cell by cell; its own claims about its size are not believed."""

    cells: int = 0
    last_row: int = 0
    columns: set[bytes] = field(default_factory=set)
    has_content: bool = False
    formulas: dict[int, Marked] = field(default_factory=dict)  # by position in the sheet
    errors: dict[int, Marked] = field(default_factory=dict)

    @property
    def last_column(self) -> int:
        return max((column_position(letters.decode()) for letters in self.columns), default=-1) + 1


def refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Judge the sizes that the archive declares, then unpack in a stream to see that they are true."""
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        refuse(PASSWORD)
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if size > MOST_BYTES or (size > BOMB_BYTES and size > BOMB_RATIO * packed):
        refuse(BOMB, size=f"{size >> 20:,}")
    for part in parts:
        for _ in _blocks(archive, part.filename):  # raises BadZipFile where size or checksum are not as declared
            pass


def visible_sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name and part of each worksheet that is not hidden, in the order of the workbook."""
    if "xl/workbook.xml" not in archive.namelist():
        refuse(NOT_XLSX)
    parts = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
        for relation in _tree(archive, "xl/_rels/workbook.xml.rels").iter()
        if relation.get("Type", "").endswith("/worksheet")
    }
    for element in _tree(archive, "xl/workbook.xml").iter():
        if _local(element.tag) == "sheet" and element.get("state", "visible") == "visible":
            part = next((parts[value] for key, value in element.items() if _local(key) == "id" and value in parts), "")
            if part:
                yield element.get("name", ""), part


def scan_sheet(archive: zipfile.ZipFile, part: str) -> Scan:
    """Count, measure and mark the cells of a worksheet."""
    scan = Scan()
    for block in _whole_tags(_blocks(archive, part)):
        # Writers of the ordinary spelling are the rule and get the faster pattern.
        spelled_otherwise = b":c" in block or b"='" in block or b"= " in block or b" =" in block
        cell, row = (ANY_CELL, ANY_ROW) if spelled_otherwise else (CELL, ROW)
        references = cell.findall(block)
        scan.cells += len(references)
        together = b" ".join(references)
        scan.columns.update(together.translate(None, DIGITS).split())
        rows = set(together.translate(None, LETTERS).split()).union(row.findall(block))
        scan.last_row = max(scan.last_row, max(map(int, rows), default=0))
        scan.has_content = scan.has_content or CONTENT.search(block) is not None
        if b"<f" in block or b":f" in block:
            _mark(scan.formulas, FORMULA, block)
        if b'"e"' in block or b"'e'" in block:
            _mark(scan.errors, ERROR, block)
    return scan


def refuse_wide_or_sparse(scan: Scan) -> None:
    if scan.last_column > MOST_COLUMNS:
        refuse(TOO_MANY_COLUMNS, 1, columns=scan.last_column, most=MOST_COLUMNS)
    area = scan.last_row * scan.last_column
    if scan.last_row > MOST_ROWS or (area > SPARSE_CELLS and area > SPARSE_RATIO * scan.cells):
        refuse(SPREAD, rows=scan.last_row, columns=scan.last_column)


def refuse_repeated_text(archive: zipfile.ZipFile, part: str, scan: Scan) -> None:
    """A text stands in the file once, however many cells show it; the parser gives each cell a copy."""
    strings = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
    lengths = _string_lengths(archive, strings) if strings else []
    if max(lengths, default=0) * scan.cells <= MOST_BYTES:
        return
    text = 0
    for block in _whole_tags(_blocks(archive, part)):
        text += sum(lengths[number] for number in map(int, STRING_NUMBER.findall(block)) if number < len(lengths))
        if text > MOST_BYTES:
            refuse(TOO_MUCH_TEXT)


def _string_lengths(archive: zipfile.ZipFile, part: str) -> list[int]:
    """Bytes of each shared string with its tags."""
    starts: list[int] = []
    offset = 0
    for block in _whole_tags(_blocks(archive, part)):
        starts += (offset + item.start() for item in STRING_ITEM.finditer(block))
        offset += len(block)
    return [end - start for start, end in zip(starts, [*starts[1:], offset], strict=True)]


def _mark(marked: dict[int, Marked], pattern: re.Pattern[bytes], block: bytes) -> None:
    for cell in pattern.finditer(block):
        if reference := REFERENCE.search(cell[1]):
            position = column_position(reference[1].decode())
            marked.setdefault(position, Marked(int(reference[2]))).count += 1


def _whole_tags(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut before a closing tag, so that no cell is torn from its formula."""
    rest = b""
    for block in blocks:
        rest += block
        cut = rest.rfind(b"</")
        if cut <= 0 and len(rest) > BLOCK + PAIR:
            cut = len(rest) - PAIR
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while block := stream.read(BLOCK):
            yield block


def _tree(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    text = archive.read(part)
    if len(text) > BLOCK or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        refuse(DAMAGED)
    return ElementTree.fromstring(text)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
