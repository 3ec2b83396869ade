"""Colours and templates of the charts, light and dark (mock/README.md, "Plotly template"). A light is never a series colour."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = (
    '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, '
    '"PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif'
)
DASHES = ("solid", "solid", "6 3", "solid", "2 3", "8 3 2 3", "6 3", "2 3")
MOST_COLOURED = 6


@dataclass(frozen=True)
class Theme:
    name: str
    text: str
    ink: str
    grid: str
    band: str
    limit: str
    quiet_line: str
    hover: tuple[str, str, str]  # background, border, text
    colours: tuple[str, ...]

    def template(self) -> go.layout.Template:
        axis = {"gridcolor": self.grid, "zerolinecolor": self.grid, "linewidth": 0, "showline": False}
        background, border, text = self.hover
        return go.layout.Template(
            layout={
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "font": {"size": 12, "color": self.text, "family": FONT},
                "xaxis": {**axis, "showgrid": False},
                "yaxis": axis,
                "colorway": list(self.colours),
                "hoverlabel": {"bgcolor": background, "bordercolor": border, "font": {"color": text}},
                "margin": {"l": 44, "r": 16, "t": 8, "b": 32},
                "showlegend": False,
            }
        )


LIGHT = Theme(
    name="light", text="#4a5565", ink="#1a212b", grid="#e6e9ed", band="#eef1f5", limit="#5f6a79", quiet_line="#7a8493",
    hover=("#ffffff", "#7a8493", "#1a212b"),
    colours=("#376ccd", "#75264f", "#138fc0", "#651ba6", "#482008", "#8b5586", "#220d77", "#888888"),
)  # fmt: skip
DARK = Theme(
    name="dark", text="#b6c0cc", ink="#e8ecf1", grid="#28303b", band="#232b36", limit="#94a0b0", quiet_line="#6f7c8d",
    hover=("#171c23", "#6f7c8d", "#e8ecf1"),
    colours=("#58a2fd", "#be4986", "#bdf8ff", "#8464dd", "#9d703b", "#b580be", "#c0c9ff", "#adadaf"),
)  # fmt: skip


def themed(draw: Callable[[Theme], go.Figure]) -> dict[str, Any]:
    """The figure in both themes, ready for json_script; the page shows the one in use."""
    return {theme.name: json.loads(draw(theme).to_json()) for theme in (LIGHT, DARK)}


def translucent(colour: str, opacity: float) -> str:
    """#rrggbb as rgba()."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
