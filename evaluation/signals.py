"""Sent inside the transaction in which something changed, for apps that keep something in step with it."""

from django.dispatch import Signal

upload_changed = Signal()  # upload: it was submitted or undone just now
