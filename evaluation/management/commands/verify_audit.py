"""Check the chain of the audit trail."""

from django.core.management.base import BaseCommand, CommandError

from evaluation.models import AuditEvent
from evaluation.services.audit import broken_events


class Command(BaseCommand):
    help = "Verify that no event of the audit trail was changed or removed; exit status 1 if one was."

    def handle(self, **options):
        broken = 0
        for event, reason in broken_events():
            broken += 1
            self.stdout.write(f"event {event.pk}, {event.at:%Y-%m-%d %H:%M:%S}: {reason}")
        if broken:
            raise CommandError(f"The audit trail was tampered with: {broken} broken events.")
        self.stdout.write(f"The audit trail is whole: {AuditEvent.objects.count()} events.")
