"""Cost and time beside the benchmark, length of stay."""

import pytest

from evaluation.indicators import efficiency
from tests.indicators.literal import of_cases, only, value


def test_60_cases_at_090_and_40_at_130_of_their_benchmark_are_106():
    frames = of_cases({"benched": 60, "cost_index": 60 * 0.90}, {"benched": 40, "cost_index": 40 * 1.30})

    assert value(efficiency.cost_efficiency_index, frames) == pytest.approx(1.06)


def test_the_time_index_is_the_same_with_days():
    frames = of_cases({"benched": 60, "time_index": 60 * 0.90}, {"benched": 40, "time_index": 40 * 1.30})

    found = only(efficiency.time_efficiency_index, frames)

    assert found["value"] == pytest.approx(1.06)
    assert found["cases"] == 100


@pytest.mark.parametrize("index", [efficiency.cost_efficiency_index, efficiency.time_efficiency_index])
def test_cases_without_a_benchmark_leave_both_sums(index):
    frames = of_cases({"discharges": 7, "grouped": 7, "benched": 2, "cost_index": 2.0, "time_index": 2.0})

    assert value(index, frames) == 1
    assert value(index, of_cases({"discharges": 7, "grouped": 7})) is None


def test_the_average_stay_is_bed_days_by_discharges():
    frames = of_cases({"discharges": 3, "bed_days": 15}, {"discharges": 1, "bed_days": 1})

    assert only(efficiency.average_stay, frames) == {"numerator": 16, "denominator": 4, "value": 4, "cases": 4}


def test_the_average_stay_of_no_one_is_no_value():
    assert value(efficiency.average_stay, of_cases({})) is None
