"""Sheets of an invented consortium of any size, from the generator of the demo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.demo import budgets, referrals
from evaluation.demo.cases import CaseWriter, Columns
from evaluation.demo.generator import month_before, write_master_data
from evaluation.demo.journeys import draw_stays
from evaluation.demo.members import members
from evaluation.demo.period import Period
from evaluation.demo.sheets import write_table
from evaluation.demo.stays import World
from evaluation.importing.case_layout import CASES

INSTITUTIONS, MONTHS, SEED = 20, 36, 1
NEWEST, MIDDLE = -1, -19  # the months of the lead hospital that are delivered once more, counted from the end


@dataclass(frozen=True)
class Sheets:
    """Master data and records in the order of import, then the cases, and months of the lead hospital by themselves."""

    records: tuple[tuple[str, Path], ...]  # dataset, file
    cases: Path
    rows: int
    institution: str
    newest: Path
    newest_rows: int
    newest_month: str
    middle: Path
    middle_rows: int


def case_headings() -> list[str]:
    """All columns but the dates of procedures, which no hospital of the demo delivers."""
    return [column.name for column in CASES.columns if column.name != "procedure_dates"]


def write_sheets(folder: Path, cases: int, month_rows: int) -> Sheets:
    """About `cases` rows in one CSV without the lead hospital's newest month, of which `month_rows` rows stand apart.

    Its rows beyond that number stay in the large sheet. The middle month is in both: delivered again, it is replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = World(members(INSTITUTIONS), Period.until(month_before(np.datetime64("today")), MONTHS))
    stays = draw_stays(world, cases, np.random.default_rng([SEED, 1]))
    records = [(entry.dataset, folder / entry.file) for entry in write_master_data(folder, world, cases, SEED)]
    treatment = np.zeros((INSTITUTIONS, MONTHS))
    files = {name: folder / f"{name}.csv" for name in ("cases", "newest", "middle")}
    rows = dict.fromkeys(files, 0)
    writer = CaseWriter(world, stays, SEED)
    newest, middle = str(world.period.starts[NEWEST]), str(world.period.starts[MIDDLE])
    with (
        files["cases"].open("w", encoding="utf-8") as all_cases,
        files["newest"].open("w", encoding="utf-8") as newest_cases,
        files["middle"].open("w", encoding="utf-8") as middle_cases,
    ):
        for file in (all_cases, newest_cases, middle_cases):
            file.write(",".join(case_headings()) + "\n")
        for number in range(len(world.members)):
            for year in world.period.years:
                columns, cost = writer.columns(number, year)
                treatment[number] += cost
                for line, discharged in _lines(columns):
                    is_newest = number == 0 and discharged.startswith(newest) and rows["newest"] < month_rows
                    (newest_cases if is_newest else all_cases).write(line)
                    rows["newest" if is_newest else "cases"] += 1
                    if number == 0 and discharged.startswith(middle) and rows["middle"] < month_rows:
                        middle_cases.write(line)
                        rows["middle"] += 1
    amounts = budgets.spending(world, treatment, SEED)
    for name, headings, contents in (
        ("referrals", referrals.HEADINGS, referrals.referral_rows(world, stays, SEED)),
        ("budgets", budgets.BUDGET_HEADINGS, budgets.budget_rows(world, amounts)),
        ("expenditures", budgets.EXPENDITURE_HEADINGS, budgets.expenditure_rows(world, amounts)),
    ):
        write_table(folder / f"{name}.csv", headings, contents)
        records.append((name, folder / f"{name}.csv"))
    return Sheets(
        tuple(records), files["cases"], rows["cases"], world.members[0].code, files["newest"], rows["newest"], newest,
        files["middle"], rows["middle"],
    )  # fmt: skip


def _lines(columns: Columns) -> Iterator[tuple[str, str]]:
    """The lines of a sheet with the time of discharge of each; case values hold nothing to be quoted."""
    texts = map(",".join, zip(*(columns[name] for name in case_headings()), strict=True))
    return zip(map("{}\n".format, texts), columns["discharged_at"], strict=True)
