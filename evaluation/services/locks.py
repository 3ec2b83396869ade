"""All locks, in the order in which a transaction may take them; who takes them in one order never waits in a circle.

 1. the upload whose status changes                              take_upload       its row
 2. the data: records of all institutions (RECORDS), then the    take_data         DATA, institution
    cases of institutions by their number
 3. the rows themselves: cases, records
 4. the search for stays that an admission follows               take_stays        STAYS
 5. the count of changes that pages look at                      staleness.pages_changed, the row of DataState
 6. the audit trail                                              take_trail        TRAIL

The worker that computes takes stale marks (FOR UPDATE SKIP LOCKED), partitions of cells by their key, then the values, then
what is above from 5 on. Locks end with the transaction, or with the connection: a crash frees them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from evaluation.models import Upload

CELLS, VALUES, TRAIL, UPLOAD, DATA, STAYS = 71_001, 71_002, 71_003, 71_010, 71_011, 71_020
RECORDS = 0  # of DATA: the records of all datasets but cases, since one may be of two institutions, or of none
A_CLICK = 10  # seconds that a person who waits for a page is kept waiting

_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class Busy(ValidationError):
    """Someone else has the upload, or the data it is about, for longer than we wait."""

    def __init__(self) -> None:
        super().__init__(_("Another sheet with these data is being stored right now. Try again in a few minutes."))


@contextmanager
def patience(seconds: float | None) -> Iterator[None]:
    """Wait for uploads and data no longer than this, then give up with Busy. None: as long as it takes."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


@contextmanager
def upload_lock(upload: Upload, *, wait: bool = False) -> Iterator[bool]:
    """True if this process may work on the upload now, or once another one is done with it. Held over several transactions."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [UPLOAD, upload.pk])
            is_mine = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [UPLOAD, upload.pk])
            is_mine = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [UPLOAD, upload.pk])


def take_upload(pk: int) -> Upload:
    """The upload as it is now; nobody else changes it meanwhile."""
    with _within_patience():
        return Upload.objects.select_for_update(no_key=True).get(pk=pk)


def take_data(places: Iterable[int]) -> None:
    """RECORDS or institutions: who changes the data of one does so after the other who does."""
    with connection.cursor() as cursor:
        for place in sorted(set(places)):
            with _within_patience():
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [DATA, place])


def take_partitions(keys: Iterable[int]) -> None:
    """Of cells: two workers neither clash nor wait for each other."""
    with connection.cursor() as cursor:
        for key in sorted({key % 2_147_483_647 for key in keys}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CELLS, key])


def take_all_cells() -> None:
    """No one else computes cells; readers go on. The tables in the order of writing."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE evaluation_readmission, evaluation_casecell IN SHARE ROW EXCLUSIVE MODE")


def take_values() -> None:
    _take(VALUES)


def take_stays() -> None:
    _take(STAYS)


def take_trail() -> None:
    _take(TRAIL)


def _take(key: int) -> None:
    """The statements after it see what the holder before committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


@contextmanager
def _within_patience() -> Iterator[None]:
    seconds = _patience.get()
    if seconds is None:
        yield
        return
    _set_timeout(f"{max(1, round(seconds * 1000))}ms")  # 0 would mean: for ever
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy from error
        raise
    _set_timeout("0")


def _set_timeout(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [value])
