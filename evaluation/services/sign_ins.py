"""Every way to a credential: one count of failures per account and per address, and what happens goes to the audit trail."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.signals import password_changed, password_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from evaluation.models import User
from evaluation.services import attempts, audit, sessions, tokens

FAILURES_OF_ACCOUNT = 5
FAILURES_OF_ADDRESS = 50  # many people may share one
WINDOW = timedelta(minutes=15)


class SignInsClosed(Exception):
    """There were too many failures; the message says so and until when, `seconds` is how long that is."""

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.seconds = max(1, round((until - timezone.now()).total_seconds()))


@dataclass(frozen=True)
class Attempt:
    """Counted as a failure unless given back."""

    keys: tuple[str, ...]

    def give_back(self) -> None:
        """The password or code was right. Earlier failures stay counted until the person is signed in: else who knows a
        password could try second factors without end."""
        for key in self.keys:
            attempts.give_back(key=key)


def begin_attempt(*, name: str = "", user: User | None = None) -> Attempt:
    """Count an attempt before the password or code is looked at; raises SignInsClosed when none is left. A name that
    nobody has is counted and answered like one that somebody has."""
    account, address = _account_key(name, user), _address_key(audit.address.get())
    if address and not attempts.count_attempt(key=address, limit=FAILURES_OF_ADDRESS, window=WINDOW):
        raise _closed(address, FAILURES_OF_ADDRESS)
    if not attempts.count_attempt(key=account, limit=FAILURES_OF_ACCOUNT, window=WINDOW):
        if address:
            attempts.give_back(key=address)
        raise _closed(account, FAILURES_OF_ACCOUNT)
    return Attempt((address, account) if address else (account,))


def forget_failures(*, user: User) -> None:
    """The person is signed in, or has a new password."""
    attempts.forget(key=_account_key("", user))


def account_named(name: str) -> User | None:
    """The account that a typed name means, as signing in finds it: in any case, and only if there is one such."""
    found = [user for user in User.objects.filter(username__iexact=name) if user.username.lower() == name.lower()]
    return found[0] if len(found) == 1 else None


def _closed(key: str, limit: int) -> SignInsClosed:
    until = attempts.closed_until(key=key, limit=limit) or timezone.now()
    shown = f"{timezone.localtime(until + timedelta(seconds=59)):%H:%M}"
    if limit == FAILURES_OF_ADDRESS:
        sentence = _(
            "Too many wrong passwords or codes came from your network address. Signing in from it is closed until %(time)s."
        )
    else:
        sentence = _(
            "After 5 wrong passwords or codes this account is closed until %(time)s. A password set anew opens it at once."
        )
    return SignInsClosed(sentence % {"time": shown}, until)


def _account_key(name: str, user: User | None) -> str:
    """People type passwords into the field of the name: a name that is nobody's is kept as a keyed hash only."""
    user = user or account_named(name)
    if user is not None:
        return f"sign-in account {user.pk}"
    return f"sign-in name {salted_hmac('sign-in name', name.lower(), algorithm='sha256').hexdigest()}"


def _address_key(address: str) -> str:
    """Of IPv6 the network, since one person has 2 to the 64 addresses."""
    if not address:
        return ""
    if ipaddress.ip_address(address).version == 6:
        address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    return f"sign-in address {address}"


# ── The audit trail ──


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="audit sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_failed, dispatch_uid="audit failure")
    password_changed.connect(_changed, dispatch_uid="audit password change")
    password_reset.connect(_changed, dispatch_uid="audit password reset")


def _changed(sender, request, user, **kwargs) -> None:
    """A new password ends what was opened with the old one."""
    forget_failures(user=user)
    audit.record("password changed", by=user)
    tokens.revoke_all(user=user, by=user)
    sessions.end_all(user=user, by=user, except_key=request.session.session_key)


def _signed_in(sender, request, user, **kwargs) -> None:
    forget_failures(user=user)
    audit.record("signed in", by=user)


def _signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        audit.record("signed out", by=user)


def _failed(sender, credentials, **kwargs) -> None:
    """Under the account that was meant; a name that is nobody's may be a password and is not kept."""
    name = str(credentials.get("username", ""))
    account = account_named(name)
    limits = {
        "account": (_account_key(name, account), FAILURES_OF_ACCOUNT),
        "address": (_address_key(audit.address.get()), FAILURES_OF_ADDRESS),
    }
    closed = [what for what, (key, limit) in limits.items() if attempts.closed_until(key=key, limit=limit)]
    audit.record("sign-in failed", by=account, **({"closed": closed} if closed else {}))
