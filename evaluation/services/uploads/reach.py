"""Whose data a person may change by a sheet (docs/decisions/0013); None is the command line, which may change all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from evaluation.access.roles import Scope
from evaluation.datasets import Dataset, Reach
from evaluation.models import Consortium, Institution, SeenMonths, User
from evaluation.models.seen_months import Span


def institutions(dataset: Dataset, by: User | None) -> frozenset[str] | None:
    """Codes of the institutions whose rows the person delivers; None: all."""
    if by is None or dataset.reach is Reach.CONSENT:
        return None
    if by.scope is Scope.INSTITUTION:
        return frozenset({by.institution.code})
    if dataset.reach is Reach.YEAR:
        return frozenset(Institution.objects.visible_to(by).values_list("code", flat=True))
    return frozenset(Institution.objects.changeable_by(by).values_list("code", flat=True))


def consortia(by: User | None) -> frozenset[str] | None:
    return None if by is None else frozenset(Consortium.objects.visible_to(by).values_list("code", flat=True))


def member_months(by: User | None) -> Mapping[str, tuple[Span, ...]] | None:
    """By code of the institution, the months in which it was in a consortium of the person."""
    if by is None:
        return None
    seen = SeenMonths.of(by).institutions
    return {code: seen[pk] for pk, code in Institution.objects.filter(pk__in=seen).values_list("pk", "code")}


def require_reach(dataset: Dataset, contents: Collection[dict], by: User | None) -> None:
    """Refuse to undo what is of another consortium, and master data of an institution that has left since: its office of
    today decides."""
    if by is None:
        return
    _require_own_consortia(dataset, contents, by)
    if dataset.reach is Reach.CONSENT:
        return
    known = frozenset(Institution.objects.values_list("code", flat=True))
    own, months = institutions(dataset, by) or frozenset(), member_months(by) or {}
    for content in contents:
        code = content.get("institution") or (content["code"] if dataset.code == "institutions" else "")
        if code not in known:
            continue
        in_year = dataset.reach is not Reach.YEAR or any(
            first.year <= content["year"] <= last.year for first, last in months.get(code, ())
        )
        if code not in own or not in_year:
            raise PermissionDenied(
                _("The sheet is also about institution %(code)s, which does not belong to your consortium any more.")
                % {"code": code}
            )


def _require_own_consortia(dataset: Dataset, contents: Iterable[dict], by: User) -> None:
    """A sheet of who works for several consortia may be of another one than it was delivered for."""
    others = Consortium.objects.exclude(pk__in=Consortium.objects.visible_to(by).values("pk"))
    foreign = frozenset(others.values_list("code", flat=True))
    for content in contents:
        code = content.get("consortium") or (content["code"] if dataset.code == "consortia" else "")
        if code in foreign:
            raise PermissionDenied(
                _("The sheet is also about consortium %(code)s, which is not yours.") % {"code": code}
            )
