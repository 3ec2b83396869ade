"""How people sign in: django-allauth, without sign-up; what happens goes to the audit trail."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import PasswordResetView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.utils.decorators import method_decorator

log = logging.getLogger("yilian.mail")


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Users are made by the administrator."""
        return False

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
