"""The limits that a new installation starts with (domain.md C); the office changes them later."""

from evaluation.rating.lights import Limits


def at_most(green: float, red: float) -> Limits:
    return Limits(green_high=green, red_high=red)


def at_least(green: float, red: float) -> Limits:
    return Limits(green_low=green, red_low=red)


def _everywhere(limits: Limits) -> dict[str, Limits]:
    return {"L3": limits, "L2": limits, "PRIMARY": limits}


DISTANCE_FROM_PLAN = Limits(green_low=-0.05, green_high=0.05, red_low=-0.10, red_high=0.10)

DEFAULTS: dict[str, dict[str, Limits]] = {
    "ALOS": {"L3": at_most(8, 10), "L2": at_most(8.5, 10), "PRIMARY": at_most(8, 10)},
    "COST_GR": _everywhere(at_most(0.05, 0.08)),
    "DRUG": {"L3": at_most(0.30, 0.35), "L2": at_most(0.35, 0.40), "PRIMARY": at_most(0.50, 0.60)},
    "CONS": {"L3": at_most(0.20, 0.25), "L2": at_most(0.15, 0.20), "PRIMARY": at_most(0.10, 0.15)},
    "CEI": _everywhere(at_most(1.0, 1.2)),
    "TEI": _everywhere(at_most(1.0, 1.2)),
    "LRM": _everywhere(at_most(0.0002, 0.0005)),
    "DATA_ACC": {**_everywhere(at_least(0.95, 0.80)), "CONSORTIUM": at_least(0.95, 0.80)},
    "BUD_EXEC": {**_everywhere(DISTANCE_FROM_PLAN), "CONSORTIUM": DISTANCE_FROM_PLAN},
}
