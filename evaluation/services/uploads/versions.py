"""Versions of the records of all datasets but cases: the newest one of a submitted upload holds."""

from __future__ import annotations

import json

import pandas as pd

from evaluation.datasets import Dataset, dataset_by_name
from evaluation.importing.checks import SheetCheck
from evaluation.importing.layouts import Kind, Layout
from evaluation.models import RecordVersion, Upload
from evaluation.services import staleness
from evaluation.services.staleness import Partition
from evaluation.services.uploads.check import known_to
from evaluation.services.uploads.locks import lock_institutions
from evaluation.services.uploads.staging import staged_chunks

MASTER_DATA = 0  # the lock of master data, which belong to no one institution
REMOVED = {"removed": True}


def store(upload: Upload) -> set[Partition]:
    """Write a version per accepted row and bring the records up to date. Returns the institution-months touched."""
    dataset = dataset_by_name(upload.dataset)
    lock_institutions([upload.institution_id or MASTER_DATA])
    contents: dict[str, dict] = {}
    versions: list[RecordVersion] = []
    for row, content in _accepted_rows(upload, dataset.layout):
        key = _key(content, dataset.layout)
        contents[key] = content
        versions.append(RecordVersion(upload=upload, dataset=dataset.code, key=key, row=row, content=content))
    gone = _missing_in_month(upload, dataset, set(contents)) if upload.mode == Upload.Mode.REPLACE else []
    versions += [RecordVersion(upload=upload, dataset=dataset.code, key=old.key, row=0, content=REMOVED) for old in gone]
    before = _current(dataset.code, [version.key for version in versions])
    RecordVersion.objects.bulk_create(versions, batch_size=5000)
    upload.rows_stored = len(contents)
    store_ = _store_of(dataset)
    if gone:
        store_.remove([old.content for old in gone])
    store_.put(list(contents.values()))
    old_contents = [version.content for version in before.values() if version.content != REMOVED]
    return _mark(dataset, [*old_contents, *contents.values()])


def take_back(upload: Upload) -> set[Partition]:
    """Undo: every record of the upload returns to its newest version that is still submitted, or goes."""
    dataset = dataset_by_name(upload.dataset)
    lock_institutions([upload.institution_id or MASTER_DATA])
    own = {version.key: version for version in upload.records.all()}
    current = _current(dataset.code, list(own))
    lost = [v.content for key, v in own.items() if v.content != REMOVED and (key not in current or current[key].content == REMOVED)]
    back = [version.content for version in current.values() if version.content != REMOVED]
    store_ = _store_of(dataset)
    if lost:
        store_.remove(lost)
    if back:
        store_.put(back)
    return _mark(dataset, [*back, *(version.content for version in own.values() if version.content != REMOVED)])


def _store_of(dataset: Dataset):
    if dataset.store is None:
        raise TypeError(f"{dataset.code} has a path of its own")
    return dataset.store


def _mark(dataset: Dataset, contents: list[dict]) -> set[Partition]:
    partitions = _store_of(dataset).partitions(contents)
    staleness.mark_values(partitions, dataset.stale)
    return partitions


def _current(dataset: str, keys: list[str]) -> dict[str, RecordVersion]:
    """The newest version of each key whose upload is submitted."""
    versions = RecordVersion.objects.filter(dataset=dataset, key__in=keys, upload__status=Upload.Status.SUBMITTED)
    return {version.key: version for version in versions.order_by("pk")}


def _missing_in_month(upload: Upload, dataset: Dataset, keys: set[str]) -> list[RecordVersion]:
    """Current records of the upload's institution and month that the sheet does not have."""
    earlier = RecordVersion.objects.filter(
        dataset=dataset.code, upload__status=Upload.Status.SUBMITTED, upload__institution=upload.institution_id
    )
    newest = {version.key: version for version in earlier.order_by("pk")}
    place = {(upload.institution_id, upload.month)}
    return [
        version
        for key, version in newest.items()
        if key not in keys and version.content != REMOVED and _store_of(dataset).partitions([version.content]) & place
    ]


def _accepted_rows(upload: Upload, layout: Layout):
    """Row number and content (plain values by column name) of each accepted row."""
    dataset = dataset_by_name(upload.dataset)
    check = SheetCheck(layout, dataset.rules, known_to(upload), upload.headings)
    for chunk, cells in staged_chunks(upload):
        rows = check.check(cells).rows
        kept = rows[~rows.index.isin(chunk.rejected)]
        texts = {column.name: _plain(kept[column.name], column.kind) for column in layout.columns}
        for place, row in enumerate(kept.index):
            yield int(row), {name: values[place] for name, values in texts.items()}


def _plain(values: pd.Series, kind: Kind) -> list:
    """Values as JSON can hold them."""
    match kind:
        case Kind.DATE | Kind.MONTH:
            texts = values.dt.strftime("%Y-%m-%d")
        case Kind.INSTANT:
            texts = values.dt.strftime("%Y-%m-%dT%H:%M:%S")
        case _:
            texts = values
    plain = texts.astype(object)
    return json.loads(json.dumps(plain.where(plain.notna(), None).tolist()))


def _key(content: dict, layout: Layout) -> str:
    return "|".join("" if content[name] is None else str(content[name]) for name in layout.key)
