"""What a page about a consortium was asked for."""

from django.http import HttpRequest

from evaluation.models import Consortium
from evaluation.pages.delivery import Delivery
from evaluation.pages.panels import Asked
from evaluation.pages.picker import Picker


def read_asked(request: HttpRequest, consortium: Consortium) -> Asked:
    """Period and comparison from the URL (by default the last month all have delivered), and the members of the period."""
    delivery = Delivery.of(consortium, request.user)
    picker = Picker.read(request.GET, delivery.covered, delivery.default_month)
    return Asked(request.user, consortium, delivery.seen, delivery.members(picker.period), picker)
