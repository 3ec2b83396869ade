"""Delete what is kept of old sheets row by row; beat does it every hour."""

from django.core.management.base import BaseCommand

from evaluation.services import uploads


class Command(BaseCommand):
    help = "Withdraw sheets that nobody submitted within KEEP_STAGED_DAYS; delete staged rows and problems of old ones."

    def handle(self, **options):
        self.stdout.write(f"Withdrew {uploads.expire_uploads()} sheets.")
