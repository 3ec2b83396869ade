"""How people sign in: django-allauth, without sign-up; what happens goes to the audit trail."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.views import PasswordResetView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.decorators import method_decorator

from config.addresses import client_address
from evaluation.models import User
from evaluation.services import sign_ins

log = logging.getLogger("yilian.mail")


class CountingBackend(AuthenticationBackend):
    """Compares passwords for whoever asks Django who somebody is (page, API, any door to come), and so counts the wrong
    ones of all of them."""

    def authenticate(self, request: HttpRequest | None, **credentials) -> User | None:
        name = credentials.get("username")
        if not name or not credentials.get("password"):
            return None
        attempt = sign_ins.begin_attempt(name=name)
        user = super().authenticate(request, **credentials)
        if user is not None:
            attempt.give_back()
        return user


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Users are made by the administrator."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """The backend counts, not allauth's cache."""

    def authenticate(self, request: HttpRequest, **credentials) -> User | None:
        try:
            return super().authenticate(request, **credentials)
        except sign_ins.SignInsClosed as closed:
            raise ValidationError(str(closed)) from None

    def send_mail(self, template_prefix, email, context) -> None:
        """Without a mail server nothing is sent and nothing is written to a log; one that is away is no error of the page."""
        if not settings.MAIL_IS_SENT:
            return
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            log.error("A mail could not be sent (%s): does the mail server answer?", type(error).__name__)

    def send_notification_mail(self, template_prefix, user, context=None, email=None) -> None:
        """To the one address an account has."""
        if address := email or user.email:
            super().send_notification_mail(template_prefix, user, context, address)


@method_decorator(login_not_required, name="dispatch")
class ForgottenPassword(PasswordResetView):
    """Without a mail server the page says who sets a new password, and takes no address."""

    def dispatch(self, request, *args, **kwargs):
        if not settings.MAIL_IS_SENT:
            return render(request, "account/password_reset_off.html")
        return super().dispatch(request, *args, **kwargs)
