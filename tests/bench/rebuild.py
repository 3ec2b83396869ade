"""Part 3: everything computed anew, beside the SQL that a careful person would write by hand for the cells alone."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from evaluation.indicators.facts import CASE_FACTS, CASE_INDICES
from evaluation.models import CaseCell, IndicatorValue, InpatientCase, PublishedValue
from evaluation.services.cells import rebuild_cells
from evaluation.services.recompute import recompute_everything
from tests.bench.database import Database, say
from tests.bench.peer_cells import PEER_SQL
from tests.bench.results import Result, in_turns, seconds

MOST_OF_PEER = 3.0
KEYS = ("institution_id", "month", "department", "drg")


def measure(database: Database) -> Iterator[Result]:
    database.full()
    cases = InpatientCase.objects.filter(is_current=True).count()
    say(f"Recomputing everything from {cases:,} cases, beside SQL by hand …")
    turns = in_turns(lambda: seconds(recompute_everything), lambda: seconds(_peer))
    _compare()
    cells = seconds(rebuild_cells)
    yield Result(
        f"Full recomputation of {cases:,} cases, all indicators and periods, beside hand-written SQL for the cells",
        f"{turns.ours:.1f} s", f"{turns.peer:.1f} s", f"{turns.ratio:.2f} ×", f"≤ {MOST_OF_PEER:g} ×",
        turns.ratio <= MOST_OF_PEER,
        f"{CaseCell.objects.count():,} cells, {IndicatorValue.objects.count():,} values and as they are published "
        f"{PublishedValue.objects.count():,}; "
        f"the cells alone take {cells:.1f} s. The SQL yields the same cells, into a table without index.",
    )  # fmt: skip


def _peer() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_cells")
        cursor.execute(PEER_SQL)


def _compare() -> None:
    """Both must have computed the same."""
    exact = [name for name in CASE_FACTS if name not in CASE_INDICES]
    same = [f"ours.{name} = peer.{name}" for name in exact]
    same += [f"abs(ours.{name} - peer.{name}) < 0.000001 * (1 + peer.{name})" for name in CASE_INDICES]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM evaluation_casecell ours FULL JOIN bench_cells peer USING ({', '.join(KEYS)})"
            f" WHERE ({' AND '.join(same)}) IS NOT TRUE"
        )
        if different := cursor.fetchone()[0]:
            raise RuntimeError(f"{different} cells differ between the product and the SQL by hand.")
