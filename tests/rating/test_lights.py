"""Green at the green limit, yellow at the red one, red beyond."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation.rating.defaults import DEFAULTS, at_least, at_most
from evaluation.rating.lights import ENOUGH_CASES, Light, Limits, rate

UNHURRIED = settings(deadline=None)  # a busy machine is no failure

ENOUGH = 100
RANGE = Limits(green_low=0.85, green_high=0.97, red_low=0.50, red_high=1.20)
TINY = 1e-9
ORDER = {Light.GREEN: 0, Light.YELLOW: 1, Light.RED: 2}


def light(value: float | None, limits: Limits | None, cases: float | None = ENOUGH, **options: float) -> Light:
    return rate(value, cases, limits, **options).light


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7.9, Light.GREEN),
        (8, Light.GREEN),
        (8 + TINY, Light.YELLOW),
        (10, Light.YELLOW),
        (10 + TINY, Light.RED),
        (-5, Light.GREEN),
    ],
)
def test_edges_where_lower_is_better(value, expected):
    assert light(value, at_most(8, 10)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.95, Light.GREEN),
        (0.95 - TINY, Light.YELLOW),
        (0.80, Light.YELLOW),
        (0.80 - TINY, Light.RED),
        (1.5, Light.GREEN),
    ],
)
def test_edges_where_higher_is_better(value, expected):
    assert light(value, at_least(0.95, 0.80)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.50 - TINY, Light.RED),
        (0.50, Light.YELLOW),
        (0.85 - TINY, Light.YELLOW),
        (0.85, Light.GREEN),
        (0.97, Light.GREEN),
        (0.97 + TINY, Light.YELLOW),
        (1.20, Light.YELLOW),
        (1.20 + TINY, Light.RED),
    ],
)
def test_edges_of_a_range(value, expected):
    assert light(value, RANGE) == expected


DISTANCE = Limits(green_low=-0.05, green_high=0.05, red_low=-0.10, red_high=0.10)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.30, Light.GREEN),  # 0.30 − 0.25 is 0.04999… in floats and 0.05 in the rule
        (0.20, Light.GREEN),
        (0.30 + TINY, Light.YELLOW),
        (0.35, Light.YELLOW),
        (0.15, Light.YELLOW),
        (0.35 + TINY, Light.RED),
        (0.15 - TINY, Light.RED),
    ],
)
def test_budget_execution_is_rated_by_its_distance_from_the_elapsed_quarter(value, expected):
    assert light(value, DISTANCE, distance_from=0.25) == expected


@pytest.mark.parametrize(("spent", "elapsed"), [(m / 12 + 0.05, m / 12) for m in range(1, 13)])
def test_five_points_ahead_are_green_in_every_month(spent, elapsed):
    assert light(spent, DISTANCE, distance_from=elapsed) == Light.GREEN


def test_the_distance_is_told_with_what_was_expected():
    rating = rate(0.4, None, DISTANCE, distance_from=0.25)

    assert rating.values == pytest.approx({"value": 0.4, "expected": 0.25})


@pytest.mark.parametrize("value", [None, math.nan])
def test_no_value_is_grey(value):
    assert light(value, at_most(8, 10)) == Light.GREY


@pytest.mark.parametrize("limits", [None, Limits()])
def test_no_limits_are_grey(limits):
    assert light(7, limits) == Light.GREY


def test_29_cases_are_grey_with_their_number_and_30_are_rated():
    few = rate(99, ENOUGH_CASES - 1, at_most(8, 10))

    assert (few.light, few.values) == (Light.GREY, {"cases": 29})
    assert light(99, at_most(8, 10), ENOUGH_CASES) == Light.RED


def test_an_indicator_without_cases_is_rated():
    assert light(99, at_most(8, 10), None) == Light.RED


def test_a_limit_on_one_side_only():
    assert light(9, Limits(green_high=8)) == Light.YELLOW
    assert light(9, Limits(red_high=8)) == Light.RED
    assert light(7, Limits(red_high=8)) == Light.GREEN


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7, {"value": 7, "limit": 8}),
        (9, {"value": 9, "green": 8, "red": 10}),
        (11, {"value": 11, "limit": 10}),
    ],
)
def test_the_reason_can_be_filled_with_its_values(value, shown):
    rating = rate(value, ENOUGH, at_most(8, 10))

    assert rating.values == shown
    assert rating.reason % {name: str(number) for name, number in rating.values.items()}


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@UNHURRIED
@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_where_lower_is_better_a_higher_value_never_has_a_better_light(a, b, green, red):
    low, high = sorted((a, b))
    limits = at_most(*sorted((green, red)))

    assert ORDER[light(low, limits)] <= ORDER[light(high, limits)]


@UNHURRIED
@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_where_higher_is_better_a_lower_value_never_has_a_better_light(a, b, green, red):
    low, high = sorted((a, b))
    limits = at_least(*sorted((green, red), reverse=True))

    assert ORDER[light(high, limits)] <= ORDER[light(low, limits)]


@UNHURRIED
@given(st.lists(NUMBERS, min_size=4, max_size=4), NUMBERS, NUMBERS)
def test_in_a_range_a_value_further_out_on_the_same_side_never_has_a_better_light(edges, a, b):
    red_low, green_low, green_high, red_high = sorted(edges)
    middle = (green_low + green_high) / 2
    low, high = sorted((a, b))
    assume(not low < middle < high)
    near, far = (high, low) if high <= middle else (low, high)
    limits = Limits(green_low, green_high, red_low, red_high)

    assert ORDER[light(near, limits)] <= ORDER[light(far, limits)]


@UNHURRIED
@given(NUMBERS, st.floats(0, 1), NUMBERS, NUMBERS)
def test_a_distance_is_rated_like_the_value_of_a_range(value, expected, green, red):
    green, red = sorted((abs(green), abs(red)))
    limits = Limits(-green, green, -red, red)

    assert light(value, limits, distance_from=expected) == light(round(value - expected, 12), limits)


@pytest.mark.parametrize(
    ("code", "level"), [(code, level) for code, by_level in DEFAULTS.items() for level in by_level]
)
def test_default_limits_lie_in_order(code, level):
    limits = DEFAULTS[code][level]
    given = [
        each for each in (limits.red_low, limits.green_low, limits.green_high, limits.red_high) if each is not None
    ]

    assert given == sorted(given)
    assert not limits.is_empty
