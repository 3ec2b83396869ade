"""Mails of the site to one person, sent when the change is stored. None ever goes to a log."""

import logging
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

log = logging.getLogger("yilian.mail")


def write_to(address: str, *, subject: str, text: str) -> None:
    if settings.MAIL_IS_SENT and address:
        transaction.on_commit(partial(_send, address, subject, text))


def _send(address: str, subject: str, text: str) -> None:
    """A mail server that is away must not undo what was done."""
    try:
        send_mail(subject, text, None, [address])
    except OSError as error:
        log.error(
            "A mail could not be sent (%s): is EMAIL_URL right and does the mail server answer?", type(error).__name__
        )
