"""What a page about a consortium was asked for."""

from django.http import HttpRequest
from django.utils import timezone

from evaluation import frames
from evaluation.models import Consortium, Institution
from evaluation.pages.delivery import Delivery
from evaluation.pages.panels import Asked
from evaluation.pages.picker import Picker


def read_asked(request: HttpRequest, consortium: Consortium) -> Asked:
    """Period and comparison from the URL (by default the last month all have delivered), and the members of the period."""
    covered = frames.covered_months()
    today = timezone.localdate().replace(day=1)
    first, last = covered or (today, today)
    picker = Picker.read(request.GET, covered, Delivery.of(consortium, first, last).last_complete() or last)
    members = Institution.objects.members_of(consortium, picker.period.first, picker.period.last_day)
    return Asked(request.user, consortium, list(members), picker)
