"""Referrals between members."""

from referrals import indicators
from tests.indicators.literal import frame, only, value


def pairs(**facts: int) -> dict:
    return {"referral_pairs": frame("referral_pairs", facts)}


def test_the_ratio_is_completed_down_by_accepted_up():
    found = only(indicators.down_up_ratio, pairs(accepted_up=8, completed_down=2))

    assert (found["numerator"], found["denominator"], found["value"]) == (2, 8, 0.25)


def test_who_never_sends_back_has_a_ratio_of_0():
    assert value(indicators.down_up_ratio, pairs(accepted_up=8)) == 0


def test_who_only_sends_down_has_no_ratio():
    assert value(indicators.down_up_ratio, pairs(completed_down=2)) is None


def test_pairs_are_added_up():
    frames = {
        "referral_pairs": frame("referral_pairs", {"accepted_up": 1, "completed_down": 1}, {"accepted_up": 3}),
    }

    assert value(indicators.down_up_ratio, frames) == 0.25


def test_completion_is_completed_by_created():
    frames = {"referrals_sent": frame("referrals_sent", {"created": 40, "completed": 30})}

    found = only(indicators.completion_rate, frames)

    assert (found["numerator"], found["denominator"], found["value"]) == (30, 40, 0.75)
