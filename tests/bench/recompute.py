"""Part 2: one institution's month is delivered; how long until everybody sees the new values?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from evaluation.models import InpatientCase, Institution, StaleMark, Upload
from evaluation.services import uploads
from evaluation.services.recompute import recompute_stale
from tests.bench import site
from tests.bench.database import Database, checked, say
from tests.bench.results import TIMES, Result, seconds
from tests.bench.sheets import MIDDLE, Sheets

MOST_SECONDS = 2.0


def measure(database: Database) -> Iterator[Result]:
    sheets = database.full()
    total = InpatientCase.objects.filter(is_current=True).count()
    say(f"Delivering months of {sheets.newest_rows:,} cases …")
    newest = f"The newest month of {sheets.newest_rows:,} cases delivered to {total:,}"
    yield _in_process(sheets, sheets.newest, newest, MOST_SECONDS)
    yield _in_process(sheets, sheets.middle, f"A month {-MIDDLE - 1} months back delivered again", None)
    yield _through_the_site(sheets)


def _in_process(sheets: Sheets, file: Path, what: str, target: float | None) -> Result:
    turns: list[tuple[float, float]] = []
    for _turn in range(TIMES):
        upload = checked("cases", file, sheets.institution)
        stored = seconds(lambda upload=upload: _store(upload))
        marks = StaleMark.objects.filter(source=StaleMark.Source.CASES).count()
        computed = seconds(recompute_stale)
        if StaleMark.objects.filter(source__in=[StaleMark.Source.CASES, StaleMark.Source.VALUES]).exists():
            raise RuntimeError("Something is still stale after the recomputation.")
        turns.append((stored, computed))
        upload.refresh_from_db()
        uploads.undo(upload=upload, by=None)
        recompute_stale()
    stored, computed = sorted(turns, key=sum)[TIMES // 2]
    return Result(
        f"{what}: from submission to committed values, store and recomputation in one process",
        f"{stored + computed:.2f} s", target=f"≤ {target:g} s" if target else "–",
        is_met=stored + computed <= target if target else None,
        note=f"store {stored:.2f} s, recompute {computed:.2f} s, what outsiders read included; {marks} were stale.",
    )  # fmt: skip


def _store(upload: Upload) -> None:
    stored = uploads.store(uploads.submit(upload=upload, by=None))
    if stored.status != Upload.Status.SUBMITTED:
        raise RuntimeError(stored.failure)


def _through_the_site(sheets: Sheets) -> Result:
    """The same through gunicorn, Redis and a worker."""
    what = f"The newest month of {sheets.newest_rows:,} cases, from the click on submit until API and Overview show it"
    target = f"≤ {MOST_SECONDS:g} s"
    institution = Institution.objects.get(code=sheets.institution)
    try:
        first, *later = site.seconds_until_shown(_deliveries(sheets), institution, sheets.newest_month)
    except site.NotYetThere as reason:
        return Result(what, "not measured", target=target, note=str(reason))
    return Result(
        what, f"{median(later):.2f} s", target=target, is_met=median(later) <= MOST_SECONDS,
        note=f"{first:.2f} s with web and worker processes that have just started.",
    )  # fmt: skip


def _deliveries(sheets: Sheets) -> Iterator[int]:
    """The newest month several times, each checked and ready to submit, and taken back once it was seen."""
    for _turn in range(TIMES + 1):  # the first finds processes that have just started
        upload = checked("cases", sheets.newest, sheets.institution)
        yield upload.pk
        upload.refresh_from_db()
        uploads.undo(upload=upload, by=None)
        recompute_stale()
