"""The XML of a workbook's parts in blocks, cut only where a tag begins, so that no tag is torn."""

import zipfile
from collections.abc import Iterator

from django.utils.translation import gettext_noop

from evaluation.importing.reader.records import refuse

BLOCK = 1 << 20
PAIR = 1 << 16  # bytes in which the tags of a cell and its formula surely fit

DAMAGED = gettext_noop("The workbook is damaged or was not sent completely. Open it, save it as XLSX again and resend.")
LONG_TAG = gettext_noop(
    "The workbook holds a tag or a text longer than %(most)s bytes, which no sheet needs. "
    "Open it, save it as XLSX again and resend."
)


def blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while block := stream.read(BLOCK):
            yield block


def whole_tags(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut before a closing tag, so that no cell is torn from its formula; where none comes, before
    another tag."""
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"</")
        if cut <= 0 and len(rest) > BLOCK + PAIR:
            cut = rest.rfind(b"<")
            if cut <= 0:
                refuse(LONG_TAG, most=f"{BLOCK:,}")
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest
