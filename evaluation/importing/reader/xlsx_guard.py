"""Looks through the parts of an XLSX in a stream before anything is parsed as a whole.

The parser keeps a worksheet as a full grid in memory: what is small in the file may be huge there. Formulas and error
values are found here too, because the parser passes on their last result only.
"""

import posixpath
import zipfile
from array import array
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
from django.utils.translation import gettext_noop

from evaluation.importing.reader import xlsx_cells, xlsx_text
from evaluation.importing.reader.formats import PASSWORD
from evaluation.importing.reader.records import MOST_COLUMNS, TOO_MANY_COLUMNS, refuse
from evaluation.importing.reader.xlsx_cells import Scan
from evaluation.importing.reader.xlsx_text import DAMAGED, blocks, whole_tags

MOST_BYTES = 1 << 30  # of all parts, unpacked; and of all text, once every cell has its own
BOMB_BYTES = 50 << 20
BOMB_RATIO = 200
MOST_PARTS = 10_000
MOST_ROWS = 1_048_576
MOST_CELLS = 40_000_000  # of the grid, which has a place for empty ones too: more than a gigabyte
MOST_STRINGS = 20_000_000
SPARSE_CELLS = 5_000_000
SPARSE_RATIO = 20

BOMB = gettext_noop(
    "Unpacked, the workbook has %(size)s MB, which is out of proportion. "
    "Delete the sheets and formats it does not need, or deliver it as CSV UTF-8."
)
SPREAD = gettext_noop(
    "The sheet reaches to row %(rows)s and column %(columns)s, yet is almost empty. "
    "Delete the stray cells outside the table, or copy the table to a new workbook."
)
LARGE = gettext_noop(
    "The sheet spans %(cells)s cells; at most %(most)s of a workbook are read. Deliver it as CSV UTF-8, or in parts."
)
TOO_MUCH_TEXT = gettext_noop("The sheet repeats long texts very often. Deliver it as CSV UTF-8.")
NOT_XLSX = gettext_noop("This is a packed file but not an XLSX workbook. Save the table as XLSX or as CSV UTF-8.")


def refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Judge the sizes that the archive declares, then unpack in a stream to see that they are true."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        refuse(DAMAGED)
    if any(part.flag_bits & 1 for part in parts):
        refuse(PASSWORD)
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if size > MOST_BYTES or (size > BOMB_BYTES and size > BOMB_RATIO * packed):
        refuse(BOMB, size=f"{size >> 20:,}")
    for part in parts:
        for _ in blocks(archive, part.filename):  # raises BadZipFile where size or checksum are not as declared
            pass


def visible_sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name and part of each worksheet that is not hidden, in the order of the workbook; a part named twice only once."""
    if "xl/workbook.xml" not in archive.namelist():
        refuse(NOT_XLSX)
    parts = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
        for relation in _tree(archive, "xl/_rels/workbook.xml.rels").iter()
        if relation.get("Type", "").endswith("/worksheet")
    }
    seen: set[str] = set()
    for element in _tree(archive, "xl/workbook.xml").iter():
        if _local(element.tag) == "sheet" and element.get("state", "visible") == "visible":
            part = next((parts[value] for key, value in element.items() if _local(key) == "id" and value in parts), "")
            if part and part not in seen:
                seen.add(part)
                yield element.get("name", ""), part


def scan_sheet(archive: zipfile.ZipFile, part: str) -> Scan:
    """Count, measure and mark the cells of a worksheet."""
    scan = Scan()
    for block in whole_tags(blocks(archive, part)):
        xlsx_cells.add_block(scan, block)
    return scan


def refuse_wide_or_sparse(scan: Scan) -> None:
    if scan.last_column > MOST_COLUMNS:
        refuse(TOO_MANY_COLUMNS, 1, columns=scan.last_column, most=MOST_COLUMNS)
    area = scan.last_row * scan.last_column
    if scan.last_row > MOST_ROWS or (area > SPARSE_CELLS and area > SPARSE_RATIO * scan.cells):
        refuse(SPREAD, rows=scan.last_row, columns=scan.last_column)
    if area > MOST_CELLS:
        refuse(LARGE, cells=f"{area:,}", most=f"{MOST_CELLS:,}")


def refuse_repeated_text(archive: zipfile.ZipFile, part: str, scan: Scan) -> None:
    """A text stands in the file once, however many cells show it; the parser gives each cell a copy."""
    strings = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
    lengths = _string_lengths(archive, strings) if strings else np.zeros(0, dtype=np.int64)
    if int(lengths.max(initial=0)) * scan.cells <= MOST_BYTES:
        return
    text = 0
    for block in whole_tags(blocks(archive, part)):
        shown = np.array(xlsx_cells.string_numbers(block), dtype=np.int64)
        text += int(lengths[shown[shown < len(lengths)]].sum())
        if text > MOST_BYTES:
            refuse(TOO_MUCH_TEXT)


def _string_lengths(archive: zipfile.ZipFile, part: str) -> np.ndarray:
    """Bytes of each shared string with its tags."""
    starts = array("q")
    offset = 0
    for block in whole_tags(blocks(archive, part)):
        starts.extend(offset + start for start in xlsx_cells.string_starts(block))
        if len(starts) > MOST_STRINGS:
            refuse(TOO_MUCH_TEXT)
        offset += len(block)
    return np.diff(np.array(starts, dtype=np.int64), append=offset)


def _tree(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    text = archive.read(part)
    if len(text) > xlsx_text.BLOCK or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        refuse(DAMAGED)
    return ElementTree.fromstring(text)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
