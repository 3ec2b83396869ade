"""Writes all sheets of a demo into a folder."""

from pathlib import Path

import numpy as np

from evaluation.demo import budgets, master, referrals
from evaluation.demo.benchmarks import benchmark_rows
from evaluation.demo.cases import CaseWriter, Columns
from evaluation.demo.faults import faulty_sheet, spoil
from evaluation.demo.journeys import draw_stays
from evaluation.demo.members import Member, Sheet, members
from evaluation.demo.period import Period
from evaluation.demo.sheets import Entry, write_cases, write_manifest, write_table
from evaluation.demo.stays import World
from evaluation.importing import master_layouts

CARELESS_MONTHS = 6  # how many of the last months the careless member's faults fall into
USUAL_BAD_ROWS = 0.002


def make_demo(folder: Path, *, institutions: int, months: int, cases: int, seed: int, until: str) -> list[Entry]:
    """Writes the sheets and `manifest.csv`; the same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    world = World(members(institutions), Period.until(until, months))
    stays = draw_stays(world, cases, np.random.default_rng([seed, 1]))
    writer = CaseWriter(world, stays, seed)
    treatment = np.zeros((institutions, months))

    entries = write_master_data(folder, world, cases, seed)
    faulty = None
    for number, member in enumerate(world.members):
        for year in world.period.years:
            columns, cost = writer.columns(number, year)
            treatment[number] += cost
            if not columns["record_no"]:
                continue
            if member == careful_hospital(world) and year == world.period.last_year:
                faulty = write_faulty_sheet(folder, member, columns, str(world.period.last))
            entries.append(write_year(folder, world, member, year, columns, seed))
    if faulty:
        entries.append(faulty)
    write_table(folder / "referrals.csv", referrals.HEADINGS, referrals.referral_rows(world, stays, seed))
    amounts = budgets.spending(world, treatment, seed)
    write_table(folder / "budgets.csv", budgets.BUDGET_HEADINGS, budgets.budget_rows(world, amounts))
    write_table(folder / "expenditures.csv", budgets.EXPENDITURE_HEADINGS, budgets.expenditure_rows(world, amounts))
    entries += [Entry(name, f"{name}.csv") for name in ("referrals", "budgets", "expenditures")]
    write_manifest(folder, entries)
    return entries


def write_master_data(folder: Path, world: World, cases: int, seed: int) -> list[Entry]:
    tables = (
        (master_layouts.CONSORTIA, master.consortium_rows()),
        (master_layouts.INSTITUTIONS, master.institution_rows(world, cases)),
        (master_layouts.MEMBERSHIPS, master.membership_rows(world)),
        (master_layouts.DEPARTMENTS, master.department_rows(world)),
        (master_layouts.BENCHMARKS, benchmark_rows(world.period, seed)),
    )
    entries = []
    for layout, rows in tables:
        write_table(folder / f"{layout.dataset}.csv", [column.name for column in layout.columns], rows)
        entries.append(Entry(layout.dataset, f"{layout.dataset}.csv"))
    return entries


def write_year(folder: Path, world: World, member: Member, year: int, columns: Columns, seed: int) -> Entry:
    """One case sheet, with the faults that its institution makes."""
    rng = np.random.default_rng([seed, 6, member.number, year])
    bad = bad_rows(world, member, columns, rng)
    spoil(columns, bad)
    ending = "xlsx" if member.sheet is Sheet.XLSX else "csv"
    name = f"cases_{member.code}_{year}.{ending}"
    write_cases(folder / name, columns, member.sheet)
    return Entry("cases", name, member.code, accept_valid=bad.size > 0)


def bad_rows(world: World, member: Member, columns: Columns, rng: np.random.Generator) -> np.ndarray:
    """Rows to spoil: many of the careless member's last months, a few of a secondary hospital's."""
    month = np.array(columns["discharged_at"], dtype="datetime64[m]").astype("datetime64[M]")
    recent = (world.period.last - month).astype(np.int64) < CARELESS_MONTHS
    usual = USUAL_BAD_ROWS if member.level == "L2" else 0.0
    return np.flatnonzero(rng.random(month.size) < np.where(recent, max(member.bad_rows, usual), usual))


def careful_hospital(world: World) -> Member | None:
    """The hospital that delivers the sheet of faults: the first secondary one."""
    return next((member for member in world.members if member.level == "L2"), None)


def write_faulty_sheet(folder: Path, member: Member, columns: Columns, month: str) -> Entry | None:
    rows = [place for place, text in enumerate(columns["discharged_at"]) if text.startswith(month)]
    if not rows:
        return None
    selected = {name: [values[place] for place in rows] for name, values in columns.items()}
    write_cases(folder / "dirty_cases.csv", faulty_sheet(selected), Sheet.CSV)
    return Entry("cases", "dirty_cases.csv", member.code, month, accept_valid=True)


def month_before(today: np.datetime64) -> str:
    """The last complete month."""
    return str(today.astype("datetime64[M]") - 1)
