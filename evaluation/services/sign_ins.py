"""Writes signing in, failing to, signing out and new passwords to the audit trail."""

from allauth.account.signals import password_changed, password_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from evaluation.services import audit, sessions, tokens


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="audit sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_failed, dispatch_uid="audit failure")
    password_changed.connect(_changed, dispatch_uid="audit password change")
    password_reset.connect(_changed, dispatch_uid="audit password reset")


def _changed(sender, request, user, **kwargs) -> None:
    """A new password ends what was opened with the old one."""
    audit.record("password changed", by=user)
    tokens.revoke_all(user=user, by=user)
    sessions.end_all(user=user, by=user, except_key=request.session.session_key)


def _signed_in(sender, request, user, **kwargs) -> None:
    audit.record("signed in", by=user)


def _signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        audit.record("signed out", by=user)


def _failed(sender, credentials, **kwargs) -> None:
    audit.record("sign-in failed", by=None, by_name=str(credentials.get("username", ""))[:150])
