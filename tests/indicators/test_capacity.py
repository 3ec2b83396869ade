"""Grouping, weight and breadth."""

import pytest

from evaluation.indicators import capacity
from tests.indicators.literal import of_cases, of_groups, only, value


def test_the_grouping_rate_is_grouped_by_discharges():
    frames = of_cases({"discharges": 10, "grouped": 9})

    assert only(capacity.grouping_rate, frames) == {"numerator": 9, "denominator": 10, "value": 0.9, "cases": 10}


def test_rates_are_added_up_before_they_are_divided():
    frames = of_cases({"discharges": 1, "grouped": 1}, {"discharges": 9, "grouped": 0})

    assert value(capacity.grouping_rate, frames) == 0.1


def test_the_case_mix_index_leaves_grouped_cases_without_a_weight_out_of_both_sums():
    frames = of_cases({"discharges": 4, "grouped": 3, "weighted": 2, "weight": 3_000_000})

    assert only(capacity.case_mix_index, frames) == {"numerator": 3, "denominator": 2, "value": 1.5, "cases": 2}


def test_no_case_with_a_weight_gives_no_case_mix_index():
    assert value(capacity.case_mix_index, of_cases({"discharges": 4, "grouped": 3})) is None


def test_weights_add_up_without_the_noise_of_floats():
    frames = of_cases(*({"discharges": 1, "weighted": 1, "weight": 100_000} for _ in range(10)))

    assert value(capacity.total_weight, frames) == 1.0


def test_the_total_weight_of_ungrouped_cases_is_0_and_has_no_denominator():
    frames = of_cases({"discharges": 2})

    assert only(capacity.total_weight, frames) == {"numerator": 0, "denominator": None, "value": 0, "cases": 2}


def test_heavy_cases_are_compared_with_cases_that_have_a_weight():
    assert value(capacity.heavy_share, of_cases({"discharges": 9, "grouped": 8, "weighted": 4, "heavy": 1})) == 0.25


def test_a_drg_counts_once_however_many_cases_it_has():
    frames = of_groups({"discharges": 5}, BR21={"discharges": 3}, BR23={"discharges": 1}, FM19={"discharges": 0})

    assert only(capacity.group_count, frames) == {"numerator": 2, "denominator": None, "value": 2, "cases": 5}


def test_discharges_none_of_which_is_grouped_have_0_groups():
    assert value(capacity.group_count, of_groups({"discharges": 5})) == 0


def test_the_same_drg_in_two_rows_is_still_one_group():
    frames = of_groups({"discharges": 5}, BR21={"discharges": 3})
    frames["case_groups"] = frames["case_groups"].loc[[0, 0]].reset_index(drop=True)

    assert value(capacity.group_count, frames) == 1


def test_major_categories_are_the_first_letters_of_26():
    groups = {drg: {"discharges": 1} for drg in ("BR21", "BR23", "FM19")}

    found = only(capacity.mdc_coverage, of_groups({"discharges": 3}, **groups))

    assert found == {"numerator": 2, "denominator": 26, "value": pytest.approx(2 / 26), "cases": 3}


def test_discharges_none_of_which_is_grouped_cover_no_category():
    assert value(capacity.mdc_coverage, of_groups({"discharges": 3})) == 0


def test_mdt_coverage_looks_only_at_groups_of_which_it_is_known():
    frames = of_groups(
        {"discharges": 9, "mdt_known": 5},
        BR21={"discharges": 4, "mdt_known": 3, "mdt": 2},
        BR23={"discharges": 3, "mdt_known": 2, "mdt": 0},
        FM19={"discharges": 2, "mdt_known": 0, "mdt": 0},
    )

    assert only(capacity.mdt_coverage, frames) == {"numerator": 1, "denominator": 2, "value": 0.5, "cases": 5}


def test_mdt_known_of_no_case_gives_no_coverage():
    assert value(capacity.mdt_coverage, of_groups({"discharges": 2}, BR21={"discharges": 2})) is None
