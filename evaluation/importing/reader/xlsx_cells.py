"""Finds cells, rows, formulas and texts in a block of a worksheet's XML.

Every pattern is tried from a "<" only, and none reads beyond the next one: the work grows with the length of the block,
whatever stands in it. A tag is not allowed to hold a "<" (nor is it in XML).
"""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluation.importing.reader.records import Marked, column_position, refuse
from evaluation.importing.reader.xlsx_text import DAMAGED

DIGITS = string.digits.encode()
LETTERS = string.ascii_letters.encode()
NAME = rb"<(?:[\w.-]++:)?"
# A ">" may stand in quotes. Possessive: what was read once is not read again in another way.
ATTRIBUTES = rb"(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+"
CELL = re.compile(rb'<c r="([A-Z]++\d++)"')
ROW = re.compile(rb'<row r="(\d++)"')
PREFIXED_CELL = re.compile(NAME + rb'c r="([A-Z]++\d++)"')
PREFIXED_ROW = re.compile(NAME + rb'row r="(\d++)"')
OPENING = re.compile(NAME + rb"(?:c|row)[\s/>]")
PLAIN_OPENINGS = (b"<c ", b"<c>", b"<c/", b"<c\t", b"<c\n", b"<c\r", b"<row")
TAG = re.compile(NAME + rb"(c|row)(?=[\s/>])(" + ATTRIBUTES + rb")(>?)")
ATTRIBUTE = re.compile(rb"(?<!\S)([^\s=<>\"'/]++)\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")
REFERENCE = re.compile(rb"([A-Za-z]++)(\d++)")
CELL_TAG = re.compile(NAME + rb"c(?=[\s/>])(" + ATTRIBUTES + rb")>\s*+(" + NAME + rb"f[\s/>])?")
CONTENT = re.compile(NAME + rb"(?:v|is|f)[\s/>]")
STRING_NUMBER = re.compile(NAME + rb"v>\s*+(\d++)\s*+<")
STRING_ITEM = re.compile(NAME + rb"si[\s/>]")


@dataclass
class Scan:
    """What a worksheet holds, as its XML says cell by cell; its own claims about its size are not believed."""

    cells: int = 0
    last_row: int = 0
    columns: set[bytes] = field(default_factory=set)
    has_content: bool = False
    formulas: dict[int, Marked] = field(default_factory=dict)  # by position in the sheet
    errors: dict[int, Marked] = field(default_factory=dict)
    row: int = 0  # where a cell stands that does not say it
    column: int = -1
    farthest: int = -1  # column of such a cell

    @property
    def last_column(self) -> int:
        named = max((column_position(letters.decode()) for letters in self.columns), default=-1)
        return max(named, self.farthest) + 1


def add_block(scan: Scan, block: bytes) -> None:
    if not _add_ordinary(scan, block):
        _add_tag_by_tag(scan, block)
    scan.has_content = scan.has_content or CONTENT.search(block) is not None
    if b"<f" in block or b":f" in block or b'"e"' in block or b"'e'" in block:
        _mark(scan, block)


def string_numbers(block: bytes) -> list[int]:
    """The numbers of the shared strings that cells show."""
    return [int(number) for number in STRING_NUMBER.findall(block)]


def string_starts(block: bytes) -> Iterator[int]:
    """Where the items of the shared strings begin."""
    return (item.start() for item in STRING_ITEM.finditer(block))


def _add_ordinary(scan: Scan, block: bytes) -> bool:
    """Writers begin nearly every cell and row with its place: found with one look. False where one does not."""
    prefixed = b":c" in block or b":row" in block
    cell, row = (PREFIXED_CELL, PREFIXED_ROW) if prefixed else (CELL, ROW)
    references, numbers = cell.findall(block), row.findall(block)
    openings = len(OPENING.findall(block)) if prefixed else sum(map(block.count, PLAIN_OPENINGS))
    if openings != len(references) + len(numbers):
        return False
    together = b" ".join(references)
    scan.cells += len(references)
    scan.columns.update(together.translate(None, DIGITS).split())
    rows = set(together.translate(None, LETTERS).split()).union(numbers)
    scan.last_row = max(scan.last_row, max(map(int, rows), default=0))
    for number in numbers[-1:]:
        scan.row, scan.column = int(number), -1
    for letters, number in map(split_reference, references[-1:]):
        if number >= scan.row:
            scan.row, scan.column = number, column_position(letters)
    return True


def _add_tag_by_tag(scan: Scan, block: bytes) -> None:
    """A cell or row that does not say its place stands after the one before."""
    for tag in TAG.finditer(block):
        name, attributes, end = tag.groups()
        if not end:
            refuse(DAMAGED)
        reference = _attribute(attributes, b"r")
        if name == b"row":
            scan.row, scan.column = int(reference) if reference else scan.row + 1, -1
        elif reference:
            letters, scan.row = split_reference(reference)
            scan.column = column_position(letters)
        else:
            scan.row, scan.column = max(scan.row, 1), scan.column + 1
        scan.cells += name == b"c"
        scan.last_row = max(scan.last_row, scan.row)
        scan.farthest = max(scan.farthest, scan.column)


def _attribute(attributes: bytes, wanted: bytes) -> bytes:
    """The value of an attribute of a tag, the first one of that name as the parser has it; empty if there is none."""
    for name, double, single in ATTRIBUTE.findall(attributes):
        if name == wanted:
            return bytes(double or single)
    return b""


def split_reference(reference: bytes) -> tuple[str, int]:
    """AB12 as AB and 12."""
    match = REFERENCE.fullmatch(reference)
    if not match:
        refuse(DAMAGED)
    return match[1].decode(), int(match[2])


def _mark(scan: Scan, block: bytes) -> None:
    """Cells with a formula, and cells that hold an error value and no formula."""
    for attributes, formula in CELL_TAG.findall(block):
        if formula or _attribute(attributes, b"t") == b"e":
            marked = scan.formulas if formula else scan.errors
            reference = _attribute(attributes, b"r")
            if reference:
                letters, row = split_reference(reference)
                marked.setdefault(column_position(letters), Marked(row)).count += 1
