"""Referrals of the demo: most belong to real stays, so that an accepted one is followed by an admission."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.cases import patient_id
from evaluation.demo.period import MINUTES_OF_DAY, instants
from evaluation.demo.stays import Cause, Ints, Stays, World

HEADINGS = (
    "id", "direction", "sender", "receiver", "patient_id", "main_dx", "reason", "green_channel", "needs_rehab",
    "requested_at", "accepted_at", "arrived_at", "completed_at", "status", "decline_reason",
)  # fmt: skip
REASONS = {
    "up": ("疑难重症", "需手术治疗", "需进一步检查明确诊断", "急危重症抢救"),
    "down": ("术后康复", "病情稳定转回社区", "慢性病长期管理", "康复期治疗"),
    "lateral": ("专科诊治", "床位紧张", "患者居住地就近治疗"),
}
DECLINED = ("床位已满", "不符合转诊指征", "患者选择其他医院", "资料不全")
# Referrals that no stay followed, as a part of all stays.
UNFOLLOWED = {"up": 0.005, "down": 0.010, "lateral": 0.003}
HOUR = 60
DAYS_OF_WORK_LIST = 6  # younger requests may still wait for an answer
NEVER = np.iinfo(np.int64).max


@dataclass
class Requests:
    """Parallel arrays, one place per referral; an instant is NEVER where it did not happen."""

    direction: str
    sender: Ints
    receiver: Ints
    stay: Ints
    requested: Ints
    accepted: Ints
    arrived: Ints
    completed: Ints
    ending: NDArray[np.str_]  # declined, cancelled, or empty

    def take(self, rows: NDArray[np.bool_]) -> "Requests":
        return Requests(self.direction, *(getattr(self, name)[rows] for name in FIELDS))


FIELDS = ("sender", "receiver", "stay", "requested", "accepted", "arrived", "completed", "ending")


def referral_rows(world: World, stays: Stays, seed: int) -> Iterator[tuple[str, ...]]:
    """All referrals in the order of their requests."""
    rng = np.random.default_rng([seed, 3])
    batches = [followed(world, stays, "up", rng), followed(world, stays, "down", rng)]
    batches += [unfollowed(world, stays, direction, rng) for direction in UNFOLLOWED]
    batches = [within(world, batch) for batch in batches if batch.stay.size]
    rows = [row for batch in batches for row in batch_rows(world, stays, batch, rng)]
    rows.sort(key=lambda row: (row[8], row[1], row[2], row[3]))
    for number, row in enumerate(rows, start=1):
        yield f"R{row[8][:4]}{row[8][5:7]}{number:06d}", *row


def followed(world: World, stays: Stays, direction: str, rng: np.random.Generator) -> Requests:
    """Referrals whose patient was admitted by the receiver."""
    sent = stays.cause == (Cause.SENT_UP if direction == "up" else Cause.SENT_DOWN)
    chosen = np.flatnonzero(sent | (stays.referred_from >= 0) if direction == "up" else sent)
    from_outside = stays.referred_from[chosen] >= 0
    parent = stays.parent[chosen]
    sender = np.where(from_outside, stays.referred_from[chosen], stays.member[parent])
    arrived = stays.admitted[chosen]
    lead_time = HOUR + rng.exponential(np.where(from_outside, 26 * HOUR, 10 * HOUR))
    base = np.where(from_outside, arrived, stays.discharged[parent])
    requested = base - np.clip(lead_time, 40, 5 * MINUTES_OF_DAY).astype(np.int64)
    requested = np.where(from_outside, requested, np.maximum(requested, stays.admitted[parent]))
    latest = (arrived - requested) * rng.uniform(0.2, 0.95, chosen.size)
    waiting = np.minimum(5 + rng.lognormal(5.2, 0.9, chosen.size), latest)
    accepted = requested + np.maximum(waiting, 1).astype(np.int64)
    completed = np.where(rng.random(chosen.size) < 0.94, arrived + rng.integers(30, 30 * HOUR, chosen.size), NEVER)
    return Requests(
        direction, sender, stays.member[chosen], chosen, requested, np.minimum(accepted, arrived), arrived, completed,
        np.full(chosen.size, "", dtype="<U9"),
    )  # fmt: skip


def unfollowed(world: World, stays: Stays, direction: str, rng: np.random.Generator) -> Requests:
    """Referrals without an admission: declined, cancelled, still open, or (down) seen as an out-patient."""
    rank = np.where(world.is_primary, 0, np.where(world.is_tertiary, 2, 1))
    returns = np.array([member.returns_patients for member in world.members])
    free = (stays.cause == Cause.OWN) & (stays.referred_from < 0) & (world.ages[stays.group, 0] > 13)
    sender = stays.member
    receiver = rng.choice(world.shares.size, stays.size, p=np.sqrt(world.shares) / np.sqrt(world.shares).sum())
    suitable = {
        "up": rank[receiver] > rank[sender],
        "down": (rank[receiver] < rank[sender]) & returns[sender],
        "lateral": (rank[receiver] == rank[sender]) & (receiver != sender) & returns[sender],
    }[direction]
    possible = np.flatnonzero(free & suitable)
    wanted = min(possible.size, round(UNFOLLOWED[direction] * stays.size))
    chosen = np.sort(rng.choice(possible, wanted, replace=False))

    at = stays.discharged if direction == "down" else stays.admitted
    requested = at[chosen] + rng.integers(-8 * HOUR, 4 * HOUR, chosen.size)
    dice = rng.random(chosen.size)
    sure_to_fail = direction == "up"
    refused = dice < (0.72 if sure_to_fail else 0.09)
    dropped = ~refused & (dice < (0.95 if sure_to_fail else 0.14))
    fresh = requested > (world.period.end_day - DAYS_OF_WORK_LIST) * MINUTES_OF_DAY
    waiting = fresh & (rng.random(chosen.size) < 0.6)
    refused, dropped = refused & ~waiting, dropped & ~waiting
    answered = requested + rng.lognormal(5.4, 0.9, chosen.size).astype(np.int64)
    accepted = np.where(refused | dropped | waiting, NEVER, answered)
    going = accepted < NEVER
    travelling = rng.integers(2 * HOUR, 60 * HOUR, chosen.size)
    arrived = np.where(going & (not sure_to_fail), np.where(going, accepted, 0) + travelling, NEVER)
    came = (arrived < NEVER) & (rng.random(chosen.size) < 0.95)
    completed = np.where(came, arrived + rng.integers(HOUR, 72 * HOUR, chosen.size), NEVER)
    ending = np.where(refused, "declined", np.where(dropped, "cancelled", ""))
    times = (requested, accepted, arrived, completed)
    return Requests(direction, sender[chosen], receiver[chosen], chosen, *times, ending)


def within(world: World, batch: Requests) -> Requests:
    """Only requests while both are members and inside the period; what lies after it has not happened yet."""
    end = world.period.end_day * MINUTES_OF_DAY
    first = int(world.period.starts[0].astype("datetime64[m]").astype(np.int64))
    joined = np.maximum(world.joined[batch.sender], world.joined[batch.receiver]) * MINUTES_OF_DAY
    batch = batch.take((batch.requested >= np.maximum(joined, first)) & (batch.requested < end))
    for name in ("accepted", "arrived", "completed"):
        moments = getattr(batch, name)
        moments[moments >= end] = NEVER
    return batch


def batch_rows(world: World, stays: Stays, batch: Requests, rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    size = batch.stay.size
    group = stays.group[batch.stay]
    urgent = np.array([item.deaths > 0.004 for item in world.groups])[group]
    green = (batch.direction == "up") & (rng.random(size) < np.where(urgent, 0.6, 0.12))
    rehab = (batch.direction == "down") & (
        np.array([item.fees in ("rehab", "implant") for item in world.groups])[group] | (rng.random(size) < 0.2)
    )
    status = np.where(batch.requested < NEVER, "requested", "")
    for name in ("accepted", "arrived", "completed"):
        status = np.where(getattr(batch, name) < NEVER, name, status)
    status = np.where(batch.ending != "", batch.ending, status)
    reasons = REASONS[batch.direction]
    picks = rng.integers(0, 12, (size, 2))
    times = [moments(getattr(batch, name)) for name in ("requested", "accepted", "arrived", "completed")]
    codes = [member.code for member in world.members]
    for place in range(size):
        yield (
            batch.direction, codes[batch.sender[place]], codes[batch.receiver[place]],
            patient_id(int(stays.patient[batch.stay[place]])), world.groups[group[place]].main_dx[0],
            reasons[picks[place, 0] % len(reasons)], "yes" if green[place] else "no", "yes" if rehab[place] else "no",
            *(column[place] for column in times), str(status[place]),
            DECLINED[picks[place, 1] % len(DECLINED)] if status[place] == "declined" else "",
        )  # fmt: skip


def moments(minutes: Ints) -> list[str]:
    happened = minutes < NEVER
    texts = instants(np.where(happened, minutes, 0))
    return [text if did else "" for text, did in zip(texts, happened.tolist(), strict=True)]
