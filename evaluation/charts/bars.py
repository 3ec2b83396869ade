"""Ranked horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evaluation.charts.theme import Theme

ROW_HEIGHT = 26


def ranked_bars(
    names: Sequence[str], values: Sequence[float], theme: Theme, *, decimals: int = 1, suffix: str = ""
) -> go.Figure:
    """One bar a name, the first on top."""
    figure = go.Figure(layout={"template": theme.template()})
    figure.add_bar(
        x=list(values), y=list(names), orientation="h", marker={"color": theme.colours[0]}, width=0.6,
        texttemplate=f"%{{x:,.{decimals}f}}{suffix}", textposition="outside", cliponaxis=False,
        hovertemplate=f"%{{y}}: %{{x:,.{decimals}f}}{suffix}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        yaxis={"autorange": "reversed", "automargin": True}, xaxis={"showgrid": True, "rangemode": "tozero"},
        margin={"l": 8, "r": 56}, height=max(160, ROW_HEIGHT * len(names) + 60),
    )  # fmt: skip
    return figure
