"""Writes signing in, failing to, and signing out to the audit trail."""

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from evaluation.services import audit


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="audit sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_failed, dispatch_uid="audit failure")


def _signed_in(sender, request, user, **kwargs) -> None:
    audit.record("signed in", by=user)


def _signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        audit.record("signed out", by=user)


def _failed(sender, credentials, **kwargs) -> None:
    audit.record("sign-in failed", by=None, by_name=str(credentials.get("username", ""))[:150])
