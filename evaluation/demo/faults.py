"""Rows that break a rule of domain.md G on purpose, so that the demo shows what the import says about them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Row = dict[str, str]
Columns = dict[str, list[str]]

OTHER_RECORDS = 90_000_000  # record numbers of the faulty sheet start here, away from those of the ordinary sheets
GOOD_ROWS = 20


def discharged_before_admission(row: Row) -> None:
    row["admitted_at"], row["discharged_at"] = row["discharged_at"], row["admitted_at"][:8] + "01 00:00"


def discharged_in_future(row: Row) -> None:
    row["discharged_at"] = f"2099{row['discharged_at'][4:]}"


def lay_over_a_year(row: Row) -> None:
    row["admitted_at"] = f"{int(row['discharged_at'][:4]) - 2}-03-01 09:00"


def unknown_institution(row: Row) -> None:
    row["institution"] = "H00000000000"


def unknown_sex(row: Row) -> None:
    row["sex"] = "3"


def fees_differ_from_total(row: Row) -> None:
    row["total_cost"] = f"{float(row['total_cost']) + 100:.2f}"


def negative_fee(row: Row) -> None:
    row["cost_lab"], row["cost_exam"] = "-50.00", f"{float(row['cost_exam']) + float(row['cost_lab']) + 50:.2f}"


def diagnosis_in_words(row: Row) -> None:
    row["main_dx"] = "肺炎"


def procedure_without_point(row: Row) -> None:
    row["procedures"] = "470100"


def cut_drg_code(row: Row) -> None:
    row["drg_code"] = "ES3"


def no_receiver(row: Row) -> None:
    row["disposition"], row["receiving_inst"] = "2", ""


FAULTS: tuple[tuple[str, Callable[[Row], None]], ...] = (
    ("V1", discharged_before_admission),
    ("V1", discharged_in_future),
    ("V2", lay_over_a_year),
    ("V4", unknown_institution),
    ("V4", unknown_sex),
    ("V5", fees_differ_from_total),
    ("V5", negative_fee),
    ("V6", diagnosis_in_words),
    ("V7", procedure_without_point),
    ("V8", cut_drg_code),
    ("V11", no_receiver),
)
USUAL_FAULTS = (fees_differ_from_total, diagnosis_in_words, no_receiver, cut_drg_code, unknown_sex)


def spoil(columns: Columns, rows: NDArray[np.int64]) -> None:
    """Gives each of the rows, in place, one of the faults that careless sheets have."""
    for step, place in enumerate(rows.tolist()):
        row = {name: values[place] for name, values in columns.items()}
        USUAL_FAULTS[step % len(USUAL_FAULTS)](row)
        for name, value in row.items():
            columns[name][place] = value


def faulty_sheet(columns: Columns) -> Columns:
    """Good rows, one row for each fault, and at last a repeated key (V3); all under record numbers of their own."""
    size = min(GOOD_ROWS + len(FAULTS), len(columns["record_no"]))
    rows = [{name: values[place] for name, values in columns.items()} for place in range(size)]
    for number, row in enumerate(rows, start=1):
        row["record_no"], row["stay_no"] = str(OTHER_RECORDS + number), "1"
        row["patient_id"] = f"000000{290000000000 + number}"
        row["readmit_plan"] = "1"
    for row, (_, fault) in zip(rows[-len(FAULTS) :], FAULTS, strict=False):
        fault(row)
    rows.append(dict(rows[0]))
    return {name: [row[name] for row in rows] for name in columns}
