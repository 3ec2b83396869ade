"""Take away the rows of sessions that have ended by themselves."""

from django.core.management.base import BaseCommand

from evaluation.services.session_store import SessionStore


class Command(BaseCommand):
    help = "Delete sessions that have expired."

    def handle(self, **options):
        SessionStore.clear_expired()
