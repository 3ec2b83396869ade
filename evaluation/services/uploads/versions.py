"""Versions of the records of all datasets but cases: the newest one of a submitted upload holds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

import pandas as pd
from django.core.exceptions import ValidationError
from django.db.models import Min, Q
from django.utils.translation import gettext as _

from evaluation.datasets import Dataset, Owner, RecordStore, dataset_by_name
from evaluation.importing.checks import SheetCheck
from evaluation.importing.layouts import Kind
from evaluation.models import Institution, RecordVersion, Upload, User
from evaluation.services import locks, staleness
from evaluation.services.staleness import Partition
from evaluation.services.uploads.check import known_to
from evaluation.services.uploads.faults import refuse_changed
from evaluation.services.uploads.reach import require_reach
from evaluation.services.uploads.staging import staged_chunks

BATCH = 20_000  # records whose versions are compared at a time


@dataclass(frozen=True)
class _Version:
    """One version of a record, with what decides whether it holds."""

    pk: int
    key: str
    content: dict
    upload: int
    sender: int | None  # the institution its upload is for; None: the command line, for all


@dataclass(frozen=True)
class _Replacing:
    """A submitted upload that replaced a month whole."""

    upload: int
    first_version: int
    place: Partition


def store(upload: Upload) -> set[Partition]:
    """Write a version per accepted row and bring the records up to date. Returns the institution-months touched."""
    dataset = dataset_by_name(upload.dataset)
    locks.take_data([locks.RECORDS])
    for rows in accepted_rows(upload, dataset):
        RecordVersion.objects.bulk_create(
            [
                RecordVersion(
                    upload=upload,
                    dataset=dataset.code,
                    key=record_key(content, dataset),
                    row=row,
                    content=content,
                )
                for row, content in rows
            ],
            batch_size=5000,
        )
        upload.rows_stored += len(rows)
    return _settle(upload, dataset, holds=True, by=upload.by)


def take_back(upload: Upload, by: User | None) -> set[Partition]:
    """Undo: every record the upload brought or took out is again what the uploads that are still submitted say."""
    dataset = dataset_by_name(upload.dataset)
    locks.take_data([locks.RECORDS])
    if dataset.owner is Owner.CONSORTIUM:
        require_reach(dataset, upload.records.values_list("content", flat=True), by)
    return _settle(upload, dataset, holds=False, by=by)


def _settle(upload: Upload, dataset: Dataset, *, holds: bool, by: User | None) -> set[Partition]:
    """Write into the records' own table what changes when the upload comes to hold, or holds no more."""
    store, touched = _store_of(dataset), set[Partition]()
    others = [] if upload.mode == Upload.Mode.MERGE else _other_keys_in_month(upload)
    _take_cases(upload, dataset, others)
    replacing = _replacing(dataset)
    with_own = [*replacing, *_replacing(dataset, of=upload)]
    for keys, own in _batches(upload, others):
        submitted = _submitted(dataset, keys, but=upload)
        without = _holding(submitted, replacing, dataset)
        including = _holding(_newest([*submitted, *own]), with_own, dataset)
        before, after = (without, including) if holds else (including, without)
        if holds:
            _refuse_records_of_others(upload, dataset, before)
        if gone := [version.content for key, version in before.items() if key not in after]:
            store.remove(gone)
        if come := [version.content for key, version in after.items() if before.get(key) != version]:
            store.put(come, by)
        concerned = [version.content for version in (*own, *before.values(), *after.values())]
        touched.update(*store.partitions(concerned))
    staleness.mark_values(touched, dataset.stale)
    return touched


def _store_of(dataset: Dataset) -> RecordStore:
    if dataset.store is None:
        raise TypeError(f"{dataset.code} has a path of its own")
    return dataset.store


def _take_cases(upload: Upload, dataset: Dataset, others: Collection[str]) -> None:
    """Records like referrals say something about cases: no one else changes those cases, now or as other versions say."""
    if not dataset.cases_at:
        return
    versions = RecordVersion.objects.filter(
        Q(key__in=upload.records.values("key")) | Q(key__in=others), dataset=dataset.code
    )
    codes = versions.order_by().values_list(f"content__{dataset.cases_at}", flat=True).distinct()
    locks.take_data(Institution.objects.filter(code__in=list(codes)).values_list("pk", flat=True))


def _batches(upload: Upload, others: Sequence[str]) -> Iterator[tuple[list[str], list[_Version]]]:
    """The keys of the records concerned, with the upload's own versions of them."""
    own = upload.records.order_by("pk").values_list("pk", "key", "content").iterator(chunk_size=BATCH)
    while rows := list(islice(own, BATCH)):
        versions = [_Version(*row, upload.pk, upload.institution_id) for row in rows]
        yield [version.key for version in versions], versions
    for start in range(0, len(others), BATCH):
        yield list(others[start : start + BATCH]), []


