"""What a stay costs and of which fourteen items the bill consists; all amounts in fen, so that bills add up exactly."""

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.members import Member
from evaluation.demo.period import MINUTES_OF_DAY, Period
from evaluation.demo.stays import Ints, Stays, World
from evaluation.importing.case_layout import FEE_ITEMS

Floats = NDArray[np.float64]

ITEMS = tuple(name for name, _ in FEE_ITEMS)
PRICE_GROWTH = 1.022
BASE_RATE, BASE_RATE_GROWTH = 10_650, 1.016  # yuan per weight in the first year
RATE_OF_LEVEL = {"L3": 1.0, "L2": 0.955}
RATE_OF_PRIMARY = 0.86
COST_SPREAD = 0.26
# The lead's months of many implants, counted back from the last month.
CONSUMABLES_PEAKS = {0: 0.224, 3: 0.215, 4: 0.262, 5: 0.254, 9: 0.231, 14: 0.258, 21: 0.236, 27: 0.253}

# Parts of the bill in the order of FEE_ITEMS; they need not sum to 1.
PARTS: dict[str, tuple[float, ...]] = {
    "medical": (0.07, 0.03, 0.15, 0.16, 0.13, 0.0, 0.06, 0.06, 0.26, 0.010, 0.060, 0.005, 0.001, 0.004),
    "surgery": (0.05, 0.02, 0.10, 0.10, 0.10, 0.17, 0.05, 0.18, 0.19, 0.002, 0.020, 0.003, 0.001, 0.014),
    "implant": (0.03, 0.015, 0.07, 0.07, 0.08, 0.14, 0.03, 0.40, 0.13, 0.001, 0.012, 0.002, 0.0005, 0.02),
    "oncology": (0.06, 0.02, 0.14, 0.12, 0.12, 0.0, 0.05, 0.06, 0.36, 0.010, 0.045, 0.003, 0.001, 0.011),
    "rehab": (0.12, 0.05, 0.05, 0.05, 0.42, 0.0, 0.10, 0.03, 0.09, 0.030, 0.045, 0.005, 0.001, 0.009),
    "birth": (0.10, 0.03, 0.08, 0.10, 0.15, 0.18, 0.10, 0.12, 0.11, 0.002, 0.012, 0.004, 0.001, 0.011),
}
BY_DAY = [ITEMS.index(name) for name in ("cost_bed", "cost_consultation", "cost_nursing")]
DRUGS = [ITEMS.index(name) for name in ("cost_western_drug", "cost_patent_drug")]
MATERIAL, HERBAL = ITEMS.index("cost_material"), ITEMS.index("cost_herbal")
GENERAL, REMAINDER = ITEMS.index("cost_general"), ITEMS.index("cost_treatment")


def total_costs(world: World, member: Member, stays: Stays, month: Ints, rng: np.random.Generator) -> Ints:
    """Fen per stay: the group's cost at the member's level, more for longer stays, few very dear ones."""
    group_cost = np.array([group.cost for group in world.groups])[stays.group]
    expected_days = world.los[stays.group] * world.stay_factor[stays.member, month]
    longer = (np.maximum(nights(stays), 0.7) / expected_days) ** 0.4 / 0.985
    level = np.array([member.cost_level.at(part) for part in world.period.progress(np.arange(world.period.months))])
    chance = np.exp(COST_SPREAD * rng.standard_normal(stays.size) - COST_SPREAD**2 / 2)
    chance = chance * np.where(rng.random(stays.size) < 0.012, rng.uniform(2.2, 3.6, stays.size), 1) / 1.023
    yuan = group_cost * level[month] * PRICE_GROWTH ** years_since_start(world.period, month) * longer * chance
    return np.maximum(np.rint(yuan * 100), 20_000).astype(np.int64)


def years_since_start(period: Period, month: Ints) -> Ints:
    return period.year_of_month[month] - period.first_year


def nights(stays: Stays) -> Ints:
    """Length of stay: calendar days between admission and discharge, the same day counting 1."""
    return np.maximum(stays.discharged // MINUTES_OF_DAY - stays.admitted // MINUTES_OF_DAY, 1)


def fee_items(
    world: World, member: Member, stays: Stays, month: Ints, total: Ints, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Fen per stay and item; every row sums to `total`. Drugs and consumables meet the member's monthly parts."""
    base = np.array([PARTS[group.fees] for group in world.groups])
    parts = base[stays.group] * np.exp(0.18 * rng.standard_normal((stays.size, len(ITEMS))))
    expected_days = np.maximum(world.los[stays.group], 1)
    parts[:, BY_DAY] *= np.clip(nights(stays) / expected_days, 0.4, 2.5)[:, None]
    parts[:, HERBAL] *= 9 if member.type == "tcm" else 1
    parts[:, GENERAL] *= 3 if member.is_primary else 0
    parts /= parts.sum(axis=1, keepdims=True)

    drugs = parts[:, DRUGS].sum(axis=1)
    material = parts[:, MATERIAL]
    wanted_drugs, wanted_material = (monthly_target(world.period, member, name) for name in ("drugs", "consumables"))
    new_drugs = np.minimum(drugs * to_target(world, drugs, wanted_drugs, month, total), 0.82)
    new_material = material * to_target(world, material, wanted_material, month, total)
    new_material = np.minimum(new_material, 0.92 - new_drugs)
    rest = 1 - drugs - material
    scale = np.repeat(((1 - new_drugs - new_material) / rest)[:, None], len(ITEMS), axis=1)
    scale[:, DRUGS] = (new_drugs / drugs)[:, None]
    scale[:, MATERIAL] = new_material / material
    items = np.floor(parts * scale * total[:, None]).astype(np.int64)
    items[:, REMAINDER] += total - items.sum(axis=1)
    return items


def monthly_target(period: Period, member: Member, name: str) -> Floats:
    """The member's part of drugs or consumables in each month."""
    months = np.arange(period.months)
    drift = getattr(member, name)
    wobble = 1 + 0.012 * np.sin(months * 2.1 + member.number)
    target = np.array([drift.at(part) for part in period.progress(months)]) * wobble
    if name == "consumables" and member.consumables_peaks:
        for back, part in CONSUMABLES_PEAKS.items():
            if back < period.months:
                target[period.months - 1 - back] = part
    return target


def to_target(world: World, part: Floats, target: Floats, month: Ints, total: Ints) -> Floats:
    """Factor per stay that brings the cost-weighted part of its month to the target."""
    size = world.period.months
    spent = np.bincount(month, weights=part * total, minlength=size)
    everything = np.bincount(month, weights=total, minlength=size)
    return (target * everything / np.maximum(spent, 1))[month]


def payments(world: World, member: Member, weight: Floats, month: Ints) -> Ints:
    """What the insurance pays for the group, in fen; 0 where there is no weight."""
    rate = BASE_RATE * BASE_RATE_GROWTH ** years_since_start(world.period, month)
    return np.rint(weight * rate * RATE_OF_LEVEL.get(member.level, RATE_OF_PRIMARY) * 100).astype(np.int64)
