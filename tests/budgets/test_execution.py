"""Budget execution from what is stored."""

import pytest

from budgets.models import Budget, Expenditure
from evaluation.models import IndicatorValue
from evaluation.services.recompute import recompute_everything
from tests.factories import MARCH, make_consortium, make_institution

pytestmark = pytest.mark.django_db


def test_the_spending_of_members_is_added_up_to_the_fen_in_whatever_order():
    """As floats 0.1 + 0.1 + 0.1 is not 0.3, and 0.7 + 0.1 + 0.3 depends on the order."""
    consortium = make_consortium()
    for number in range(3):
        member = make_institution(f"H3301000000{number}", consortium)
        Budget.objects.create(year=2026, institution=member, category="training", planned_amount="0.30")
        Expenditure.objects.create(month=MARCH, institution=member, category="training", amount="0.10")

    recompute_everything()

    value = IndicatorValue.objects.get(indicator="BUD_EXEC", consortium=consortium, level="", period="2026-03")
    assert (value.numerator, value.denominator, value.value) == (0.3, 0.9, 30 / 90)
