"""Versions of the records of all datasets but cases: the newest one of a submitted upload holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

import pandas as pd
from django.core.exceptions import ValidationError
from django.db.models import Min
from django.utils.translation import gettext as _

from evaluation.datasets import Dataset, Owner, dataset_by_name
from evaluation.importing.checks import SheetCheck
from evaluation.importing.layouts import Kind
from evaluation.models import RecordVersion, Upload
from evaluation.services import staleness
from evaluation.services.staleness import Partition
from evaluation.services.uploads.check import known_to
from evaluation.services.uploads.faults import refuse_changed
from evaluation.services.uploads.locks import lock_institutions
from evaluation.services.uploads.staging import staged_chunks

RECORDS = 0  # the lock of all records but cases: a record may be of two institutions, or of none


def store(upload: Upload) -> set[Partition]:
    """Write a version per accepted row and bring the records up to date. Returns the institution-months touched."""
    dataset = dataset_by_name(upload.dataset)
    lock_institutions([RECORDS])
    versions = {}
    for row, content in _accepted_rows(upload, dataset):
        key = _key(content, dataset)
        versions[key] = RecordVersion(upload=upload, dataset=dataset.code, key=key, row=row, content=content)
    before = _current(dataset, list(versions))
    _refuse_records_of_others(upload, dataset, before)
    gone = _rest_of_month(upload, dataset, versions.keys()) if upload.mode == Upload.Mode.REPLACE else []
    RecordVersion.objects.bulk_create(versions.values(), batch_size=5000)
    upload.rows_stored = len(versions)
    contents = [version.content for version in versions.values()]
    _update(dataset, lost=[old.content for old in gone], held=contents)
    return _mark(dataset, [*contents, *(old.content for old in [*before.values(), *gone])])


def take_back(upload: Upload) -> set[Partition]:
    """Undo: every record the upload brought or took out is again what the uploads that are still submitted say."""
    dataset = dataset_by_name(upload.dataset)
    lock_institutions([RECORDS])
    own = {version.key: version.content for version in upload.records.all()}
    keys = {*own, *(_keys_in_month(upload) if upload.mode == Upload.Mode.REPLACE else ())}
    held = {key: version.content for key, version in _current(dataset, list(keys)).items()}
    _update(dataset, lost=[content for key, content in own.items() if key not in held], held=list(held.values()))
    return _mark(dataset, [*held.values(), *own.values()])


def _update(dataset: Dataset, *, lost: list[dict], held: list[dict]) -> None:
    if lost:
        _store_of(dataset).remove(lost)
    if held:
        _store_of(dataset).put(held)


def _store_of(dataset: Dataset):
    if dataset.store is None:
        raise TypeError(f"{dataset.code} has a path of its own")
    return dataset.store


def _mark(dataset: Dataset, contents: list[dict]) -> set[Partition]:
    partitions = _store_of(dataset).partitions(contents)
    staleness.mark_values(partitions, dataset.stale)
    return partitions


def _current(dataset: Dataset, keys: list[str]) -> dict[str, RecordVersion]:
    """The newest version of each key whose upload is submitted, unless its month was replaced without it later."""
    submitted = RecordVersion.objects.filter(dataset=dataset.code, key__in=keys, upload__status=Upload.Status.SUBMITTED)
    newest = {version.key: version for version in submitted.select_related("upload").order_by("pk")}
    replacing = Upload.objects.filter(
        dataset=dataset.code, mode=Upload.Mode.REPLACE, status=Upload.Status.SUBMITTED
    ).annotate(first_version=Min("records"))
    for each in replacing:
        newest = {key: version for key, version in newest.items() if not _took_out(each, version, dataset)}
    return newest


def _took_out(replacing: Upload, version: RecordVersion, dataset: Dataset) -> bool:
    """A month that is replaced whole loses what the institution, or the command line for all, delivered before."""
    if version.upload_id == replacing.pk or version.pk > replacing.first_version:
        return False
    if version.upload.institution_id not in (replacing.institution_id, None):
        return False
    return (replacing.institution_id, replacing.month) in _store_of(dataset).partitions([version.content])


def _rest_of_month(upload: Upload, dataset: Dataset, delivered: Collection[str]) -> list[RecordVersion]:
    """Current records that the replacing upload takes out."""
    place, senders = (upload.institution_id, upload.month), (upload.institution_id, None)
    current = _current(dataset, [key for key in _keys_in_month(upload) if key not in delivered])
    return [
        version
        for version in current.values()
        if version.upload.institution_id in senders and place in _store_of(dataset).partitions([version.content])
    ]


def _keys_in_month(upload: Upload) -> list[str]:
    """Keys of records of which some version names the upload's institution and a day of its month."""
    versions = RecordVersion.objects.filter(dataset=upload.dataset).extra(
        where=[
            "jsonb_path_exists(content, '$.* ? (@ == $code)', jsonb_build_object('code', %s::text))",
            "jsonb_path_exists(content, '$.* ? (@ starts with $month)', jsonb_build_object('month', %s::text))",
        ],
        params=[upload.institution.code, f"{upload.month:%Y-%m}"],
    )
    return list(versions.order_by().values_list("key", flat=True).distinct())


def _refuse_records_of_others(upload: Upload, dataset: Dataset, before: Mapping[str, RecordVersion]) -> None:
    """Who delivers for an institution replaces only records that concern it: a number may be taken by others."""
    if upload.institution_id is None or dataset.owner is Owner.CONSORTIUM:
        return
    for key, old in before.items():
        if upload.institution_id not in {place for place, _month in _store_of(dataset).partitions([old.content])}:
            raise ValidationError(
                _("The record %(key)s exists already, between other institutions. Give yours another number.")
                % {"key": key}
            )


def _accepted_rows(upload: Upload, dataset: Dataset):
    """Row number and content (plain values by column name) of each accepted row; of what is a consortium's, with its code."""
    layout = dataset.layout
    owner = {"consortium": upload.consortium.code if upload.consortium else None} if dataset.of_consortium else {}
    check = SheetCheck(layout, dataset.rules, known_to(upload), upload.headings)
    for chunk, cells in staged_chunks(upload):
        kept = cells[~cells.index.isin(chunk.rejected)]
        if kept.empty:
            continue
        checked = check.check(kept)
        refuse_changed(checked.findings)
        kept = checked.rows
        texts = {column.name: _plain(kept[column.name], column.kind) for column in layout.columns}
        for place, row in enumerate(kept.index):
            yield int(row), {name: values[place] for name, values in texts.items()} | owner


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


def _key(content: dict, dataset: Dataset) -> str:
    """Two consortia may each have a record that is otherwise the same: its owner is a part of the key."""
    names = ("consortium", *dataset.layout.key) if dataset.of_consortium else dataset.layout.key
    parts = ("" if content[name] is None else str(content[name]) for name in names)
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
