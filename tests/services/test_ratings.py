"""From how many cases a value is rated."""

import pytest

from evaluation.models import IndicatorValue, Threshold
from evaluation.services.recompute import recompute_all_stale
from tests.services.deliveries import H1, case, stored


def value_of(indicator: str) -> IndicatorValue:
    recompute_all_stale()
    return IndicatorValue.objects.get(indicator=indicator, period="2026-03", institution__code=H1)


def test_data_accuracy_is_rated_from_any_number_of_rows(world):
    stored([case(1), case(2, age="121")])

    value = value_of("DATA_ACC")

    assert (value.value, value.denominator, value.light) == (0.5, 2, "red")


@pytest.mark.parametrize(("indicator", "light"), [("DRG_TW", "green"), ("DRG_N", "green"), ("DRG_CMI", "grey")])
def test_a_plain_sum_is_rated_from_any_number_of_cases_and_a_rate_over_them_is_not(world, indicator, light):
    Threshold.objects.create(indicator=indicator, level="L3", green_low=0.5, red_low=0.1)

    stored([case(1, drg_code="ES35", rw="0.65")])

    assert value_of(indicator).light == light
