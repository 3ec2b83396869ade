"""Who sends whom where: flows between members and what each takes and returns. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

FLOW_COLUMNS = ("sender", "receiver", "direction", "created", "accepted", "completed")


@dataclass(frozen=True)
class Flow:
    """Referrals of one direction from one institution to another: created, accepted and completed."""

    sender: int
    receiver: int
    direction: str
    created: int
    accepted: int
    completed: int

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self.created, self.accepted, self.completed


@dataclass(frozen=True)
class Exchange:
    """Between an upper and a lower institution: what the upper took (accepted up) and returned (completed down)."""

    upper: int
    lower: int
    taken: int
    returned: int

    @property
    def share(self) -> float | None:
        """Returned ÷ taken; none where nothing was taken."""
        return self.returned / self.taken if self.taken else None

    @property
    def never_returns(self) -> bool:
        return self.taken > 0 and self.returned == 0


def flows(referrals: pd.DataFrame) -> list[Flow]:
    """referrals: FLOW_COLUMNS, already counted. The largest flow first."""
    ordered = referrals.sort_values(["created", "sender", "receiver"], ascending=[False, True, True], kind="stable")
    return [
        Flow(int(r.sender), int(r.receiver), str(r.direction), int(r.created), int(r.accepted), int(r.completed))
        for r in ordered.itertuples(index=False)
    ]


def exchanges(found: list[Flow]) -> list[Exchange]:
    """Taken and returned per pair: up-referrals accepted by the upper, down-referrals it sent that were completed."""
    taken: dict[tuple[int, int], int] = {}
    returned: dict[tuple[int, int], int] = {}
    for flow in found:
        if flow.direction == "up":
            pair = (flow.receiver, flow.sender)
            taken[pair] = taken.get(pair, 0) + flow.accepted
        elif flow.direction == "down":
            pair = (flow.sender, flow.receiver)
            returned[pair] = returned.get(pair, 0) + flow.completed
    pairs = sorted(set(taken) | set(returned), key=lambda pair: (-taken.get(pair, 0), pair))
    return [
        Exchange(upper, lower, taken.get((upper, lower), 0), returned.get((upper, lower), 0)) for upper, lower in pairs
    ]
