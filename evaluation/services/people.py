"""Accounts: made, changed, and what a change of rights ends."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from evaluation.access.roles import Role
from evaluation.models import User
from evaluation.services import audit, letters, sessions, tokens

WORK_IN_ADMINISTRATION = (Role.ADMINISTRATOR, Role.CONSORTIUM_MANAGER, Role.INSTITUTION_MANAGER)
RIGHTS = ("role", "institution_id", "is_active")


@transaction.atomic
def make_administrator(*, username: str, email: str, password: str) -> User:
    """The first account of an installation, made on its server."""
    user = User(username=username, email=email, role=Role.ADMINISTRATOR.value, is_staff=True)
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record("user added", by=None, by_name="create_administrator", thing=user.key, role=user.role)
    return user


@transaction.atomic
def save_person(*, person: User, by: User, fields: list[str]) -> None:
    """Store what an administrator or a manager typed in; other rights end tokens and sessions."""
    before = User.objects.filter(pk=person.pk).first()
    person.is_staff = person.role in WORK_IN_ADMINISTRATION  # open to those who have something to do in it
    person.is_superuser = False
    person.save()
    audit.record("user changed" if before else "user added", by=by, thing=person.key, role=person.role, fields=fields)
    if before is None:
        return
    if any(getattr(before, right) != getattr(person, right) for right in RIGHTS):
        end_everything(person=person, by=by)
    if before.email != person.email:
        _note_address(person=person, before=before.email, by=by)


@transaction.atomic
def end_everything(*, person: User, by: User | None) -> None:
    tokens.revoke_all(user=person, by=by)
    sessions.end_all(user=person, by=by)


@transaction.atomic
def change_address(*, person: User, email: str, by: User) -> None:
    before, person.email = person.email, email
    person.save(update_fields=["email"])
    _note_address(person=person, before=before, by=by)


def masked(email: str) -> str:
    """Enough to recognise an address, too little to write to it."""
    local, _at, domain = email.partition("@")
    return f"{local[:1]}***@{domain[:1]}***" if email else ""


def _note_address(*, person: User, before: str, by: User) -> None:
    """The old address is told, since whoever reads the mails of the new one can set the password."""
    EmailAddress.objects.filter(user=person).delete()  # allauth's own copies would go on receiving links
    audit.record("mail address changed", by=by, thing=person.key, before=masked(before), after=masked(person.email))
    letters.write_to(
        before,
        subject=_("Yilian: your mail address was changed"),
        text=_(
            "The mail address of your account %(username)s was changed to %(address)s. Mails of the site no longer come here.\n\n"
            "If this was not you, tell the administrator at once: with the new address a new password can be set."
        )
        % {"username": person.username, "address": masked(person.email)},
    )
