"""Let somebody whose device is lost set up another one."""

from django.core.management.base import BaseCommand, CommandError

from evaluation.models import User
from evaluation.services import second_factor


class Command(BaseCommand):
    help = "Remove the second factor of a user, for the last administrator; others are helped in the administration."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *, username, **options):
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        second_factor.remove(user=user, by=None, by_name="remove_second_factor")
        self.stdout.write(f"{username} has no second factor now, is signed out everywhere and has no tokens.")
