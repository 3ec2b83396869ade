"""Finds the columns of a layout in a heading row, whatever their order and language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from evaluation.importing.layouts import Layout, heading_key
from evaluation.importing.reader.records import MOST_COLUMNS, TOO_MANY_COLUMNS, Records, column_letters, refuse

NO_HEADING = gettext_noop(
    "No heading of the dataset %(dataset)s was found in this row. The first row must hold the headings: "
    "delete titles above it, or choose the dataset that the sheet belongs to."
)
OTHER_DATASET = gettext_noop(
    "This looks like the dataset %(other)s, not %(dataset)s. Choose that dataset, or deliver another sheet."
)
MISSING = gettext_noop("Required columns are missing: %(columns)s. Add them, or take the headings from the template.")
DUPLICATE = gettext_noop(
    "The column %(name)s occurs twice, in the columns %(first)s and %(second)s of the sheet. "
    "Delete one of them, or give it a heading of its own."
)


@dataclass(frozen=True)
class Placed:
    """Where the known columns stand (canonical name → position), under which of our headings, and the letters of the
    other columns: an unknown heading may be a patient's data, where the row of headings was lost."""

    positions: dict[str, int]
    headings: dict[str, str]
    ignored: tuple[str, ...]


def place_headings(records: Records, layout: Layout, given: frozenset[str], others: Sequence[Layout]) -> Placed:
    """Refuses a heading that is not this dataset's, lacks required columns that are not `given`, or has one twice."""
    row, written = records.heading_row, [" ".join(heading.split()) for heading in records.heading]
    if len(written) > MOST_COLUMNS:
        refuse(TOO_MANY_COLUMNS, row, columns=len(written), most=MOST_COLUMNS)
    positions: dict[str, int] = {}
    headings: dict[str, str] = {}
    ignored: list[str] = []
    for position, heading in enumerate(written):
        column = layout.by_heading.get(heading_key(heading))
        if column is None:
            if heading:
                ignored.append(column_letters(records.first_column + position))
        elif column.name in positions:
            first, second = (
                column_letters(records.first_column + place) for place in (positions[column.name], position)
            )
            name = f"{column.name} {column.heading}"
            refuse(DUPLICATE, row, column.as_headed(heading), name=name, first=first, second=second)
        else:
            positions[column.name] = position
            headings[column.name] = column.as_headed(heading)
    _refuse_missing(row, written, layout, positions.keys() | given, others)
    return Placed(positions, headings, tuple(ignored))


def _refuse_missing(
    row: int, written: list[str], layout: Layout, present: Iterable[str], others: Sequence[Layout]
) -> None:
    # The headings themselves are not repeated in the message: without a heading row they would be a patient's data.
    missing = [name for name in layout.required if name not in set(present)]
    known = _known(written, layout)
    if known and not missing:
        return
    best = max(others, key=lambda other: _known(written, other), default=layout)
    if _known(written, best) > known and 2 * _known(written, best) > sum(map(bool, written)):
        refuse(OTHER_DATASET, row, dataset=layout.dataset, other=best.dataset)
    if not known:
        refuse(NO_HEADING, row, dataset=layout.dataset)
    refuse(MISSING, row, columns=", ".join(f"{name} {layout.by_name[name].heading}" for name in missing))


def _known(written: list[str], layout: Layout) -> int:
    """How many columns of a layout a heading row names."""
    return len({column.name for heading in written if (column := layout.by_heading.get(heading_key(heading)))})
