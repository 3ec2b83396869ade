"""Random histories of a consortium's data: sheets in any order, delivered again with changes, replaced and undone."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from evaluation.models import InpatientCase, Upload
from evaluation.services.recompute import recompute_all_stale
from evaluation.services.uploads import undo
from tests import worlds_in_database as into
from tests.reference.indicators import Case, Month, World, month_of
from tests.reference.worlds import DRGS, make_world

MONTHS = 8
ARRIVAL_DAYS = 14
CaseKey = tuple[str, str, int]


@dataclass
class Delivery:
    """A submitted upload and, so that what is current can be worked out slowly, what it said."""

    upload: Upload
    dataset: str
    cases: list[Case] = field(default_factory=list)
    rows: list[into.Row] = field(default_factory=list)
    replaced: tuple[str, Month] | None = None  # the institution and month that the sheet replaced whole
    is_undone: bool = False


class History:
    """The same seed always makes the same history; `told` is what happened, in words."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = shortened(make_world(seed))
        self.deliveries: list[Delivery] = []
        self.told: list[str] = []
        into.deliver_master_data(self.world)

    def run(self, steps: int) -> None:
        self._deliver_half()
        for _ in range(steps):
            self.rng.choice(self._actions())()
            if self.rng.random() < 0.7:
                recompute_all_stale()
        recompute_all_stale()

    def _actions(self) -> list[Callable[[], None]]:
        return [
            self.deliver_month, self.deliver_month, self.deliver_month, self.replace_month, self.replace_month,
            self.deliver_referrals, self.deliver_referrals, self.spend, self.plan, self.change_membership,
            self.change_benchmarks, self.move_institution, self.change_beds, self.join, *3 * [self.undo_something],
        ]  # fmt: skip

    def _deliver_half(self) -> None:
        """What was there before: some months of some institutions, computed once."""
        for _ in range(6):
            self.deliver_month()
        recompute_all_stale()

    # ---- cases

    def deliver_month(self) -> None:
        institution, month = self._place()
        cases = [self._altered(case) for case in self._cases_of(institution, month)]
        if cases:
            self._deliver_cases(cases, f"cases of {institution} {month}")

    def replace_month(self) -> None:
        institution, month = self._place()
        cases = [self._altered(case) for case in self._cases_of(institution, month) if self.rng.random() < 0.7]
        cases = [case for case in cases if month_of(case.discharged_at) == month]
        if cases:
            self._deliver_cases(cases, f"replace {institution} {month}", replaced=(institution, month))

    def _deliver_cases(self, cases: list[Case], what: str, *, replaced: tuple[str, Month] | None = None) -> None:
        options = {}
        if replaced:
            options = {"institution": replaced[0], "month": date(*replaced[1], 1), "mode": Upload.Mode.REPLACE}
        upload = into.deliver("cases", into.case_rows(cases), **options)
        self._remember(Delivery(upload, "cases", cases, replaced=replaced), what)

    def _place(self) -> tuple[str, Month]:
        case = self.rng.choice(self.world.cases)
        return case.institution, month_of(case.discharged_at)

    def _cases_of(self, institution: str, month: Month) -> list[Case]:
        return [c for c in self.world.cases if c.institution == institution and month_of(c.discharged_at) == month]

    def _altered(self, case: Case) -> Case:
        """Now and then the sheet says something else than the last time."""
        if self.rng.random() < 0.7:
            return case
        other = self.rng.choice(self.world.cases)
        moved = max(case.discharged_at + timedelta(days=self.rng.randint(-40, 40)), case.admitted_at)
        return self.rng.choice(
            [
                replace(case, total_cost=other.total_cost, items=other.items),
                replace(case, drg_code=self.rng.choice(DRGS), rw=None),
                replace(case, discharged_at=moved),
                replace(case, patient=other.patient),
                replace(case, disposition=self.rng.choice("1259")),
                replace(case, department="D09"),
            ]
        )

    # ---- referrals and money

    def deliver_referrals(self) -> None:
        """Some referrals of patients who have cases; the same number may come again with another patient or time."""
        patients = [case.patient for case in self.world.cases]
        rows = into.referral_rows(self.world.referrals, self.rng.choices(patients, k=50))
        chosen = self.rng.sample(rows, min(25, len(rows)))
        self._deliver("referrals", [self._fitting(row) for row in chosen])

    def _fitting(self, row: into.Row) -> into.Row:
        """Half of the referrals lead to a case of the patient."""
        case = self.rng.choice(self.world.cases)
        if self.rng.random() < 0.5 or row["sender"] == case.institution:
            return row
        requested_at = case.admitted_at - timedelta(days=self.rng.choice((0, 1, 13, 14, 15)))
        return {
            **row, "receiver": case.institution, "patient_id": case.patient, "requested_at": requested_at,
            "accepted_at": "", "completed_at": "", "status": self.rng.choice(("accepted", "completed", "declined")),
        }  # fmt: skip

    def spend(self) -> None:
        """Sometimes of months that have no other data yet."""
        rows = [dict(row) for row in into.expenditure_rows(self.world.expenditures)]
        chosen = self.rng.sample(rows, min(6, len(rows)))
        if self.rng.random() < 0.4:
            chosen[0]["month"] = self.rng.choice(("2023-11", "2026-09"))
        self._deliver("expenditures", chosen)

    def plan(self) -> None:
        rows = into.budget_rows(self.world.budgets)
        if rows:
            chosen = self.rng.sample(rows, min(4, len(rows)))
            self._deliver("budgets", [{**row, "planned_amount": self.rng.randint(1, 9_000_000)} for row in chosen])

    # ---- master data

    def change_membership(self) -> None:
        """Someone leaves, or stays after all."""
        membership = self.rng.choice(self.world.memberships)
        days = (None, membership.left_on, date(*self._place()[1], 1), date(*self._place()[1], 15))
        left_on = self.rng.choice(days)
        later = [
            other.joined_on
            for other in self.world.memberships
            if (other.consortium, other.institution) == (membership.consortium, membership.institution)
            and other.joined_on > membership.joined_on
        ]
        if later or (left_on and left_on < membership.joined_on):
            left_on = membership.left_on
        self._deliver("memberships", [into.membership_row(replace(membership, left_on=left_on))])

    def change_benchmarks(self) -> None:
        """A year's rows come again with other numbers."""
        year = self.rng.choice([benchmark.year for benchmark in self.world.benchmarks])
        owner = self.rng.choice(["", "", self.rng.choice(self.world.memberships).consortium])
        ours = [b for b in self.world.benchmarks if b.year == year and not b.consortium]
        chosen = self.rng.sample(ours, min(20, len(ours)))
        self._deliver(
            "benchmarks",
            [into.benchmark_row(replace(b, avg_cost=b.avg_cost + 777, deaths=1, cases=50)) for b in chosen],
            consortium=owner,
        )

    def change_beds(self) -> None:
        """Departments are listed, or their beds serve another purpose."""
        rows = [
            {"institution": place.code, "code": code, "name": code, "bed_type": self.rng.choice(("", "acute", "rehab"))}
            for place in self.world.institutions
            for code in self.rng.sample(("D01", "D02", "D03"), 2)
        ]
        self._deliver("departments", rows)

    def join(self) -> None:
        """Someone joins another consortium, of which it was no member, for a day: its benchmarks hold from then on."""
        membership = self.rng.choice(self.world.memberships)
        taken = {each.institution for each in self.world.memberships if each.consortium == membership.consortium}
        free = [institution.code for institution in self.world.institutions if institution.code not in taken]
        if free:
            day = date(2026, 9, self.rng.randint(1, 30))
            other = replace(membership, institution=self.rng.choice(free), joined_on=day, left_on=day)
            self._deliver("memberships", [into.membership_row(other)])

    def move_institution(self) -> None:
        institution = self.rng.choice(self.world.institutions)
        other = self.rng.choice(self.world.institutions)
        self._deliver(
            "institutions",
            [into.institution_row(replace(institution, level=other.level, region=other.region, type=other.type))],
        )

    def _deliver(self, dataset: str, rows: list[into.Row], **options: str) -> None:
        upload = into.deliver(dataset, rows, **options)
        self._remember(Delivery(upload, dataset, rows=rows), f"{dataset} {options} ({len(rows)})")

    # ---- undoing

    def undo_something(self) -> None:
        submitted = [delivery for delivery in self.deliveries if not delivery.is_undone]
        delivery = self.rng.choice(submitted)
        try:
            undo(upload=delivery.upload, by=None)
        except ValidationError as refusal:  # an earlier membership would overlap again
            self.told.append(f"could not undo {delivery.upload.pk}: {refusal}")
            return
        delivery.is_undone = True
        self.told.append(f"undo {delivery.upload.pk}")

    def _remember(self, delivery: Delivery, what: str) -> None:
        self.deliveries.append(delivery)
        self.told.append(f"{delivery.upload.pk}: {what}")

    # ---- what should be there

    def expected_cases(self) -> dict[CaseKey, tuple[datetime, int]]:
        """What holds if the uploads that were not undone had been the only ones, one after the other."""
        current: dict[CaseKey, Case] = {}
        for delivery in self.deliveries:
            if delivery.dataset != "cases" or delivery.is_undone:
                continue
            if delivery.replaced:
                current = {
                    key: case
                    for key, case in current.items()
                    if (case.institution, month_of(case.discharged_at)) != delivery.replaced
                }
            current |= {(case.institution, case.record_no, case.stay_no): case for case in delivery.cases}
        return {key: (case.discharged_at, case.total_cost) for key, case in current.items()}

    def current_cases(self) -> dict[CaseKey, tuple[datetime, int]]:
        cases = InpatientCase.objects.filter(is_current=True).select_related("institution")
        return {
            (case.institution.code, case.record_no, case.stay_no): (local(case.discharged_at), case.total_cost)
            for case in cases
        }

    def expected_arrivals(self) -> dict[CaseKey, str]:
        """By the latest accepted referral of the patient to the institution in the 14 days before, one day of grace."""
        patients = self._patients()
        return {key: arrival for key, case in patients.items() if (arrival := self._arrival(*case))}

    def arrivals(self) -> dict[CaseKey, str]:
        cases = InpatientCase.objects.filter(is_current=True).exclude(came_by_referral="").select_related("institution")
        return {(case.institution.code, case.record_no, case.stay_no): case.came_by_referral for case in cases}

    def _patients(self) -> dict[CaseKey, tuple[str, str, datetime]]:
        """Patient, institution and admission of the cases that are current, as their uploads said."""
        said = {
            (delivery.upload.pk, case.institution, case.record_no, case.stay_no): case
            for delivery in self.deliveries
            for case in delivery.cases
        }
        current = InpatientCase.objects.filter(is_current=True).values_list(
            "upload", "institution__code", "record_no", "stay_no"
        )
        return {key[1:]: (said[key].patient, said[key].institution, said[key].admitted_at) for key in current}

    def _arrival(self, patient: str, institution: str, admitted_at: datetime) -> str:
        fitting = [
            row
            for row in self._referrals().values()
            if (row["patient_id"], row["receiver"]) == (patient, institution)
            and row["status"] in ("accepted", "arrived", "completed")
            and row["requested_at"] - timedelta(days=1) <= admitted_at
            and admitted_at < row["requested_at"] + timedelta(days=ARRIVAL_DAYS)
        ]
        latest = max((row["requested_at"] for row in fitting), default=None)
        directions = {row["direction"] for row in fitting if row["requested_at"] == latest}
        return directions.pop() if len(directions) == 1 else ""

    def _referrals(self) -> dict[str, into.Row]:
        referrals: dict[str, into.Row] = {}
        for delivery in self.deliveries:
            if delivery.dataset == "referrals" and not delivery.is_undone:
                referrals |= {row["id"]: row for row in delivery.rows}
        return referrals


def shortened(world: World) -> World:
    """The first months only, so that a history stays quick."""
    months = sorted({month_of(case.discharged_at) for case in world.cases})[:MONTHS]
    return replace(
        world,
        cases=[case for case in world.cases if month_of(case.discharged_at) in months],
        referrals=[referral for referral in world.referrals if month_of(referral.requested_at) in months],
        expenditures=[spent for spent in world.expenditures if month_of(spent.month) in months],
    )


def local(instant: datetime) -> datetime:
    return timezone.localtime(instant).replace(tzinfo=None)
