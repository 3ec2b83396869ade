"""Regional benchmarks of the demo: weight, mean cost and mean stay of each group in each year."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.fees import PRICE_GROWTH
from evaluation.demo.groups import GROUPS, Group
from evaluation.demo.period import Period

REGION_WITH_OWN_VALUES = "990121"
GROUPS_WITH_OWN_VALUES = ("ES33", "ES35", "BR25", "FR39", "KS15", "IU29")
CASES_OF_REGION = 420_000
LONGER_IN_REGION = 1.05  # the region keeps patients a little longer than the demo's members


def weights_by_year(period: Period) -> NDArray[np.float64]:
    """Weight of each group (column) in each year of the period (row); the tables of all regions share it."""
    years = np.arange(len(period.years))[:, None]
    drift = 0.012 * np.sin(np.arange(len(GROUPS))[None] * 1.7 + years * 2.3)
    return np.round(np.array([group.rw for group in GROUPS])[None] * (1 + drift), 4)


def benchmark_rows(period: Period, seed: int) -> Iterator[tuple[str, ...]]:
    """One row per year and group, the year before the first included: risk levels look one year back."""
    rng = np.random.default_rng([seed, 5])
    weights = weights_by_year(period)
    demand = np.array([group.demand.tertiary + group.demand.secondary + group.demand.primary for group in GROUPS])
    sizes = demand / demand.sum() * CASES_OF_REGION
    for year in range(period.first_year - 1, period.last_year + 1):
        row = max(0, year - period.first_year)
        price = PRICE_GROWTH ** (year - period.first_year)
        for number, group in enumerate(GROUPS):
            cases = max(40, int(rng.normal(sizes[number], sizes[number] * 0.04)))
            deaths, again = rng.binomial(cases, group.deaths), rng.binomial(cases, usual_readmissions(group))
            weight, days = f"{weights[row, number]:.4f}", group.los * LONGER_IN_REGION
            yield (
                str(year), group.code, weight, f"{group.cost * price:.2f}", f"{days:.2f}", "", "", group.name,
                str(cases), str(deaths), str(again),
            )  # fmt: skip
            if group.code in GROUPS_WITH_OWN_VALUES:
                yield (
                    str(year), group.code, weight, f"{group.cost * price * 0.96:.2f}", f"{days * 1.03:.2f}",
                    REGION_WITH_OWN_VALUES, "", group.name, str(cases // 9), str(deaths // 9), str(again // 9),
                )  # fmt: skip


def usual_readmissions(group: Group) -> float:
    """Part of the region's discharges that come again within 30 days, planned or not."""
    return 1.1 * group.readmissions + 0.5 * group.planned_cycle
