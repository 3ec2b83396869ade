"""Surgery, pathways, antibacterials, and how good the delivered data are."""

import pytest

from evaluation.indicators import process
from tests.indicators.literal import frame, of_cases, only, value


def test_the_surgery_share_is_of_all_discharges():
    assert value(process.surgery_share, of_cases({"discharges": 8, "surgical": 2})) == 0.25


def test_level_4_is_a_share_of_the_surgical_patients():
    frames = of_cases({"discharges": 80, "surgical": 8, "surgical_4": 2})

    assert only(process.level_4_share, frames) == {"numerator": 2, "denominator": 8, "value": 0.25, "cases": 8}


def test_day_surgery_is_a_share_of_elective_surgery():
    frames = of_cases({"discharges": 80, "surgical": 20, "elective": 10, "day_surgery": 3})

    assert only(process.day_surgery_share, frames) == {"numerator": 3, "denominator": 10, "value": 0.3, "cases": 10}


@pytest.mark.parametrize(
    ("rate", "fact"), [(process.antibacterial_rate, "antibacterial"), (process.pathway_rate, "pathway")]
)
def test_cases_of_which_it_is_not_known_leave_both_sums(rate, fact):
    assert value(rate, of_cases({"discharges": 100, f"{fact}_known": 10, fact: 4})) == 0.4
    assert value(rate, of_cases({"discharges": 100})) is None


@pytest.mark.parametrize("share", [process.level_4_share, process.day_surgery_share])
def test_without_surgery_there_is_no_share_of_it(share):
    assert value(share, of_cases({"discharges": 100})) is None


def test_data_accuracy_is_accepted_by_read_rows():
    frames = {
        "uploads": frame("uploads", {"rows_read": 90, "rows_accepted": 90}, {"rows_read": 10, "rows_accepted": 5})
    }

    found = only(process.data_accuracy, frames)

    assert (found["numerator"], found["denominator"], found["value"]) == (95, 100, 0.95)


def test_a_month_whose_rows_were_all_refused_is_0_and_one_without_rows_no_value():
    assert value(process.data_accuracy, {"uploads": frame("uploads", {"rows_read": 5})}) == 0
    assert value(process.data_accuracy, {"uploads": frame("uploads", {"rows_read": 0})}) is None
