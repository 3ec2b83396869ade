"""The second factor of a sign-in: a code of an app (TOTP), or a recovery code. Who needs one is said in access/roles.py."""

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from evaluation.access.roles import NEED_SECOND_FACTOR
from evaluation.models import User
from evaluation.services import audit, letters, people

PASSED = "second_factor_passed"  # in a session whose sign-in showed the second factor


def connect() -> None:
    signals.authenticator_used.connect(_used, dispatch_uid="second factor used")
    signals.authenticator_added.connect(_added, dispatch_uid="second factor added")
    signals.authenticator_removed.connect(_removed, dispatch_uid="second factor removed")
    signals.authenticator_reset.connect(_renewed, dispatch_uid="recovery codes renewed")
    signals.authentication_failed.connect(_failed, dispatch_uid="second factor failed")


def is_needed(user: User) -> bool:
    return settings.SECOND_FACTOR and user.role in NEED_SECOND_FACTOR


def has_one(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


@transaction.atomic
def remove(*, user: User, by: User | None, by_name: str = "") -> None:
    """For somebody whose device is lost. Whoever opened something with it signs in anew."""
    Authenticator.objects.filter(user=user).delete()
    audit.record("second factor removed", by=by, by_name=by_name, thing=user.key)
    people.end_everything(person=user, by=by)
    letters.write_to(
        user.email,
        subject=_("Yilian: your second factor was removed"),
        text=_(
            "The second factor of your account %(username)s was removed. If you did not ask for it, tell the administrator."
        )
        % {"username": user.username},
    )


def _used(sender, request, user, **kwargs) -> None:
    request.session[PASSED] = True


def _added(sender, request, user, authenticator, **kwargs) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        request.session[PASSED] = True
        audit.record("second factor set up", by=user, thing=user.key)


def _removed(sender, request, user, authenticator, **kwargs) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        request.session.pop(PASSED, None)
        audit.record("second factor removed", by=user, thing=user.key)


def _renewed(sender, request, user, **kwargs) -> None:
    audit.record("recovery codes renewed", by=user, thing=user.key)


def _failed(sender, user, **kwargs) -> None:
    audit.record("sign-in failed", by=None, by_name=user.username, step="second factor")
