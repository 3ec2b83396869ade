"""Rows on their way from the door to their table: chunks of compressed CSV, identity already hashed."""

import io
import zlib
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from evaluation.models import StagedChunk, Upload

FASTEST = 1  # zlib level: a tenth of the size for little time


def stage(upload: Upload, rows: pd.DataFrame) -> None:
    """Keep a chunk of text rows; the index is the sheet's own row number."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(pa.Table.from_pandas(rows.reset_index(names="row"), preserve_index=False), buffer)
    StagedChunk.objects.create(
        upload=upload, first_row=int(rows.index[0]), content=zlib.compress(buffer.getvalue(), FASTEST)
    )


def staged_chunks(upload: Upload) -> Iterator[tuple[StagedChunk, pd.DataFrame]]:
    """The chunks of an upload with their rows, one at a time."""
    for pk in upload.chunks.order_by("first_row").values_list("pk", flat=True):
        chunk = StagedChunk.objects.filter(pk=pk).first()
        if chunk is None:  # withdrawn meanwhile
            return
        text = io.BytesIO(zlib.decompress(chunk.content))
        rows = pd.read_csv(text, dtype="str", keep_default_na=False, na_filter=False).astype({"row": "int64"})
        yield chunk, rows.set_index("row")
