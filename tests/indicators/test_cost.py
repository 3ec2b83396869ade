"""What stays cost and what is paid for them; facts in fen, values in yuan."""

import pytest

from evaluation.indicators import cost
from tests.indicators.literal import frame, of_cases, of_groups, only, value


def test_the_cost_per_stay_is_in_yuan():
    frames = of_cases({"discharges": 4, "cost": 1_000_001})

    assert only(cost.cost_per_stay, frames) == {
        "numerator": 10_000.01,
        "denominator": 4,
        "value": 2_500.0025,
        "cases": 4,
    }


def growing(now: dict, *then: dict) -> dict:
    return {**of_cases(now), "cases_year_before": frame("cases", *then)}


def test_growth_compares_the_cost_per_stay_not_the_cost():
    frames = growing({"discharges": 10, "cost": 1_100_000}, {"discharges": 5, "cost": 500_000})

    found = only(cost.cost_growth, frames)

    assert found == {"numerator": 1_100, "denominator": 1_000, "value": pytest.approx(0.1), "cases": 10}


@pytest.mark.parametrize("then", [[], [{}], [{"discharges": 3, "cost": 0}]], ids=["no row", "no stay", "free stays"])
def test_without_a_cost_a_year_before_there_is_no_growth(then):
    assert value(cost.cost_growth, growing({"discharges": 10, "cost": 1_100_000}, *then)) is None


def test_stays_a_year_before_alone_are_no_growth():
    frames = {"cases": frame("cases"), "cases_year_before": frame("cases", {"discharges": 3, "cost": 900})}

    assert cost.cost_growth(frames, ("scope", "period")).empty


def test_cost_per_weight_takes_only_cost_of_cases_with_a_weight():
    frames = of_cases({"discharges": 3, "cost": 900_000, "weighted": 2, "weighted_cost": 600_000, "weight": 1_500_000})

    assert only(cost.cost_per_weight, frames) == {"numerator": 6_000, "denominator": 1.5, "value": 4_000, "cases": 2}


def test_the_margin_looks_only_at_cases_with_a_payment():
    frames = of_cases({"discharges": 3, "cost": 9_999_999, "paid": 2, "payment": 1_000_000, "paid_cost": 1_250_000})

    assert only(cost.margin, frames) == {"numerator": -2_500, "denominator": 10_000, "value": -0.25, "cases": 2}


def test_payments_of_0_give_no_margin():
    assert value(cost.margin, of_cases({"discharges": 3, "paid": 2, "paid_cost": 100})) is None


def test_a_group_is_added_up_over_its_rows_before_it_is_judged():
    frames = of_groups({"discharges": 4})
    frames["case_groups"] = frame(
        "case_groups",
        {"drg": "BR21", "paid": 1, "payment": 100, "paid_cost": 150},
        {"drg": "BR21", "paid": 1, "payment": 300, "paid_cost": 200},
        {"drg": "BR23", "paid": 1, "payment": 100, "paid_cost": 101},
    )

    assert only(cost.loss_groups, frames) == {"numerator": 1, "denominator": 2, "value": 0.5, "cases": 3}


def test_a_group_that_breaks_even_makes_no_loss_and_an_unpaid_one_is_not_judged():
    frames = of_groups(
        {"discharges": 4},
        BR21={"paid": 2, "payment": 100, "paid_cost": 100},
        BR23={"paid": 0, "payment": 0, "paid_cost": 0},
    )

    assert only(cost.loss_groups, frames) == {"numerator": 0, "denominator": 1, "value": 0, "cases": 2}


def test_no_group_with_a_payment_gives_no_share_of_losses():
    assert value(cost.loss_groups, of_groups({"discharges": 4}, BR21={"discharges": 4})) is None


ITEMISED = {
    "discharges": 5, "cost": 900_000, "itemised": 4, "itemised_cost": 800_000, "drug_cost": 200_000,
    "herbal_cost": 500_000, "material_cost": 80_000, "exam_cost": 120_000,
}  # fmt: skip


def test_the_drug_share_leaves_herbal_pieces_and_cases_without_fee_items_out():
    assert only(cost.drug_share, of_cases(ITEMISED)) == {
        "numerator": 2_000, "denominator": 8_000, "value": 0.25, "cases": 4,
    }  # fmt: skip


def test_the_consumables_share_has_the_same_denominator():
    assert value(cost.consumables_share, of_cases(ITEMISED)) == 0.1


def test_the_examination_cost_is_per_stay_with_fee_items():
    assert only(cost.examination_cost, of_cases(ITEMISED)) == {
        "numerator": 1_200, "denominator": 4, "value": 300, "cases": 4,
    }  # fmt: skip


@pytest.mark.parametrize("share", [cost.drug_share, cost.consumables_share])
def test_stays_that_were_free_have_no_shares(share):
    assert value(share, of_cases({"discharges": 2, "itemised": 2})) is None
