"""Text over a binary file that stays open when the text is done with; any object that reads and seeks will do."""

import io
from typing import BinaryIO


class _Borrowed(io.BufferedIOBase):
    name = ""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._source.read(-1 if size is None else size)

    read1 = read


def text_of(source: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The text from where `source` stands, with its line ends as they are."""
    return io.TextIOWrapper(_Borrowed(source), encoding=encoding, newline="")
