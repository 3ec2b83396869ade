"""Keeps master data in their tables as uploads deliver, supersede and undo them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _

from evaluation.models import Benchmark, Consortium, Department, Institution, User
from evaluation.services import staleness
from evaluation.services.benchmarks import (
    benchmarks_changed,
    derive_local_benchmarks,
)
from evaluation.services.staleness import Partition


def upsert(model: type[Model], objects: Sequence[Model], *, key: Sequence[str]) -> None:
    """Insert the objects or, where one with the key exists, overwrite its other fields."""
    fields = [f.name for f in model._meta.concrete_fields if not (f.primary_key or f.generated) and f.name not in key]
    model._default_manager.bulk_create(
        objects, batch_size=2000, update_conflicts=True, unique_fields=list(key), update_fields=fields
    )


def delete_by_key(model: type[Model], rows: Iterable[Sequence[object]], *, key: Sequence[str]) -> None:
    """Delete the objects with these keys, in one statement however many; nothing may refer to them."""
    fields = [model._meta.get_field(name) for name in key]
    quoted = [connection.ops.quote_name(field.column) for field in fields]
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
    own = ", ".join(f"kept.{column}" for column in quoted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""DELETE FROM {connection.ops.quote_name(model._meta.db_table)} kept
                USING unnest({arrays}) AS gone({", ".join(quoted)})
                WHERE ({own}) = ({", ".join(f"gone.{column}" for column in quoted)})""",
            [list(values) for values in zip(*rows, strict=True)],
        )


def ids(model: type[Model], codes: set[str]) -> dict[str, int]:
    return dict(model._default_manager.filter(code__in=codes).values_list("code", "pk"))


def decimal(number: float | str | None, default: str | None = None) -> Decimal | None:
    return Decimal(str(number)) if number is not None else (Decimal(default) if default else None)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def delete(queryset, what: str) -> None:
    """Delete, or say what still hangs on it."""
    try:
        queryset.delete()
    except ProtectedError as error:
        raise ValidationError(_in_use(what)) from error


def _in_use(what: str) -> str:
    return _(
        "%(what)s cannot be taken back: data delivered later, or a user, belongs to it. Undo or move that first."
    ) % {"what": what}


class WithoutMonths:
    """Master data are no month's data."""

    def partitions(self, contents: Sequence[dict]) -> list[set[Partition]]:
        return [set() for _row in contents]


class Consortia(WithoutMonths):
    def put(self, contents: Sequence[dict], by: User | None) -> None:
        rows = [
            Consortium(code=row["code"], name=row["name"], kind=row["kind"], compact=bool(row["compact"]))
            for row in contents
        ]
        upsert(Consortium, rows, key=("code",))

    def remove(self, contents: Sequence[dict]) -> None:
        delete(Consortium.objects.filter(code__in=[row["code"] for row in contents]), _("A consortium"))


class Institutions(WithoutMonths):
    MEASURED_BY = ("level", "region_code", "type")  # of which benchmark, limits and whether stays are acute depend

    def put(self, contents: Sequence[dict], by: User | None) -> None:
        rows = [
            Institution(
                code=row["code"],
                name=row["name"],
                level=row["level"],
                type=row["type"],
                region_code=row["region_code"],
                uscc=row["uscc"],
                approved_beds=row["approved_beds"],
                served_population=row["served_population"],
                risk_coefficient=decimal(row["risk_coefficient"], "1"),
                rate_coefficient=decimal(row["rate_coefficient"], "1"),
                legal_independent=row["legal_independent"],
            )
            for row in contents
        ]
        before = {code: rest for code, *rest in Institution.objects.values_list("code", *self.MEASURED_BY)}
        upsert(Institution, rows, key=("code",))
        moved = {
            row.code for row in rows
            if row.code in before and before[row.code] != [getattr(row, name) for name in self.MEASURED_BY]
        }  # fmt: skip
        self._measured_anew(rows, moved)

    def remove(self, contents: Sequence[dict]) -> None:
        gone = Institution.objects.filter(code__in=[row["code"] for row in contents])
        if Department.objects.filter(institution__in=gone).exists():
            raise ValidationError(_in_use(_("An institution")))
        delete(gone, _("An institution"))

    def _measured_anew(self, rows: Sequence[Institution], moved: set[str]) -> None:
        """A new place needs its benchmarks; one of which what it is measured by changed is measured and rated anew."""
        derive_local_benchmarks()
        if moved:
            staleness.mark_institutions(ids(Institution, moved).values())


class Departments(WithoutMonths):
    def put(self, contents: Sequence[dict], by: User | None) -> None:
        institutions = ids(Institution, {row["institution"] for row in contents})
        rows = [
            Department(
                institution_id=institutions[row["institution"]],
                code=row["code"],
                name=row["name"],
                bed_type=row["bed_type"],
            )
            for row in contents
        ]
        before = self._not_acute(institutions.values())
        upsert(Department, rows, key=("institution", "code"))
        self._mark_changed(institutions.values(), before)

    def remove(self, contents: Sequence[dict]) -> None:
        institutions = ids(Institution, {row["institution"] for row in contents})
        before = self._not_acute(institutions.values())
        gone = [(institutions[row["institution"]], row["code"]) for row in contents]
        delete_by_key(Department, gone, key=("institution", "code"))
        self._mark_changed(institutions.values(), before)

    def _not_acute(self, institutions: Iterable[int]) -> set[tuple[int, str]]:
        """The departments whose beds are not acute: the length of their stays is not rated."""
        found = Department.objects.filter(institution__in=list(institutions))
        return set(found.exclude(bed_type__in=("", Department.BedType.ACUTE)).values_list("institution", "code"))

    def _mark_changed(self, institutions: Iterable[int], before: set[tuple[int, str]]) -> None:
        changed = before ^ self._not_acute(institutions)
        if changed:
            staleness.mark_institutions({institution for institution, _code in changed})


class Benchmarks(WithoutMonths):
    """`consortium` is no column of the sheet but the code of whom it was delivered for; None: common."""

    def put(self, contents: Sequence[dict], by: User | None) -> None:
        consortia = ids(Consortium, {row["consortium"] for row in contents})
        rows = [
            Benchmark(
                consortium_id=consortia.get(row["consortium"]),
                year=row["year"],
                drg=row["drg"],
                region=row["region"],
                level=row["level"],
                name=row["name"],
                rw=decimal(row["rw"]),
                avg_cost=row["avg_cost"],
                avg_los=decimal(row["avg_los"]),
                cases=row["cases"],
                deaths=row["deaths"],
                readmissions=row["readmissions"],
            )
            for row in contents
        ]
        upsert(Benchmark, rows, key=("consortium", "year", "region", "level", "drg"))
        self._changed(contents)

    def remove(self, contents: Sequence[dict]) -> None:
        groups: defaultdict[tuple, list[str]] = defaultdict(list)
        for row in contents:
            groups[row["consortium"], row["year"], row["region"], row["level"]].append(row["drg"])
        for (code, year, region, level), drgs in groups.items():
            owner = {"consortium__code": code} if code else {"consortium": None}
            Benchmark.objects.filter(year=year, region=region, level=level, drg__in=drgs, **owner).delete()
        self._changed(contents)

    def _changed(self, contents: Sequence[dict]) -> None:
        consortia = ids(Consortium, {row["consortium"] for row in contents})
        benchmarks_changed(
            years={row["year"] for row in contents}, consortia={consortia.get(row["consortium"]) for row in contents}
        )
