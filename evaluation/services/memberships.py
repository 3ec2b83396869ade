"""Keeps memberships as uploads deliver, supersede and undo them.

An office that makes a membership longer only asks (`Joining`); services/joinings.py answers. Ending one needs no consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import Consortium, Institution, Joining, Membership, User
from evaluation.services import staleness
from evaluation.services.benchmarks import consortia_joined_last, joined_last_changed
from evaluation.services.records import WithoutMonths, day, ids, upsert

KEY = ("consortium", "institution", "joined_on")
Key = tuple[int, int, date]


class Memberships(WithoutMonths):
    """The store of the dataset `memberships`."""

    def put(self, contents: Sequence[dict], by: User | None) -> None:
        """Write what `by` decides alone (None, the command line: all), ask for the rest. What is delivered anew replaces
        what was asked before."""
        rows = _rows(contents)
        _withdraw(rows)
        asked = [] if by is None else _longer_ones(rows)
        keys = {_key(row) for row in asked}
        write([row for row in rows if _key(row) not in keys])
        if by is not None:
            _ask(asked, by)

    def remove(self, contents: Sequence[dict]) -> None:
        rows = _rows(contents)
        _withdraw(rows)
        wanted = {_key(row) for row in rows}
        gone = [each.pk for each in _beside(rows) if _key(each) in wanted]
        before = consortia_joined_last()
        Membership.objects.filter(pk__in=gone).delete()
        joined_last_changed(before)
        _mark(rows)


def write(rows: Sequence[Membership]) -> None:
    """Insert or change memberships; ValidationError where two of the same pair would overlap."""
    if rows:
        before = consortia_joined_last()
        upsert(Membership, rows, key=KEY)
        _refuse_overlaps(rows)
        joined_last_changed(before)
        _mark(rows)


def _rows(contents: Sequence[dict]) -> list[Membership]:
    consortia = ids(Consortium, {row["consortium"] for row in contents})
    institutions = ids(Institution, {row["institution"] for row in contents})
    return [
        Membership(
            consortium_id=consortia[row["consortium"]],
            institution_id=institutions[row["institution"]],
            role=row["role"],
            joined_on=day(row["joined_on"]),
            left_on=day(row["left_on"]),
            agreement_no=row["agreement_no"],
        )
        for row in contents
    ]


def _longer_ones(rows: Sequence[Membership]) -> list[Membership]:
    """Those that would make an institution a member on days on which it is none yet."""
    held = {_key(each): each.left_on for each in _beside(rows)}
    return [
        row
        for row in rows
        if _key(row) not in held
        or (held[_key(row)] is not None and (row.left_on is None or row.left_on > held[_key(row)]))
    ]


def _ask(rows: Sequence[Membership], by: User) -> None:
    _refuse_overlaps(rows)
    now = timezone.now()
    Joining.objects.bulk_create(
        Joining(
            consortium_id=row.consortium_id, institution_id=row.institution_id, role=row.role, joined_on=row.joined_on,
            left_on=row.left_on, agreement_no=row.agreement_no, asked_by=by, asked_at=now,
        )
        for row in rows
    )  # fmt: skip


def _withdraw(rows: Sequence[Membership]) -> None:
    """Nobody is to answer what does not stand any more."""
    wanted = {_key(row) for row in rows}
    waiting = Joining.objects.waiting().filter(consortium__in={row.consortium_id for row in rows})
    Joining.objects.filter(pk__in=[each.pk for each in waiting if _key(each) in wanted]).delete()


def _refuse_overlaps(rows: Sequence[Membership]) -> None:
    """With what was delivered before, too, no pair may have two periods that overlap."""
    wanted = {_key(row): row for row in rows}
    kept = [each for each in _beside(rows) if _key(each) not in wanted]
    last: dict[tuple[int, int], Membership] = {}
    for each in sorted([*kept, *rows], key=lambda membership: membership.joined_on):
        pair = (each.consortium_id, each.institution_id)
        before = last.get(pair)
        if before and (before.left_on is None or before.left_on >= each.joined_on):
            raise ValidationError(
                _("%(institution)s is already a member on %(day)s: end the earlier membership first (left_on).")
                % {"institution": each.institution.name, "day": each.joined_on}
            )
        last[pair] = each


def _beside(rows: Iterable[Membership]) -> list[Membership]:
    """All memberships of the same institutions in the same consortia."""
    places = {(row.consortium_id, row.institution_id) for row in rows}
    found = Membership.objects.filter(
        consortium__in={consortium for consortium, _institution in places},
        institution__in={institution for _consortium, institution in places},
    ).select_related("institution")
    return [each for each in found if (each.consortium_id, each.institution_id) in places]


def _key(row: Membership | Joining) -> Key:
    return row.consortium_id, row.institution_id, row.joined_on


def _mark(rows: Iterable[Membership]) -> None:
    for consortium in sorted({row.consortium_id for row in rows}):
        staleness.mark_consortium(consortium)
