"""Who works on what: locks that end with the connection or the transaction, so that a crash frees them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

from evaluation.models import Upload

CHECK_LOCK, DATA_LOCK = 71_010, 71_011


@contextmanager
def upload_lock(upload: Upload, *, wait: bool = False) -> Iterator[bool]:
    """True if this process may work on the upload now, or once another one is done with it; a crash releases it at once."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [CHECK_LOCK, upload.pk])
            is_mine = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [CHECK_LOCK, upload.pk])
            is_mine = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [CHECK_LOCK, upload.pk])


def lock_institutions(institutions: Iterable[int]) -> None:
    """Two people submitting the same month: one after the other, until the end of the transaction."""
    with connection.cursor() as cursor:
        for institution in sorted(institutions):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [DATA_LOCK, institution])
