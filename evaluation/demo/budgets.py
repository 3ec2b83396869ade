"""Yearly budgets and monthly spending of the demo; treatment follows the cases."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.members import Member
from evaluation.demo.stays import World

BUDGET_HEADINGS = ("year", "institution", "category", "planned_amount")
EXPENDITURE_HEADINGS = ("month", "institution", "category", "amount")

# Other spending as a part of treatment: hospitals, primary facilities.
OTHER_SPENDING = {"prevention": (0.085, 0.42), "training": (0.012, 0.02), "project": (0.025, 0.04)}
ROUNDED_TO = 1000


def spending(world: World, treatment: NDArray[np.float64], seed: int) -> dict[str, NDArray[np.float64]]:
    """Yuan by category, member and month."""
    rng = np.random.default_rng([seed, 4])
    amounts = {"treatment": treatment * rng.normal(0.985, 0.006, treatment.shape)}
    mean = treatment.mean(axis=1, keepdims=True)
    for category, (hospital, primary) in OTHER_SPENDING.items():
        part = np.where(world.is_primary, primary, hospital)[:, None]
        amounts[category] = mean * part * np.clip(rng.normal(1, 0.12, treatment.shape), 0.4, 2)
    return {category: np.round(values, 2) for category, values in amounts.items()}


def budget_rows(world: World, amounts: dict[str, NDArray[np.float64]]) -> Iterator[tuple[str, ...]]:
    """Plans such that the last year's execution is the elapsed share plus the member's own deviation."""
    for year in world.period.years:
        months = world.period.year_of_month == year
        for category, values in amounts.items():
            for member, spent in zip(world.members, values[:, months].sum(axis=1), strict=True):
                executed = elapsed(world, year) + deviation(world, member, year)
                yield str(year), member.code, category, f"{round(spent / executed / ROUNDED_TO) * ROUNDED_TO:.2f}"


def elapsed(world: World, year: int) -> float:
    """Months of the year that the period covers, of twelve."""
    return float((world.period.year_of_month == year).sum()) / 12


def deviation(world: World, member: Member, year: int) -> float:
    """Points of execution above or below the elapsed share; smaller in earlier years and early in a year."""
    full = min(1.0, elapsed(world, year) * 3)
    return member.spending / 100 * (1.0 if year == world.period.last_year else 0.3) * full


def expenditure_rows(world: World, amounts: dict[str, NDArray[np.float64]]) -> Iterator[tuple[str, ...]]:
    for place, month in enumerate(world.period.starts):
        for category, values in amounts.items():
            for number, member in enumerate(world.members):
                yield str(month), member.code, category, f"{values[number, place]:.2f}"
