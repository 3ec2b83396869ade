"""Brings a reference World into the database by the ordinary path: CSV sheets that are received, checked and stored."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from budgets.layouts import CATEGORIES
from evaluation.models import CaseCell, Consortium, IndicatorValue, InpatientCase, Institution, Upload, UploadMonth
from evaluation.services import arrivals, staleness
from evaluation.services.uploads import check_upload, receive, store, submit
from tests.reference import indicators as reference

Row = Mapping[str, object]
ValueKey = tuple[str, str, str, str]  # indicator, code of the institution or consortium, level, period
STORED = (
    "numerator", "denominator", "value", "cases", "rated_numerator", "rated_denominator", "last_index_day",
    "light", "reason", "reason_values", "version",
)  # fmt: skip


# ---- delivering ----------------------------------------------------------------------------------------------------


def deliver(
    dataset: str,
    rows: Iterable[Row],
    *,
    institution: str = "",
    consortium: str = "",
    month: date | None = None,
    mode: str = Upload.Mode.MERGE,
    all_accepted: bool = True,
) -> Upload:
    """Receive, check, submit and store a sheet; every row has to be accepted unless the caller expects otherwise."""
    upload = receive(
        dataset=dataset,
        file=sheet(list(rows)),
        filename=f"{dataset}.csv",
        by=None,
        institution=Institution.objects.get(code=institution) if institution else None,
        consortium=Consortium.objects.get(code=consortium) if consortium else None,
        month=month,
        mode=mode,
    )
    upload = check_upload(upload)
    assert upload.status == Upload.Status.CHECKED
    assert not all_accepted or upload.rows_rejected == 0, upload.problem_groups[:3]
    upload = store(submit(upload=upload, by=None))
    assert upload.status == Upload.Status.SUBMITTED, upload.failure
    return upload


def sheet(rows: Sequence[Row]) -> io.BytesIO:
    """A CSV sheet with the columns of all rows."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode("utf-8-sig"))


def deliver_world(world: reference.World) -> None:
    """Everything of a world, in one sheet per dataset; `came_by_referral` and the upload counts are set afterwards."""
    deliver_master_data(world)
    for dataset, rows in (
        ("cases", case_rows(world.cases)),
        ("referrals", referral_rows(world.referrals)),
        ("budgets", budget_rows(world.budgets)),
        ("expenditures", expenditure_rows(world.expenditures)),
    ):
        if rows:
            deliver(dataset, rows)
    note_arrivals(world.cases)
    count_uploads(world.uploads)


def deliver_master_data(world: reference.World) -> None:
    codes = sorted({membership.consortium for membership in world.memberships})
    deliver("consortia", [{"code": code, "name": code, "kind": "urban_group"} for code in codes])
    deliver("institutions", [institution_row(institution) for institution in world.institutions])
    deliver("memberships", [membership_row(membership) for membership in world.memberships])
    if world.departments:
        deliver("departments", [department_row(department) for department in world.departments])
    for consortium in sorted({benchmark.consortium for benchmark in world.benchmarks}):
        own = [benchmark for benchmark in world.benchmarks if benchmark.consortium == consortium]
        deliver("benchmarks", [benchmark_row(benchmark) for benchmark in own], consortium=consortium)


def note_arrivals(cases: Iterable[reference.Case]) -> None:
    """Set how the cases came, in place of referrals that fit them."""
    stored = {
        (code, record_no, stay_no): pk
        for pk, code, record_no, stay_no in InpatientCase.objects.filter(is_current=True).values_list(
            "pk", "institution__code", "record_no", "stay_no"
        )
    }
    arrivals.note_arrivals({stored[c.institution, c.record_no, c.stay_no]: c.came_by_referral for c in cases})


def count_uploads(uploads: Iterable[reference.UploadRows]) -> None:
    """Put the world's counts in the place of what the import counted."""
    counts: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0])
    for rows in uploads:
        counts[rows.institution, rows.month][0] += rows.read
        counts[rows.institution, rows.month][1] += rows.accepted
    upload = Upload.objects.filter(dataset="cases", status=Upload.Status.SUBMITTED).latest("pk")
    places = dict(Institution.objects.values_list("code", "pk"))
    UploadMonth.objects.all().delete()
    UploadMonth.objects.bulk_create(
        UploadMonth(
            upload=upload, institution_id=places[code], month=month, rows_read=read, rows_accepted=accepted
        )
        for (code, month), (read, accepted) in counts.items()
    )  # fmt: skip
    staleness.mark_values((places[code], month) for code, month in counts)


# ---- rows of sheets ------------------------------------------------------------------------------------------------


def institution_row(institution: reference.Institution) -> Row:
    return {
        "code": institution.code,
        "name": institution.code,
        "level": institution.level,
        "type": institution.type,
        "region_code": institution.region,
    }


def membership_row(membership: reference.Membership) -> Row:
    return {
        "consortium": membership.consortium,
        "institution": membership.institution,
        "role": "member",
        "joined_on": membership.joined_on,
        "left_on": membership.left_on,
    }


