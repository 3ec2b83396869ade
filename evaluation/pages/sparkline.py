"""Points of an inline sparkline."""

from collections.abc import Sequence

WIDTH, TOP, BOTTOM = 116.0, 3.0, 21.0


def spark_path(values: Sequence[float | None]) -> tuple[str, str]:
    """The path of a line and of its last point in a box of 120 × 24; empty when there are fewer than two values."""
    points = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return "", ""
    low, high = min(value for _, value in points), max(value for _, value in points)
    step = (WIDTH - 2) / max(len(values) - 1, 1)
    span = high - low or 1
    drawn = [f"{2 + place * step:.1f},{BOTTOM - (value - low) / span * (BOTTOM - TOP):.1f}" for place, value in points]
    return "M" + " ".join(drawn), f"M{drawn[-1]}h.01"
