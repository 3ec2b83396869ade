"""Compute what is stale, or everything, in this process: neither worker nor broker is needed."""

from django.core.management.base import BaseCommand

from evaluation.services import uploads
from evaluation.services.recompute import recompute_all_stale, recompute_everything


class Command(BaseCommand):
    help = "Recompute cells and indicator values where data changed, or (--all) everywhere."

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="rebuild everything, not only what is stale")

    def handle(self, *, all, **options):
        uploads.advance_all()
        if all:
            recompute_everything()
            self.stdout.write("Recomputed everything.")
            return
        self.stdout.write(f"Worked off {recompute_all_stale()} stale marks.")