def department_row(department: reference.Department) -> Row:
    return {
        "institution": department.institution,
        "code": department.code,
        "name": department.code,
        "bed_type": department.bed_type,
    }


def benchmark_row(benchmark: reference.Benchmark) -> Row:
    return {
        "year": benchmark.year,
        "drg": benchmark.drg,
        "rw": benchmark.rw,
        "avg_cost": yuan(benchmark.avg_cost),
        "avg_los": benchmark.avg_los,
        "region": benchmark.region,
        "level": benchmark.level,
        "cases": benchmark.cases,
        "deaths": benchmark.deaths,
    }


def case_rows(cases: Iterable[reference.Case]) -> list[Row]:
    return [case_row(case) for case in cases]


def case_row(case: reference.Case) -> Row:
    """Sex, age and the receiver of a transfer are no part of a world, but of every sheet."""
    items = {column: yuan(amount) for column, amount in (case.items or {}).items()}
    return {
        "institution": case.institution,
        "record_no": case.record_no,
        "stay_no": case.stay_no,
        "patient_id": case.patient,
        "sex": "9",
        "age": 50,
        "admitted_at": case.admitted_at,
        "discharged_at": case.discharged_at,
        "dis_dept": case.department,
        "main_dx": case.main_dx,
        "surgery_level": case.surgery_level,
        "elective": yes_no(case.elective),
        "day_surgery": yes_no(case.day_surgery),
        "disposition": case.disposition,
        "receiving_inst": "elsewhere" if case.disposition in ("2", "3") else "",
        "readmit_plan": case.readmit_plan,
        "complication": yes_no(case.complication),
        "mdt": yes_no(case.mdt),
        "pathway": yes_no(case.pathway),
        "antibacterial": yes_no(case.antibacterial),
        "total_cost": yuan(case.total_cost),
        "drg_code": case.drg_code,
        "rw": case.rw,
        "drg_pay": yuan(case.drg_pay),
        **items,
    }


def referral_rows(referrals: Iterable[reference.Referral], patients: Sequence[str] = ()) -> list[Row]:
    """Of these patients, one after the other, or (none given) of patients who have no case."""
    return [
        {
            "id": f"T{number:05d}",
            "direction": referral.direction,
            "sender": referral.sender,
            "receiver": referral.receiver,
            "patient_id": patients[number % len(patients)] if patients else f"REFERRED{number}",
            "reason": "疑难重症",
            "requested_at": referral.requested_at,
            "accepted_at": referral.accepted_at,
            "completed_at": referral.completed_at,
            "status": referral.status,
        }
        for number, referral in enumerate(referrals)
    ]


def budget_rows(budgets: Iterable[reference.Budget]) -> list[Row]:
    """Several amounts of one institution and year become several categories."""
    seen: dict[tuple[int, str], int] = defaultdict(int)
    rows = []
    for budget in budgets:
        category = CATEGORIES[seen[budget.year, budget.institution]]
        seen[budget.year, budget.institution] += 1
        rows.append(
            {
                "year": budget.year,
                "institution": budget.institution,
                "category": category,
                "planned_amount": yuan(budget.amount),
            }
        )
    return rows


def expenditure_rows(expenditures: Iterable[reference.Expenditure]) -> list[Row]:
    seen: dict[tuple[date, str], int] = defaultdict(int)
    rows = []
    for spent in expenditures:
        category = CATEGORIES[seen[spent.month, spent.institution]]
        seen[spent.month, spent.institution] += 1
        rows.append(
            {
                "month": f"{spent.month:%Y-%m}",
                "institution": spent.institution,
                "category": category,
                "amount": yuan(spent.amount),
            }
        )
    return rows


def yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def yes_no(answer: bool | None) -> str:
    return {None: "", True: "yes", False: "no"}[answer]


# ---- what is stored ------------------------------------------------------------------------------------------------


def stored_values() -> dict[ValueKey, dict[str, object]]:
    """Every indicator value with all that hangs on it, except the time of its computation."""
    institutions, consortia = codes(Institution), codes(Consortium)
    return {
        (
            row["indicator"],
            institutions.get(row["institution"]) or consortia[row["consortium"]],
            row["level"],
            row["period"],
        ): {name: row[name] for name in STORED}
        for row in IndicatorValue.objects.values("indicator", "institution", "consortium", "level", "period", *STORED)
    }


def stored_cells() -> dict[tuple[str, date, str, str], dict[str, object]]:
    """Every cell by institution, month, department and DRG."""
    institutions = codes(Institution)
    keys = ("institution", "month", "department", "drg")
    facts = [f.name for f in CaseCell._meta.concrete_fields if f.name not in ("id", *keys)]
    return {
        (institutions[row["institution"]], row["month"], row["department"], row["drg"]): {f: row[f] for f in facts}
        for row in CaseCell.objects.values(*keys, *facts)
    }


def codes(model: type[Institution] | type[Consortium]) -> dict[int, str]:
    return dict(model.objects.values_list("pk", "code"))
