"""The effect of a sheet of any dataset but cases, found by comparison with the versions that hold."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.datasets import dataset_by_name
from evaluation.importing.layouts import Kind
from evaluation.models import Upload
from evaluation.services.uploads.versions import accepted_rows, held_contents, record_key, rest_of_month

Place = tuple[str | None, str | None]
DATED = (Kind.MONTH, Kind.DATE, Kind.INSTANT)


@dataclass
class Line:
    """One institution and month; `stored` is counted where the month is replaced whole."""

    institution: str | None
    month: str | None
    rows: int = 0
    new: int = 0
    replaced: int = 0
    identical: int = 0
    removed: int = 0
    moved: int = 0
    total_cost: int | None = None
    stored: int = 0
    stored_cost: int | None = None


def lines(upload: Upload) -> list[Line]:
    dataset = dataset_by_name(upload.dataset)
    sheet = {record_key(content, dataset): content for rows in accepted_rows(upload, dataset) for _row, content in rows}
    held = held_contents(upload, dataset, list(sheet))
    found: dict[Place, Line] = {}
    for key, content in sheet.items():
        _count(found, upload, content, held.get(key))
    if upload.mode == Upload.Mode.REPLACE:
        replaced = _line(found, (upload.institution.code, f"{upload.month:%Y-%m}"))
        replaced.removed = len(rest_of_month(upload, dataset, sheet.keys()))
        replaced.stored = replaced.removed + replaced.replaced + replaced.identical
    return [found[place] for place in sorted(found, key=lambda place: tuple(part or "" for part in place))]


def _count(found: dict[Place, Line], upload: Upload, content: dict, held: dict | None) -> None:
    """One row of the sheet, beside the record that holds now."""
    place = _place(content, upload)
    line = _line(found, place)
    line.rows += 1
    if held is None:
        line.new += 1
    elif held == content:
        line.identical += 1
    else:
        line.replaced += 1
        if (before := _place(held, upload)) != place:
            _line(found, before).moved += 1


def _line(found: dict[Place, Line], place: Place) -> Line:
    return found.setdefault(place, Line(*place))


def _place(content: dict, upload: Upload) -> Place:
    """Institution and month that the record names; the upload's institution where the dataset has no column for it."""
    given = upload.institution.code if upload.institution else None
    dataset = dataset_by_name(upload.dataset)
    if not dataset.has_month:
        return content.get("institution", given), None
    dated = next(each.name for each in dataset.layout.columns if each.required and each.kind in DATED)
    return content.get("institution", given), content[dated][:7]
