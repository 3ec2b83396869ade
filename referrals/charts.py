"""The Sankey of referrals: senders on the left, receivers on the right. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evaluation.charts.theme import Theme, translucent

UP, DOWN, LATERAL = 0, 3, 2  # places in the colourway: up is cat-1, down is cat-4 everywhere
COLOURS = {"up": UP, "down": DOWN, "lateral": LATERAL}
OPAQUE = 0.34
NODE_ROOM = 26


def sankey(links: Sequence[tuple[str, str, str, int]], theme: Theme) -> go.Figure:
    """links: sender, receiver, direction, referrals."""
    senders = list(dict.fromkeys(sender for sender, _receiver, _direction, _count in links))
    receivers = list(dict.fromkeys(receiver for _sender, receiver, _direction, _count in links))
    figure = go.Figure(layout={"template": theme.template()})
    figure.add_sankey(
        node={
            "label": [*senders, *receivers],
            "color": theme.text,
            "thickness": 6,
            "pad": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value}<extra></extra>",
        },
        link={
            "source": [senders.index(sender) for sender, _r, _d, _c in links],
            "target": [len(senders) + receivers.index(receiver) for _s, receiver, _d, _c in links],
            "value": [count for *_others, count in links],
            "color": [translucent(theme.colours[COLOURS[direction]], OPAQUE) for _s, _r, direction, _c in links],
            "hovertemplate": "%{source.label} → %{target.label}: %{value}<extra></extra>",
        },
    )
    figure.update_layout(
        height=max(300, NODE_ROOM * max(len(senders), len(receivers), 1) + 80), margin={"l": 8, "r": 8, "t": 8, "b": 8}
    )
    return figure
