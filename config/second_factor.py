"""The second factor (allauth.mfa) as this site uses it: TOTP and recovery codes, and nothing else open without it."""

import base64
import hashlib

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from evaluation.services import second_factor, sign_ins

# What somebody who has yet to set it up may open.
OPEN = {
    "account_logout", "account_reauthenticate", "mfa_reauthenticate", "mfa_activate_totp", "set_language", "healthz",
    "readyz",
}  # fmt: skip


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted in the database, under a key of SECRET_KEY."""

    def get_totp_label(self, user) -> str:
        return user.get_username()

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Under another SECRET_KEY no code fits: the factor is removed by the administrator and set up anew."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return generate_totp_secret()  # nobody knows this one; an empty one everybody would

    def can_delete_authenticator(self, authenticator) -> bool:
        return not second_factor.is_needed(authenticator.user)


class OnceOnly:
    """A code of the app counts once: who looks over a shoulder comes too late, also within its 90 seconds."""

    def clean_code(self) -> str:
        """Wrong codes count with wrong passwords."""
        try:
            attempt = sign_ins.begin_attempt(user=self.user)
        except sign_ins.SignInsClosed as closed:
            raise ValidationError(str(closed)) from None
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not _is_new(self.authenticator, code):
            raise SecondFactorAdapter().validation_error("incorrect_code")
        attempt.give_back()
        return code


class CodeForm(OnceOnly, AuthenticateForm):
    """At sign-in, on the page and for a token: the one place where a code is accepted or refused."""


class CodeAgainForm(OnceOnly, ReauthenticateForm):
    """Of somebody who is signed in."""


class RequireSecondFactor:
    """Whoever needs a second factor and came without one gets to its set-up and nowhere else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.awaits_second_factor = (
            user.is_authenticated and second_factor.is_needed(user) and not request.session.get(second_factor.PASSED)
        )
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, arguments, options) -> HttpResponse | None:
        if not request.awaits_second_factor or request.resolver_match.view_name in OPEN:
            return None
        if request.path_info.startswith("/api/"):
            detail = _("Your role needs a second factor: set it up on the account page first.")
            problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": detail}
            return JsonResponse(problem, status=403, content_type="application/problem+json")
        if second_factor.has_one(request.user):  # set up meanwhile in another browser: this one signs in with it
            logout(request)
            return redirect(settings.LOGIN_URL)
        return redirect("mfa_activate_totp")


def _is_new(authenticator: Authenticator, code: str) -> bool:
    """Whether the code belongs to a later step than the last one accepted, which it is from now on."""
    secret = SecondFactorAdapter().decrypt(authenticator.data["secret"])
    steps = yield_hotp_counters_from_time()
    fitting = (
        step for step in steps if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    )
    step = max(fitting, default=0)
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        if step <= kept.data.get("last_step", 0):
            return False
        kept.data["last_step"] = step
        kept.save(update_fields=["data"])
    return True


def _cipher() -> Fernet:
    key = hashlib.sha256(b"second factor" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
