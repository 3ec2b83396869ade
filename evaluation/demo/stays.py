"""Who lay where, when and why: the skeleton of all cases, drawn at once so that patients can move between members."""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.groups import GROUPS, Group
from evaluation.demo.members import OUTSIDE, Member
from evaluation.demo.period import MINUTES_OF_DAY, SEASONS, Period

Ints = NDArray[np.int64]

# Yearly growth where it is not that of the institution.
GROWTH = {"RE15": 0.12, "CB39": 0.15, "GK39": 0.16, "XR25": 0.10, "OB19": -0.07, "OC19": -0.08, "PU15": -0.07}
STAY_SPREAD = 0.42
UNEVENNESS = 0.08  # of demand around its season and growth
LONGEST_STAY = 75
GAP_OF_RETURNS = 140  # days between two independent stays of a patient, longer than any chain of linked ones


class Cause(IntEnum):
    """Why a stay took place."""

    OWN = 0
    UNPLANNED_READMISSION = 1
    PLANNED_READMISSION = 2
    SENT_UP = 3
    SENT_DOWN = 4


@dataclass
class Stays:
    """Parallel arrays, one place per stay. Instants are minutes and days days since 1970, local time."""

    member: Ints
    group: Ints
    admitted: Ints
    discharged: Ints
    patient: Ints
    sex: Ints
    born: Ints
    region: Ints
    day_surgery: NDArray[np.bool_]
    cause: Ints
    parent: Ints
    referred_from: Ints  # member that sent the patient up without an own stay, else -1

    @property
    def size(self) -> int:
        return self.member.size

    def take(self, rows: Ints | NDArray[np.bool_]) -> "Stays":
        return Stays(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def join(self, other: "Stays") -> "Stays":
        return Stays(**{f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)})


class World:
    """The institutions, groups and months as arrays that drawing needs."""

    def __init__(self, members: tuple[Member, ...], period: Period) -> None:
        self.members, self.period = members, period
        self.groups: tuple[Group, ...] = GROUPS
        self.shares = np.array([member.share for member in members])
        self.mix = np.array([[appetite(member, group) for group in GROUPS] for member in members])
        self.mix /= self.mix.sum(axis=1, keepdims=True)
        self.los = np.array([group.los for group in GROUPS])
        self.ages = np.array([group.ages for group in GROUPS])
        self.sexes = np.array([int(group.sex or 0) for group in GROUPS])
        self.is_medical = np.array([not group.surgery_level for group in GROUPS])
        self.is_primary = np.array([member.is_primary for member in members])
        self.is_tertiary = np.array([member.level == "L3" for member in members])
        progress = period.progress(np.arange(period.months))
        wanted = np.array([[member.stay.at(part) for part in progress] for member in members])
        self.stay_factor = wanted / (self.mix @ self.los)[:, None]
        self.joined = np.array([joined_on(member, period) for member in members])

    def expected(self) -> NDArray[np.float64]:
        """Part of all stays by member, group and month."""
        years = np.arange(self.period.months) / 12
        season = np.array([SEASONS[group.season] for group in self.groups])[:, self.period.calendar_months]
        growth = np.array(
            [[(1 + GROWTH.get(group.code, member.volume_growth)) for group in self.groups] for member in self.members]
        )
        volume = self.shares[:, None] * self.mix
        expected = volume[:, :, None] * season[None] * growth[:, :, None] ** years
        return expected / expected.sum()


def appetite(member: Member, group: Group) -> float:
    """How often the member sees the group."""
    by_level = {"L3": group.demand.tertiary, "L2": group.demand.secondary}
    demand = by_level.get(member.level, group.demand.primary)
    if member.type in ("tcm", "rehab"):
        if group.department in ("0501", "0502", "2800"):
            return 0.0
        if group.fees == "rehab":
            return demand * 2.5
    return demand


