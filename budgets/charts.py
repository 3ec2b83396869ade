"""Budget execution: what is spent beside the plan. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evaluation.charts.theme import Theme


def execution_chart(
    names: Sequence[str], shares: Sequence[float], elapsed: float, theme: Theme, *, suffix: str = " %"
) -> go.Figure:
    """Spent per cent of the plan per institution; a dashed line marks the part of the year that is over (per cent)."""
    figure = go.Figure(layout={"template": theme.template()})
    figure.add_bar(
        x=list(shares), y=list(names), orientation="h", marker={"color": theme.colours[0]}, width=0.66,
        texttemplate=f"%{{x:.1f}}{suffix}", textposition="inside", insidetextanchor="start", textangle=0,
        insidetextfont={"size": 12}, constraintext="none",
        hovertemplate=f"%{{y}}: %{{x:.1f}}{suffix}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=elapsed, line={"color": theme.ink, "width": 2, "dash": "4px,3px"})
    figure.update_layout(
        yaxis={"autorange": "reversed", "automargin": True}, xaxis={"showgrid": True, "rangemode": "tozero", "ticksuffix": suffix},
        margin={"l": 8, "r": 24}, height=max(180, 30 * len(names) + 60),
    )  # fmt: skip
    return figure
