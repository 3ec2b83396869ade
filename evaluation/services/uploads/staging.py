"""Rows on their way from the door to their table: compressed chunks of text columns, identity already hashed."""

from collections.abc import Iterator

import pandas as pd
import psycopg
import pyarrow as pa
from django.db import connection

from evaluation.models import StagedChunk, Upload

WRITTEN = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))


def stage(upload: Upload, first_row: int, rows: bytes) -> None:
    """Keep a packed chunk of text rows; the index is the sheet's own row number."""
    _write(
        "INSERT INTO evaluation_stagedchunk (upload_id, first_row, content, rejected) VALUES (%s, %s, %b, '{}')",
        [upload.pk, first_row, rows],
    )


def keep_checked(chunk: StagedChunk, rejected: pd.Series, typed: bytes | None) -> None:
    """Note which rows of a chunk are refused and, where they will be wanted, keep the others, typed and packed."""
    _write(
        "UPDATE evaluation_stagedchunk SET rejected = %s, typed = %b WHERE id = %s",
        [[int(row) for row in rejected.index[rejected]], typed, chunk.pk],
    )


def staged_chunks(upload: Upload) -> Iterator[tuple[StagedChunk, pd.DataFrame]]:
    """The chunks of an upload with their rows, one at a time."""
    for pk in upload.chunks.order_by("first_row").values_list("pk", flat=True):
        chunk = StagedChunk.objects.filter(pk=pk).first()
        if chunk is None:  # withdrawn meanwhile
            return
        yield chunk, rows_of(chunk)


def rows_of(chunk: StagedChunk) -> pd.DataFrame:
    """The text rows of a chunk, as `stage` got them."""
    return _unpacked(chunk.content)


def typed_chunks(upload: Upload) -> Iterator[pd.DataFrame]:
    """The accepted rows of a checked upload, typed, one chunk at a time."""
    for pk in upload.chunks.order_by("first_row").values_list("pk", flat=True):
        typed = StagedChunk.objects.values_list("typed", flat=True).get(pk=pk)
        if typed is not None:
            yield _unpacked(typed)


def _write(statement: str, values: list) -> None:
    """Chunks are sent as they are: Django would spell them out as text, twice as long."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values)


def packed(rows: pd.DataFrame) -> bytes:
    """Rows as a compressed Arrow stream, with the column types of pandas and the row numbers."""
    table = pa.Table.from_pandas(rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=WRITTEN) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(content: bytes) -> pd.DataFrame:
    with pa.ipc.open_stream(content) as stream:
        return stream.read_all().to_pandas()
