"""Deaths, complications, readmissions."""

import pytest

from evaluation.indicators import safety
from tests.indicators.literal import of_cases, only, value

# calculation, its numerator, its denominator
RATES = [
    (safety.mortality, "deaths", "discharges"),
    (safety.low_risk_mortality, "risk1_deaths", "risk1_cases"),
    (safety.medium_low_risk_mortality, "risk2_deaths", "risk2_cases"),
    (safety.complication_rate, "complications", "complication_known"),
    (safety.readmission_rate, "readmitted", "index_stays"),
    (safety.same_disease_readmission_rate, "readmitted_same", "index_stays"),
]


@pytest.mark.parametrize(("rate", "top", "bottom"), RATES)
def test_the_rate_is_its_own_two_facts_and_nothing_else(rate, top, bottom):
    frames = of_cases({top: 1, bottom: 30}, {top: 2, bottom: 10})

    assert only(rate, frames) == {"numerator": 3, "denominator": 40, "value": 0.075, "cases": 40}


@pytest.mark.parametrize(("rate", "top", "bottom"), RATES[1:])
def test_discharges_that_are_not_in_question_give_no_rate(rate, top, bottom):
    assert value(rate, of_cases({"discharges": 50, "surgical": 20})) is None


@pytest.mark.parametrize(("rate", "top", "bottom"), RATES)
def test_no_event_is_a_rate_of_0(rate, top, bottom):
    assert value(rate, of_cases({bottom: 30})) == 0
