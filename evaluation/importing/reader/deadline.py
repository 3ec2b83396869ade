"""A bound for the time that reading one sheet may take: who waits for the answer is told, before the connection is cut."""

import io
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pandas as pd
from django.utils.translation import gettext_noop

from evaluation.importing.reader.records import refuse

TOO_SLOW = gettext_noop(
    "Reading the sheet takes longer than %(seconds)s seconds. Split it by month, deliver it as CSV UTF-8, "
    "or have it imported on the server."
)


class Deadline:
    """Runs from its making on."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def keep(self) -> None:
        if self._clock() > self._end:
            refuse(TOO_SLOW, seconds=f"{self.seconds:.0f}")

    def file(self, source: BinaryIO) -> BinaryIO:
        """The file, looking at the clock at every read: both formats are read in blocks of a megabyte at most."""
        return _Timed(source, self)

    def chunks(self, chunks: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for chunk in chunks:
            self.keep()
            yield chunk


class _Timed(io.RawIOBase, BinaryIO):
    def __init__(self, source: BinaryIO, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        self._deadline.keep()
        return self._source.read(-1 if size is None else size)

    def seek(self, *place: Any) -> int:
        return self._source.seek(*place)

    def tell(self) -> int:
        return self._source.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