def _submitted(dataset: Dataset, keys: list[str], *, but: Upload) -> list[_Version]:
    """The newest version of each key that a submitted upload brought, another than this."""
    found = RecordVersion.objects.filter(dataset=dataset.code, key__in=keys, upload__status=Upload.Status.SUBMITTED)
    newest = found.exclude(upload=but).order_by("key", "-pk").distinct("key")
    return [_Version(*row) for row in newest.values_list("pk", "key", "content", "upload", "upload__institution")]


def _newest(versions: Iterable[_Version]) -> list[_Version]:
    return list({version.key: version for version in sorted(versions, key=lambda version: version.pk)}.values())


def _replacing(dataset: Dataset, of: Upload | None = None) -> list[_Replacing]:
    """The submitted uploads that replaced a month, or this one if it is to."""
    found = Upload.objects.filter(dataset=dataset.code, mode=Upload.Mode.REPLACE)
    found = found.filter(pk=of.pk) if of else found.filter(status=Upload.Status.SUBMITTED)
    first = found.annotate(first_version=Min("records")).values_list("pk", "first_version", "institution", "month")
    return [_Replacing(pk, version, (institution, month)) for pk, version, institution, month in first]


def _holding(newest: Sequence[_Version], replacing: Sequence[_Replacing], dataset: Dataset) -> dict[str, _Version]:
    """Of the newest versions those that hold. A month that was replaced whole loses what the institution, or the command
    line for all, delivered before."""
    by_place: defaultdict[Partition, list[_Replacing]] = defaultdict(list)
    for each in replacing:
        by_place[each.place].append(each)
    places = _store_of(dataset).partitions([version.content for version in newest]) if by_place else repeat(())
    return {
        version.key: version
        for version, concerned in zip(newest, places, strict=False)
        if not any(
            each.upload != version.upload
            and version.pk <= each.first_version
            and version.sender in (each.place[0], None)
            for place in concerned
            for each in by_place.get(place, ())
        )
    }


def held_contents(upload: Upload, dataset: Dataset, keys: list[str]) -> dict[str, dict]:
    """By key, what the uploads that are submitted, this one left out, say of these records."""
    return {key: version.content for key, version in _held(upload, dataset, keys).items()}


def rest_of_month(upload: Upload, dataset: Dataset, delivered: Collection[str]) -> list[dict]:
    """Records that hold now and that the upload, which replaces the month, takes out."""
    others = [key for key in _other_keys_in_month(upload) if key not in delivered]
    place, senders = (upload.institution_id, upload.month), (upload.institution_id, None)
    held = [version for version in _held(upload, dataset, others).values() if version.sender in senders]
    places = _store_of(dataset).partitions([version.content for version in held])
    return [version.content for version, concerned in zip(held, places, strict=True) if place in concerned]


def _held(upload: Upload, dataset: Dataset, keys: list[str]) -> dict[str, _Version]:
    return _holding(_submitted(dataset, keys, but=upload), _replacing(dataset), dataset)


def _other_keys_in_month(upload: Upload) -> list[str]:
    """Keys of records of which some version names the upload's institution and a day of its month, the delivered ones
    left out."""
    versions = RecordVersion.objects.filter(dataset=upload.dataset).extra(
        where=[
            "jsonb_path_exists(content, '$.* ? (@ == $code)', jsonb_build_object('code', %s::text))",
            "jsonb_path_exists(content, '$.* ? (@ starts with $month)', jsonb_build_object('month', %s::text))",
        ],
        params=[upload.institution.code, f"{upload.month:%Y-%m}"],
    )
    versions = versions.exclude(key__in=upload.records.values("key"))
    return list(versions.order_by().values_list("key", flat=True).distinct())


def _refuse_records_of_others(upload: Upload, dataset: Dataset, before: Mapping[str, _Version]) -> None:
    """Who delivers for an institution replaces only records that concern it: a number may be taken by others."""
    if upload.institution_id is None or dataset.owner is Owner.CONSORTIUM:
        return
    concerned = _store_of(dataset).partitions([old.content for old in before.values()])
    for key, partitions in zip(before, concerned, strict=True):
        if upload.institution_id not in {place for place, _month in partitions}:
            raise ValidationError(
                _("The record %(key)s exists already, between other institutions. Give yours another number.")
                % {"key": key}
            )


def accepted_rows(upload: Upload, dataset: Dataset) -> Iterator[list[tuple[int, dict]]]:
    """Row number and content (plain values by column name) of each accepted row, chunk by chunk; of what is a consortium's,
    with its code."""
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
        names = list(texts)
        yield [
            (int(row), dict(zip(names, values, strict=True)) | owner)
            for row, values in zip(kept.index, zip(*texts.values(), strict=True), strict=True)
        ]


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


def record_key(content: dict, dataset: Dataset) -> str:
    """Two consortia may each have a record that is otherwise the same: its owner is a part of the key."""
    names = ("consortium", *dataset.layout.key) if dataset.of_consortium else dataset.layout.key
    parts = ("" if content[name] is None else str(content[name]) for name in names)
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
