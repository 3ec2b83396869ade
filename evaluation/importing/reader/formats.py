"""Tells by its first bytes what a file is; its name and content type are the sender's claim and are not looked at."""

from typing import BinaryIO

from django.utils.translation import gettext_noop

from evaluation.importing.reader.records import refuse

XLSX = b"PK\x03\x04"
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"  # an old .xls, or the shell around an encrypted .xlsx

NAMED = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ", "XZ"),
    (b"(\xb5/\xfd", "Zstandard"),
    (b"PK\x05\x06", "ZIP"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
)
MARKUP = (b"<!doctype", b"<html", b"<head", b"<table", b"<meta", b"<?xml")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
PLAIN = b"\t\n\v\f\r\x1a\x1b"
CONTROLS = bytes(byte for byte in range(32) if byte not in PLAIN)

NOT_A_SHEET = gettext_noop(
    "This is a %(kind)s file, whatever its name says. Deliver the table itself, saved as XLSX or as CSV UTF-8."
)
BINARY = gettext_noop("This file is not text and not an XLSX workbook. Save the table as XLSX or as CSV UTF-8.")
OLD_EXCEL = gettext_noop("This is a workbook of the old format XLS. Open it and save it as XLSX or as CSV UTF-8.")
PASSWORD = gettext_noop("The workbook is protected with a password. Remove the password, save it and deliver it again.")
WEB_PAGE = gettext_noop(
    "This is a web page or an XML file under the name of a sheet. Open it in a spreadsheet program and save it as XLSX."
)
UTF_16_TEXT = gettext_noop("The sheet is written in UTF-16 (“Unicode text”). Save it again as CSV UTF-8 or as XLSX.")
EMPTY = gettext_noop("The file is empty. Deliver a sheet with one heading row and one row for each record.")


def refuse_other_formats(head: bytes, source: BinaryIO) -> None:
    """Refuse what can be neither CSV nor XLSX, with the way out; `head` is the beginning of `source`."""
    if not head:
        refuse(EMPTY)
    if head.startswith(XLSX):
        return
    if head.startswith(COMPOUND_FILE):
        refuse(PASSWORD if _holds(source, "EncryptedPackage".encode("utf-16-le")) else OLD_EXCEL)
    for signature, kind in NAMED:
        if head.startswith(signature) and not _reads_as_text(head, signature):
            refuse(NOT_A_SHEET, kind=kind)
    if head.startswith(UTF_16):
        refuse(UTF_16_TEXT)
    start = head[:4096]
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(MARKUP):
        refuse(WEB_PAGE)
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls >= 8 and controls * 10 > len(start):
        refuse(BINARY)


def _reads_as_text(head: bytes, signature: bytes) -> bool:
    """Whether a signature of plain letters merely begins a heading, such as BMI or BMS."""
    return signature in (b"BM", b"BZh", b"PAR1") and not set(head[:512]) & set(CONTROLS)


def _holds(source: BinaryIO, needle: bytes) -> bool:
    source.seek(0)
    tail = b""
    while block := source.read(1 << 20):
        if needle in tail + block:
            return True
        tail = block[-len(needle) :]
    return False
