"""What was measured, and how it is written down."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

TIMES = 5
TABLE = "| what | ours | peer | ratio | target | |\n|---|---|---|---|---|---|"
HEADING = """# Speed

Written by `make bench`; never edited by hand. Ratios carry over to other machines, absolute numbers do not. Ours and
the peer run on the same machine and the same PostgreSQL, one after the other in turns; the median of five counts, of ratios too.
"""


@dataclass(frozen=True)
class Result:
    """One line of the table. `is_met` None: there is no target, or it could not be measured."""

    what: str
    ours: str
    peer: str = "–"
    ratio: str = "–"
    target: str = "–"
    is_met: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**not met**", None: "–"}[self.is_met]


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


@dataclass(frozen=True)
class Turns:
    """Medians of what was measured alternately; the ratio is ours ÷ peer, turn by turn."""

    ours: float
    peer: float
    ratio: float


def in_turns(ours: Callable[[], float], peer: Callable[[], float]) -> Turns:
    pairs = [(ours(), peer()) for _ in range(TIMES)]
    return Turns(
        median(pair[0] for pair in pairs),
        median(pair[1] for pair in pairs),
        median(pair[0] / pair[1] for pair in pairs),
    )


def write(path: Path, results: Sequence[Result], *, postgresql: str, scale: float, load: float) -> None:
    lines = [HEADING, *_machine(postgresql, scale, load), "", TABLE]
    lines += [f"| {r.what} | {r.ours} | {r.peer} | {r.ratio} | {r.target} | {r.verdict} |" for r in results]
    lines += ["", *(f"- {result.what}: {result.note}" for result in results if result.note), ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))


def _machine(postgresql: str, scale: float, load: float) -> list[str]:
    lines = [
        f"Measured on {date.today()}: {os.cpu_count()} cores ({_processor()}), {_memory()} GB memory, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, PostgreSQL {postgresql}. "
        f"Load average before the start {load:.1f}: unless it is near 0, others slowed both sides down."
    ]
    if scale != 1:
        lines.append(f"\n**Only a trial: all sizes were multiplied by {scale:g}; targets hold at full size.**")
    return lines


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
