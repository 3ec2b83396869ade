"""A line per institution over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from evaluation.charts.theme import DASHES, MOST_COLOURED, Theme

LONGEST_NAME = 140  # pixels


@dataclass(frozen=True)
class Series:
    """A name and a value per label of the axis; None is a gap. `is_main` is drawn bold and labelled first."""

    name: str
    values: Sequence[float | None]
    is_main: bool = False


@dataclass(frozen=True)
class Limits:
    """Where green begins or ends and where red begins, in the unit of the axis."""

    green_low: float | None = None
    green_high: float | None = None
    red_low: float | None = None
    red_high: float | None = None


def trend(
    labels: Sequence[str], series: Sequence[Series], theme: Theme, *, decimals: int = 1, suffix: str = "",
    limits: Limits | None = None,
) -> go.Figure:  # fmt: skip
    """Lines with their last point marked and named; beyond six series the rest is drawn quietly without names."""
    figure = go.Figure(layout={"template": theme.template(), "hovermode": "x unified"})
    for place, line in enumerate(series):
        loud = place < MOST_COLOURED
        colour = theme.colours[place % len(theme.colours)] if loud else theme.quiet_line
        dash = DASHES[place] if loud and len(series) > 4 else "solid"
        width = 3 if line.is_main else 2 if loud else 1
        figure.add_scatter(
            x=list(labels), y=list(line.values), name=line.name, mode="lines", connectgaps=False,
            line={"color": colour, "width": width, "dash": dash.replace(" ", "px,") + "px" if " " in dash else dash},
            hovertemplate=f"%{{y:.{decimals}f}}{suffix}",
        )  # fmt: skip
        last = _last(line.values)
        if loud and last is not None:
            _mark_end(figure, labels[last], line, line.values[last], colour, theme, decimals)
    _draw_limits(figure, limits, theme)
    _spread_labels(figure)
    room = max((_width(note.text) for note in figure.layout.annotations), default=0)
    figure.update_layout(
        margin={"r": room + 20},
        xaxis={"nticks": 8, "tickangle": 0, "type": "category", "range": [-0.5, len(labels) - 0.5]},
    )
    return figure


def _width(text: str) -> int:
    """Pixels that a label takes, roughly: Chinese signs are twice as wide as Latin ones."""
    plain = text.removeprefix("<b>").removesuffix("</b>")
    return round(sum(12.5 if ord(sign) > 0x2E80 else 7 for sign in plain))


def _last(values: Sequence[float | None]) -> int | None:
    return max((place for place, value in enumerate(values) if value is not None), default=None)


def _mark_end(
    figure: go.Figure, x: str, line: Series, y: float | None, colour: str, theme: Theme, decimals: int
) -> None:
    figure.add_scatter(
        x=[x], y=[y], mode="markers", marker={"size": 7, "color": colour}, hoverinfo="skip", showlegend=False
    )
    name = line.name if _width(line.name) <= LONGEST_NAME else line.name[: LONGEST_NAME // 13] + "…"
    text = f"{name} {y:,.{decimals}f}"
    figure.add_annotation(
        x=1, xref="paper", y=y, xanchor="left", xshift=8, showarrow=False, align="left",
        text=f"<b>{text}</b>" if line.is_main else text, font={"color": theme.ink if line.is_main else theme.text, "size": 12},
    )  # fmt: skip


def _spread_labels(figure: go.Figure) -> None:
    """Labels at the end of lines that lie close together are moved apart."""
    notes = sorted(figure.layout.annotations, key=lambda note: note.y)
    values = [y for trace in figure.data for y in (trace.y or ()) if y is not None]
    if len(notes) < 2 or not values:
        return
    span = max(values) - min(values) or 1
    pixels, gap, previous = 230, 15, float("-inf")
    for note in notes:
        natural = (note.y - min(values)) / span * pixels
        placed = max(natural, previous + gap)
        note.yshift = placed - natural
        previous = placed


def _draw_limits(figure: go.Figure, limits: Limits | None, theme: Theme) -> None:
    if limits is None:
        return
    values = [y for trace in figure.data for y in (trace.y or ()) if y is not None]
    if not values:
        return
    low, high = min(values), max(values)
    margin = (high - low or abs(high) or 1) * 0.15
    near = [
        limit
        for limit in (limits.green_low, limits.green_high, limits.red_low, limits.red_high)
        if limit is not None and low - 3 * margin <= limit <= high + 3 * margin
    ]
    bottom, top = min([low, *near]) - margin, max([high, *near]) + margin
    green = (
        max(limits.green_low if limits.green_low is not None else bottom, bottom),
        min(limits.green_high if limits.green_high is not None else top, top),
    )
    if green[0] < green[1]:
        figure.add_hrect(y0=green[0], y1=green[1], fillcolor=theme.band, line_width=0, layer="below")
    for red in (limits.red_low, limits.red_high):
        if red is not None and bottom <= red <= top:
            figure.add_hline(y=red, line={"color": theme.limit, "width": 1, "dash": "4px,3px"})
    figure.update_yaxes(range=[bottom, top])
