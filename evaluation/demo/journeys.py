"""Stays that follow from others: readmissions, planned cycles, patients sent up and down; and who came by referral."""

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.period import MINUTES_OF_DAY
from evaluation.demo.stays import Cause, Ints, Stays, World, draw_instants, draw_lengths, own_stays, with_returns

# Linked stays as a part of all stays.
PARTS = {
    Cause.UNPLANNED_READMISSION: 0.054,
    Cause.PLANNED_READMISSION: 0.013,
    Cause.SENT_UP: 0.007,
    Cause.SENT_DOWN: 0.011,
}
REFERRED_TO_HOSPITALS = 0.024  # own stays that began with an up-referral from an outpatient room, of all stays
TO_ANOTHER_MEMBER = 0.36  # of unplanned readmissions
SAME_GROUP = 0.62


def draw_stays(world: World, count: int, rng: np.random.Generator) -> Stays:
    """Exactly `count` stays, by member and discharge."""
    linked = {cause: round(part * count) for cause, part in PARTS.items()}
    stays = with_returns(world, own_stays(world, count - sum(linked.values()), rng), rng)
    for cause, wanted in (
        (Cause.SENT_UP, linked[Cause.SENT_UP]),
        (Cause.SENT_DOWN, linked[Cause.SENT_DOWN]),
        (Cause.PLANNED_READMISSION, linked[Cause.PLANNED_READMISSION] * 3 // 5),
        (Cause.PLANNED_READMISSION, linked[Cause.PLANNED_READMISSION] * 2 // 5),
        (Cause.UNPLANNED_READMISSION, linked[Cause.UNPLANNED_READMISSION]),
    ):
        stays = stays.join(followers(world, stays, cause, wanted, rng))
    if missing := count - stays.size:
        filling = own_stays(world, missing, rng)
        filling.patient += count
        stays = stays.join(filling)
    stays = mark_referred(world, stays, round(count * REFERRED_TO_HOSPITALS), rng)
    return in_order(stays)


def followers(world: World, stays: Stays, cause: Cause, wanted: int, rng: np.random.Generator) -> Stays:
    """Up to `wanted` stays that follow others; fewer where none fits or they would end after the period."""
    member, group, possible = targets(world, stays, cause, rng)
    possible &= suits(world, stays, group) & (world.mix[member, group] > 0)
    weight = parent_weights(world, stays, cause) * possible
    weight[stays.parent[stays.parent >= 0]] = 0
    if cause is not Cause.PLANNED_READMISSION:
        weight[stays.cause != Cause.OWN] = 0
    parents = draw_without_replacement(weight, wanted, rng)
    old = stays.take(parents)
    member, group = member[parents], group[parents]

    days = gaps(cause, parents.size, rng)
    month = world.period.month_of(old.discharged)
    none = np.zeros(parents.size, dtype=bool)
    nights = draw_lengths(world, member, group, month, none, rng)
    first_day = old.discharged // MINUTES_OF_DAY + days
    admitted, discharged = draw_instants(first_day, first_day + nights, none, rng)
    admitted = np.where(days == 0, old.discharged + rng.integers(50, 300, parents.size), admitted)
    new = Stays(
        member=member, group=group, admitted=admitted, discharged=discharged, patient=old.patient, sex=old.sex,
        born=old.born, region=old.region, day_surgery=none, cause=np.full(parents.size, cause), parent=parents,
        referred_from=np.full(parents.size, -1),
    )  # fmt: skip
    return new.take(discharged // MINUTES_OF_DAY < world.period.end_day)


def suits(world: World, stays: Stays, group: Ints) -> NDArray[np.bool_]:
    """Whether the group may be the next one of each patient; newborns come only once."""
    age = (stays.discharged // MINUTES_OF_DAY - stays.born) / 365.25
    sex = world.sexes[group]
    of_age = (world.ages[group, 0] <= age) & (age < world.ages[group, 2] + 1) & (world.ages[group, 2] > 0)
    return of_age & ((sex == 0) | (sex == stays.sex))


def parent_weights(world: World, stays: Stays, cause: Cause) -> NDArray[np.float64]:
    """How likely each stay is to be followed by one of the cause."""
    month = np.clip(world.period.month_of(stays.discharged), 0, world.period.months - 1)
    rising = 0.9 + 0.2 * world.period.progress(month)
    if cause is Cause.PLANNED_READMISSION:
        return np.array([group.planned_cycle for group in world.groups])[stays.group]
    if cause is Cause.UNPLANNED_READMISSION:
        inclined = np.array([member.readmissions for member in world.members])[stays.member]
        return np.array([group.readmissions for group in world.groups])[stays.group] * inclined
    if cause is Cause.SENT_UP:
        return np.where(world.is_tertiary, 0.0, np.where(world.is_primary, 3.0, 1.0))[stays.member] * rising
    returns = np.array([member.returns_patients and not member.is_primary for member in world.members])
    hard = np.array([group.rw >= 0.8 and group.ages.youngest > 13 for group in world.groups])
    return (returns[stays.member] & hard[stays.group]) * rising


def targets(world: World, stays: Stays, cause: Cause, rng: np.random.Generator) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Member and group of the stay that would follow each stay, and whether it can."""
    if cause is Cause.PLANNED_READMISSION:
        return stays.member.copy(), stays.group.copy(), np.ones(stays.size, dtype=bool)
    if cause is Cause.UNPLANNED_READMISSION:
        return readmission_targets(world, stays, rng)
    up = cause is Cause.SENT_UP
    allowed = world.is_tertiary if up else world.is_primary | np.array([m.type == "rehab" for m in world.members])
    chance = np.where(allowed, world.shares, 0.0)
    if not chance.any():
        return stays.member.copy(), stays.group.copy(), np.zeros(stays.size, dtype=bool)
    member = rng.choice(world.shares.size, stays.size, p=chance / chance.sum())
    joined = stays.discharged // MINUTES_OF_DAY >= np.maximum(world.joined[member], world.joined[stays.member])
    changed = harder(world)[stays.group] if up else easier(world)[stays.group]
    group = np.where(world.mix[member, changed] > 0, changed, stays.group)
    return member, group, joined & (member != stays.member)


def readmission_targets(world: World, stays: Stays, rng: np.random.Generator) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """The same place and group most often; else another member, or a medical group that fits sex and age."""
    elsewhere = rng.choice(world.shares.size, stays.size, p=world.shares / world.shares.sum())
    member = np.where(rng.random(stays.size) < TO_ANOTHER_MEMBER, elsewhere, stays.member)
    marks = np.cumsum(world.mix * world.is_medical, axis=1)
    marks = marks / marks[:, -1:] + np.arange(len(world.members))[:, None]
    other = np.searchsorted(marks.ravel(), member + rng.random(stays.size) * 0.999999) % len(world.groups)
    fits = (world.sexes[other] == 0) & suits(world, stays, other)
    group = np.where(fits & (rng.random(stays.size) > SAME_GROUP), other, stays.group)
    operated = ~world.is_medical[group]  # nobody has the same operation twice in a month
    group = np.where(operated & fits, other, group)
    treated = world.mix[member, group] > 0
    return np.where(treated, member, stays.member), np.where(treated, group, stays.group), treated & (~operated | fits)


def harder(world: World) -> Ints:
    """For each group the most severe one of the same disease."""
    best = {group.code[:3]: number for number, group in reversed(list(enumerate(world.groups)))}
    return np.array([best[group.code[:3]] for group in world.groups])


def easier(world: World) -> Ints:
    """For each group what follows in the community: rehabilitation after brain and bone, else its mildest form."""
    mildest = {group.code[:3]: number for number, group in enumerate(world.groups)}
    rehabilitation = next(n for n, group in enumerate(world.groups) if group.code == "XR25")
    return np.array([
        mildest[group.code[:3]] if group.code[0] not in "BI" and group.demand.primary else rehabilitation
        for group in (world.groups[mildest[item.code[:3]]] for item in world.groups)
    ])  # fmt: skip


def gaps(cause: Cause, size: int, rng: np.random.Generator) -> Ints:
    """Days from discharge to the next admission."""
    if cause is Cause.PLANNED_READMISSION:
        return rng.integers(14, 27, size)
    if cause is Cause.UNPLANNED_READMISSION:
        return np.clip(1 + rng.exponential(9.5, size), 1, 30).astype(np.int64)
    return np.zeros(size, dtype=np.int64) if cause is Cause.SENT_UP else rng.integers(0, 3, size)


def draw_without_replacement(weight: NDArray[np.float64], wanted: int, rng: np.random.Generator) -> Ints:
    """Places drawn by weight, each at most once; never one of weight 0."""
    possible = np.flatnonzero(weight > 0)
    keys = rng.exponential(size=possible.size) / weight[possible]
    return np.sort(possible[np.argsort(keys, kind="stable")[:wanted]])


def mark_referred(world: World, stays: Stays, wanted: int, rng: np.random.Generator) -> Stays:
    """Chooses own stays at hospitals whose patient was referred from below after an outpatient visit."""
    sender = rng.choice(world.shares.size, stays.size, p=softened(world.shares))
    rank = np.where(world.is_primary, 0, np.where(world.is_tertiary, 2, 1))
    day = stays.admitted // MINUTES_OF_DAY - 6
    member_then = (day >= world.joined[sender]) & (day >= world.joined[stays.member])
    month = np.clip(world.period.month_of(stays.admitted), 0, world.period.months - 1)
    suitable = (rank[sender] < rank[stays.member]) & (stays.cause == Cause.OWN) & member_then
    suitable &= world.ages[stays.group, 0] > 13
    weight = suitable * (0.85 + 0.3 * world.period.progress(month))
    chosen = draw_without_replacement(weight, wanted, rng)
    stays.referred_from[chosen] = sender[chosen]
    return stays


def softened(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(shares) / np.sqrt(shares).sum()


def in_order(stays: Stays) -> Stays:
    """By member, then discharge; parents follow their places."""
    order = np.lexsort((stays.patient, stays.discharged, stays.member))
    place = np.empty(stays.size, dtype=np.int64)
    place[order] = np.arange(stays.size)
    parent = np.where(stays.parent >= 0, place[stays.parent], -1)
    stays.parent = parent
    return stays.take(order)
