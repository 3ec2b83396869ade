"""Rules that need the person and the thing: refused here, in words, for pages and API alike."""

from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from evaluation.access.roles import Permission, allows


class Person(Protocol):
    """What the rules need to know of a user, signed in or not."""

    is_authenticated: bool
    is_active: bool


def require(user: Person, permission: Permission) -> None:
    """Raise PermissionDenied with a sentence unless the user's role has the permission."""
    if not may(user, permission):
        raise PermissionDenied(refusal(permission))


def may(user: Person, permission: Permission) -> bool:
    return bool(user.is_authenticated and user.is_active and allows(getattr(user, "role", ""), permission))


def refusal(permission: Permission) -> str:
    """Why the permission is missing, as a sentence for the person."""
    sentences = {
        Permission.SEE_VALUES: _("Your role does not show indicator values."),
        Permission.SEE_CASES: _(
            "Case rows are shown only to the hospital that delivered them and to the consortium office."
        ),
        Permission.SUBMIT_DATA: _("Only staff of the institution deliver its data."),
        Permission.SUBMIT_MASTER_DATA: _("Only the consortium office delivers master data."),
        Permission.CONFIRM_MEMBERSHIP: _(
            "Only the manager of the institution, or the administrator, answers a consortium that asks it to join."
        ),
        Permission.UNDO_UPLOADS: _("Only who delivered the data, or the consortium office, can undo an upload."),
        Permission.READ_AUDIT_TRAIL: _("The audit trail is read by auditors only."),
        Permission.MANAGE_USERS: _("Users are managed by administrators only."),
    }
    return sentences.get(permission, _("Your role does not allow this."))
