"""Finds out whether a CSV is UTF-8 or GB18030 by reading all of it once, in blocks."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from django.utils.translation import gettext_noop

from evaluation.importing.reader.borrowed import text_of
from evaluation.importing.reader.records import refuse

BLOCK = 1 << 20
LONGEST_LINE = 4 << 20  # bytes; a file without line ends must not be collected in memory
BOM = b"\xef\xbb\xbf"
BEYOND_TWO_BYTES = re.compile("[\u0800-\U0010ffff]")
ACCIDENT = 10_000  # in so many GB18030 lines, one may happen to look like UTF-8

NUL_BYTE = gettext_noop(
    "This row holds a NUL byte: the file is damaged or not a text file. Export the sheet again as CSV UTF-8 or XLSX."
)
LONG_LINE = gettext_noop(
    "This row is longer than %(most)s bytes, which no row of a sheet is. Check the line ends, or save it as XLSX."
)
MIXTURE = gettext_noop(
    "From this row on the text is %(second)s, above it is %(first)s: two files were joined. "
    "Save the whole sheet again as CSV UTF-8."
)
NEITHER = gettext_noop(
    "The characters of this row are neither UTF-8 nor GB18030. Save the whole sheet again as CSV UTF-8."
)


class _Lines:
    """What the lines with non-ASCII bytes have been so far: counts, and the first line of each kind."""

    def __init__(self) -> None:
        self.utf8 = 0
        self.first_utf8 = 0
        self.gb18030 = 0
        self.first_gb18030 = 0
        self.certain = False  # a line that is UTF-8 and cannot be GB18030

    def note_utf8(self, line: int, lines: int = 1, *, certain: bool) -> None:
        self.first_utf8 = self.first_utf8 or line
        self.utf8 += lines
        self.certain = self.certain or certain

    def note_gb18030(self, line: int) -> None:
        self.first_gb18030 = self.first_gb18030 or line
        self.gb18030 += 1

    @property
    def are_mixed(self) -> bool:
        return bool(self.gb18030 and self.utf8) and (self.certain or self.utf8 * ACCIDENT > self.gb18030)


@dataclass(frozen=True)
class Survey:
    encoding: str
    has_quotes: bool


def survey(source: BinaryIO, delimiter: str) -> Survey:
    """The encoding of the whole file, or a refusal that names the first row that does not fit it."""
    source.seek(0)
    has_bom = source.read(len(BOM)) == BOM
    has_quotes = False
    seen = _Lines()
    for first_line, block in whole_lines(source, delimiter):
        has_quotes = has_quotes or b'"' in block
        if (at := block.find(b"\0")) >= 0:
            refuse(NUL_BYTE, _row_of(source, first_line + line_ends(block[:at]), delimiter))
        if not block.isascii() and (bad_line := _look(block, first_line, seen)):
            refuse(NEITHER, _row_of(source, bad_line, delimiter))
        if has_bom and seen.gb18030:
            refuse(NEITHER, _row_of(source, seen.first_gb18030, delimiter))
    if seen.are_mixed:
        first, second = ("UTF-8", "GB18030") if seen.first_utf8 < seen.first_gb18030 else ("GB18030", "UTF-8")
        row = _row_of(source, max(seen.first_utf8, seen.first_gb18030), delimiter)
        refuse(MIXTURE, row, first=first, second=second)
    return Survey("gb18030" if seen.gb18030 else "utf-8-sig", has_quotes)


def _look(block: bytes, first_line: int, seen: _Lines) -> int:
    """Count the lines of a block by what they can be; the number of a line that is neither, or 0."""
    lines = [(first_line + i, line) for i, line in enumerate(block.splitlines()) if not line.isascii()]
    if _decodes(block, "utf-8"):
        for number, line in lines:
            if _is_surely_utf8(line):
                seen.note_utf8(number, len(lines), certain=not _decodes(line, "gb18030"))
                break
        return 0
    block_is_gb18030 = _decodes(block, "gb18030")
    for number, line in lines:
        if _decodes(line, "utf-8"):
            if _is_surely_utf8(line):
                seen.note_utf8(number, certain=not _decodes(line, "gb18030"))
        elif block_is_gb18030 or _decodes(line, "gb18030"):
            seen.note_gb18030(number)
        else:
            return number
    return 0


def _is_surely_utf8(line: bytes) -> bool:
    """Valid UTF-8 that is no accident of GB18030. 女 in GB18030 is a valid two-byte UTF-8 character, so two bytes
    prove nothing, nor do lines that read as everyday Chinese (GB 2312) too."""
    return BEYOND_TWO_BYTES.search(line.decode()) is not None and not _decodes(line, "gb2312")


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def whole_lines(source: BinaryIO, delimiter: str) -> Iterator[tuple[int, bytes]]:
    """The file in blocks of whole lines, each with the number of its first line. No line end is part of a character
    in either encoding."""
    source.seek(0)
    number, rest = 1, b""
    while read := source.read(BLOCK):
        rest += read
        cut = rest.rfind(b"\n") + 1 or rest.rfind(b"\r", 0, -1) + 1
        if cut:
            yield number, rest[:cut]
            number += line_ends(rest[:cut])
            rest = rest[cut:]
        if len(rest) > LONGEST_LINE:
            refuse(LONG_LINE, _row_of(source, number, delimiter), most=f"{LONGEST_LINE:,}")
    if rest:
        yield number, rest


def line_ends(block: bytes) -> int:
    r"""How many lines end in a block, by \n, \r\n or \r."""
    content = np.frombuffer(block, dtype=np.uint8)
    feeds, returns = content == ord("\n"), content == ord("\r")
    pairs = np.count_nonzero(returns[:-1] & feeds[1:])
    return int(np.count_nonzero(feeds) + np.count_nonzero(returns) - pairs)


def _row_of(source: BinaryIO, line: int, delimiter: str) -> int:
    """The row that holds a line of the file: values in quotes may run over several lines."""
    source.seek(0)
    reader = csv.reader(_up_to(line, text_of(source, "latin-1")), delimiter=delimiter)
    try:
        return sum(1 for _ in reader)
    except csv.Error:
        return line


def _up_to(line: int, text: Iterator[str]) -> Iterator[str]:
    for number, content in enumerate(text, start=1):
        yield content if number < line else ""
        if number == line:
            return