def joined_on(member: Member, period: Period) -> int:
    """Day of joining the consortium: before the first month, or the start of the middle one."""
    if member.joins_late and period.months > 2:
        return int(period.starts[period.months // 2].astype("datetime64[D]").astype(np.int64))
    return int((period.starts[0] - 12).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64))


def own_stays(world: World, count: int, rng: np.random.Generator) -> Stays:
    """Independent stays: place, group and month by demand, then the patient."""
    expected = world.expected()
    cells = spread(expected.ravel() * np.exp(UNEVENNESS * rng.standard_normal(expected.size)), count, rng)
    member, group, month = (np.repeat(axis.ravel(), cells) for axis in np.indices(expected.shape, dtype=np.int64))
    day_surgery = draw_day_surgery(world, group, month, rng)
    days = draw_lengths(world, member, group, month, day_surgery, rng)
    discharge_day = world.period.draw_days(month, rng)
    admitted, discharged = draw_instants(discharge_day - days, discharge_day, day_surgery, rng)
    sex = np.where(world.sexes[group] > 0, world.sexes[group], 1 + (rng.random(count) < 0.47))
    return Stays(
        member=member, group=group, admitted=admitted, discharged=discharged, patient=np.arange(count), sex=sex,
        born=draw_births(world, group, admitted, rng), region=draw_regions(world, member, rng), day_surgery=day_surgery,
        cause=np.full(count, Cause.OWN), parent=np.full(count, -1), referred_from=np.full(count, -1),
    )  # fmt: skip


def spread(expected: NDArray[np.float64], count: int, rng: np.random.Generator) -> Ints:
    """Exactly `count` stays over the cells, each within one of what is expected, so that months stay comparable."""
    marks = np.cumsum(expected) / expected.sum() * count
    marks[-1] = count
    return np.diff(np.floor(marks + rng.random()).astype(np.int64), prepend=0)


def draw_day_surgery(world: World, group: Ints, month: Ints, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Day surgery becomes more usual over the period."""
    chance = np.array([item.day_surgery for item in world.groups])[group]
    return rng.random(group.size) < chance * (0.8 + 0.3 * world.period.progress(month))


def draw_lengths(
    world: World, member: Ints, group: Ints, month: Ints, day_surgery: NDArray[np.bool_], rng: np.random.Generator
) -> Ints:
    """Nights in hospital, log-normal; 0 or 1 for day surgery."""
    day_part = np.array([item.day_surgery for item in world.groups])[group]
    mean = np.maximum((world.los[group] - day_part) / (1 - day_part), 1.4)
    mean = mean * world.stay_factor[member, np.clip(month, 0, world.period.months - 1)]
    nights = np.rint(mean * np.exp(STAY_SPREAD * rng.standard_normal(member.size) - STAY_SPREAD**2 / 2))
    overnight = rng.integers(0, 2, member.size)
    return np.where(day_surgery, overnight, np.clip(nights, 1, LONGEST_STAY)).astype(np.int64)


def draw_instants(
    admission_day: Ints, discharge_day: Ints, day_surgery: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Times of day: most arrive in the morning, some at any hour; discharges follow the ward round."""
    size = admission_day.size
    by_day = np.clip(rng.normal(10 * 60, 100, size), 7 * 60 + 30, 17 * 60)
    at_any_hour = rng.integers(0, MINUTES_OF_DAY, size)
    arrival = np.where(rng.random(size) < 0.7, by_day, at_any_hour)
    arrival = np.where(day_surgery, rng.integers(7 * 60, 8 * 60 + 30, size), arrival)
    leaving = np.clip(rng.normal(10 * 60 + 40, 70, size), 8 * 60, 17 * 60)
    leaving = np.where(day_surgery & (admission_day == discharge_day), rng.integers(15 * 60, 18 * 60, size), leaving)
    admitted = admission_day * MINUTES_OF_DAY + arrival.astype(np.int64)
    return admitted, discharge_day * MINUTES_OF_DAY + leaving.astype(np.int64)


def draw_births(world: World, group: Ints, admitted: Ints, rng: np.random.Generator) -> Ints:
    """Day of birth so that the age at admission fits the group; newborns are up to four weeks old."""
    low, mode, high = (world.ages[group, column] for column in range(3))
    newborn = high == 0
    years = rng.triangular(low, np.where(newborn, 0.5, mode), np.where(newborn, 1.0, high + 0.99))
    days = np.where(newborn, rng.integers(1, 27, group.size), years * 365.25 + 1)
    return admitted // MINUTES_OF_DAY - days.astype(np.int64)


def draw_regions(world: World, member: Ints, rng: np.random.Generator) -> Ints:
    """Region of residence: near the institution, further away the higher its level."""
    home = np.array([int(item.region) for item in world.members])
    near = np.where(world.is_primary, 0.95, np.where(world.is_tertiary, 0.40, 0.86))[member]
    dice = rng.random(member.size)
    elsewhere = home[rng.choice(home.size, member.size, p=world.shares)]
    regions = np.where(dice < near, home[member], elsewhere)
    return np.where(dice > np.where(world.is_tertiary, 0.88, 0.985)[member], int(OUTSIDE), regions)


def with_returns(world: World, stays: Stays, rng: np.random.Generator) -> Stays:
    """Lets some patients come back months later: two like stays of a medical group become one patient's."""
    generation = stays.born // 3650
    order = np.lexsort((rng.random(stays.size), generation, stays.sex, stays.group, stays.member))
    left, right = order[: stays.size // 2 * 2 : 2], order[1::2]
    swap = stays.admitted[left] > stays.admitted[right]
    earlier, later = np.where(swap, right, left), np.where(swap, left, right)
    alike = np.ones(left.size, dtype=bool)
    for key in (stays.member, stays.group, stays.sex, generation):
        alike &= key[earlier] == key[later]
    apart = stays.admitted[later] - stays.discharged[earlier] > GAP_OF_RETURNS * MINUTES_OF_DAY
    usual = world.is_medical[stays.group[earlier]] & (world.ages[stays.group[earlier], 2] > 0)
    chosen = alike & apart & usual & (rng.random(left.size) < 0.6)
    for name in ("patient", "born", "region"):
        values = getattr(stays, name)
        values[later[chosen]] = values[earlier[chosen]]
    return stays
