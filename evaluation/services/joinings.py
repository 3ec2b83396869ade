"""The consent of institutions that a consortium asks to join, or to join again."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.access import rules
from evaluation.access.roles import Permission
from evaluation.models import Joining, Membership, User
from evaluation.services import audit, locks, memberships, staleness


@transaction.atomic
def confirm(*, joining: Joining, by: User) -> Joining:
    """The institution consents: the membership holds from now on."""
    joining = _answer(joining, Joining.Status.CONFIRMED, by)
    memberships.write(
        [
            Membership(
                consortium=joining.consortium, institution=joining.institution, role=joining.role,
                joined_on=joining.joined_on, left_on=joining.left_on, agreement_no=joining.agreement_no,
            )
        ]
    )  # fmt: skip
    staleness.pages_changed()
    _record("membership confirmed", joining, by)
    return joining


@transaction.atomic
def decline(*, joining: Joining, by: User) -> Joining:
    """The institution stays what it is."""
    joining = _answer(joining, Joining.Status.DECLINED, by)
    _record("membership declined", joining, by)
    return joining


def _answer(joining: Joining, status: Joining.Status, by: User) -> Joining:
    """Lock, ask whether it may be answered, write the answer."""
    locks.take_data([locks.RECORDS])
    rules.require(by, Permission.CONFIRM_MEMBERSHIP)
    found = Joining.objects.filter(pk=joining.pk).select_related("consortium", "institution").first()
    if found is None:
        raise ValidationError(_("The consortium has taken its question back. There is nothing to answer any more."))
    if not Joining.objects.visible_to(by).filter(pk=found.pk).exists():
        raise PermissionDenied(_("This is for the manager of another institution to answer."))
    if found.status != Joining.Status.WAITING:
        raise ValidationError(_("This was answered before: %(status)s.") % {"status": found.get_status_display()})
    found.status, found.answered_by, found.answered_at = status, by, timezone.now()
    found.save(update_fields=["status", "answered_by", "answered_at"])
    return found


def _record(action: str, joining: Joining, by: User) -> None:
    audit.record(
        action, by=by, thing=f"{joining.consortium.code} {joining.institution.code}", joined_on=joining.joined_on,
        left_on=joining.left_on,
    )  # fmt: skip
