"""Rows on their way from the door to their table: compressed chunks of text columns, identity already hashed."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from evaluation.models import StagedChunk, Upload

WRITTEN = pa.ipc.IpcWriteOptions(compression="zstd")


def stage(upload: Upload, rows: pd.DataFrame) -> None:
    """Keep a chunk of text rows; the index is the sheet's own row number."""
    table = pa.Table.from_pandas(rows.reset_index(names="row"), preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=WRITTEN) as stream:
        stream.write_table(table)
    StagedChunk.objects.create(upload=upload, first_row=int(rows.index[0]), content=sink.getvalue().to_pybytes())


def staged_chunks(upload: Upload) -> Iterator[tuple[StagedChunk, pd.DataFrame]]:
    """The chunks of an upload with their rows, one at a time."""
    for pk in upload.chunks.order_by("first_row").values_list("pk", flat=True):
        chunk = StagedChunk.objects.filter(pk=pk).first()
        if chunk is None:  # withdrawn meanwhile
            return
        yield chunk, rows_of(chunk)


def rows_of(chunk: StagedChunk) -> pd.DataFrame:
    """The text rows of a chunk, as `stage` got them."""
    with pa.ipc.open_stream(chunk.content) as stream:
        return stream.read_all().to_pandas().set_index("row")
