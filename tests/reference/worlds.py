"""Random small worlds that visit the corners of the definitions; the same seed always makes the same world."""

import calendar
import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tests.reference.indicators import (
    Benchmark,
    Budget,
    Case,
    Department,
    Expenditure,
    Institution,
    Membership,
    Month,
    Referral,
    UploadRows,
    World,
    month_of,
)

LEVELS = ("L2", "L1", "CHC", "THC", "VC")
REGIONS = ("330106", "330108", "330182")  # no benchmark row names the last one
DRGS = (
    "BR21", "BR23", "BR25", "CB29", "ES31", "ES33", "ES35", "FM11", "FM19", "FR43",
    "GB15", "GD25", "HC25", "IT21", "IT23", "OR15", "RW19", "XZ19",
)  # fmt: skip
UNGROUPED = ("", "0000", "EQY", "GQY")
DIAGNOSES = ("I63.900", "I63.800x005", "J18.900", "I21.900", "I25.103", "K80.200", "S72.000", "C34.900", "Z51.100",
             "Z51.002", "Z49.101", "O80.000", "E11.900", "R42.x00")  # fmt: skip
FEE_ITEMS = (
    "cost_bed", "cost_consultation", "cost_exam", "cost_lab", "cost_treatment", "cost_surgery", "cost_nursing",
    "cost_material", "cost_western_drug", "cost_herbal", "cost_patent_drug", "cost_general", "cost_registration",
    "cost_other",
)  # fmt: skip
STATUSES = ("requested", "accepted", "declined", "arrived", "completed", "completed", "completed", "cancelled")
DAYS_BETWEEN_STAYS = (0, 0, 1, 3, 10, 29, 30, 30, 31, 31, 32, 60, 150)


def make_world(seed: int) -> World:
    """3-6 institutions, one or two consortia, 14-20 months, 300-900 cases."""
    return WorldMaker(random.Random(seed)).make()


class WorldMaker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.months = self._months()
        self.world = World()

    def make(self) -> World:
        self._add_institutions()
        self._add_memberships()
        self._add_benchmarks()
        self._add_cases()
        self._add_uploads()
        self._add_referrals()
        self._add_money()
        self._add_own_benchmarks()
        self._add_beds()
        return self.world

    # ---- chances

    def _maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _yes_no(self, yes: float, empty: float = 0.2) -> bool | None:
        return None if self._maybe(empty) else self._maybe(yes)

    def _day(self, months: list[Month] | None = None) -> date:
        """Any day; the first and last of a month come up often."""
        year, month = self.rng.choice(months or self.months)
        last = calendar.monthrange(year, month)[1]
        return date(year, month, self.rng.choice((1, last, self.rng.randint(1, last), self.rng.randint(1, last))))

    def _instant(self, day: date) -> datetime:
        """A sheet without times gives midnight."""
        moments = (time(0, 0), time(23, 59, 59), time(self.rng.randrange(24), self.rng.randrange(60)), time(9, 30))
        return datetime.combine(day, self.rng.choice(moments))

    # ---- who

    def _months(self) -> list[Month]:
        year, month = 2024, self.rng.randint(1, 12)
        months = []
        for _ in range(self.rng.randint(14, 20)):
            months.append((year, month))
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return months

    def _add_institutions(self) -> None:
        levels = ["L3", self.rng.choice(("L1", "CHC", "THC", "VC"))]
        levels += self.rng.choices(LEVELS, k=self.rng.randint(1, 4))
        for number, level in enumerate(levels, start=1):
            region = self.rng.choices(REGIONS, weights=(5, 4, 2))[0]
            self.world.institutions.append(Institution(f"H3301{number:07d}", level, region))

    def _add_memberships(self) -> None:
        """Some are members throughout, some join or leave on the way, some leave and come back, some never join."""
        early = date(self.months[0][0] - 1, 1, 1)
        for consortium in ("C1", "C2")[: self.rng.randint(1, 2)]:
            for number, institution in enumerate(self.world.institutions):
                kind = self.rng.choice(("always", "always", "joins", "leaves", "returns", "never"))
                kind = "always" if number == 0 else kind
                first, second, third = sorted(self._day() for _ in range(3))
                back = first + timedelta(days=1) if self._maybe(0.3) else second + timedelta(days=1)
                spans: dict[str, list[tuple[date, date | None]]] = {
                    "always": [(early, None)],
                    "joins": [(second, None)],
                    "leaves": [(early, second)],
                    "returns": [(early, first), (back, max(third, back) if self._maybe(0.5) else None)],
                    "never": [],
                }
                for joined_on, left_on in spans[kind]:
                    self.world.memberships.append(Membership(consortium, institution.code, joined_on, left_on))

    # ---- what is normal

    def _add_benchmarks(self) -> None:
        """Every group may have a row of any of the four kinds, in any year; some have none."""
        levels = sorted({institution.level for institution in self.world.institutions})
        places = [("", "")] + [("", level) for level in levels] + [(region, "") for region in REGIONS[:2]]
        places += [(region, level) for region in REGIONS[:2] for level in levels]
        for year in range(self.months[0][0] - 1, self.months[-1][0] + 1):
            for drg in DRGS:
                for region, level in places:
                    if self._maybe(0.75 if (region, level) == ("", "") else 0.12):
                        self.world.benchmarks.append(self._benchmark(year, drg, region, level))
        self.rng.shuffle(self.world.benchmarks)

    def _add_own_benchmarks(self) -> None:
        """A consortium has rows of its own for some groups, in some years for none."""
        own = []
        for consortium in sorted({membership.consortium for membership in self.world.memberships}):
            for year in range(self.months[0][0] - 1, self.months[-1][0] + 1):
                chance = self.rng.choice((0, 0.3, 0.8))
                for drg in DRGS:
                    for region, level in (("", ""), (self.rng.choice(REGIONS[:2]), ""), ("", self.rng.choice(LEVELS))):
                        if self._maybe(chance):
                            row = self._benchmark(year, drg, region, level)
                            own.append(replace(row, consortium=consortium))
        self.world.benchmarks += own

    def _add_beds(self) -> None:
        """Departments of every bed type, some that no one listed; now and then a rehabilitation hospital."""
        for place, institution in enumerate(self.world.institutions):
            for code in ("D01", "D02", "D03"):
                bed_type = self.rng.choice((None, "", "acute", "day_surgery", "rehab"))
                if bed_type is not None:
                    self.world.departments.append(Department(institution.code, code, bed_type))
            if place and self._maybe(0.2):
                self.world.institutions[place] = replace(institution, type="rehab")

    def _benchmark(self, year: int, drg: str, region: str, level: str) -> Benchmark:
        cases = self.rng.choice((None, 5, 29, 30, 31, *(self.rng.randint(40, 4000) for _ in range(8))))
        deaths: int | None = 0
        if cases and self._maybe(0.75):
            deaths = self.rng.randint(1, max(1, int(cases * self.rng.choice((0.001, 0.01, 0.05, 0.2)))))
        return Benchmark(
            year=year,
            drg=drg,
            rw=self._weight(),
            avg_cost=self.rng.randint(200_000, 6_000_000),
            avg_los=Decimal(self.rng.randint(100, 2000)) / 100,
            region=region,
            level=level,
            cases=cases,
            deaths=None if self._maybe(0.08) else deaths,
        )

    def _weight(self) -> Decimal:
        if self._maybe(0.1):
            return self.rng.choice((Decimal("2"), Decimal("1.9999"), Decimal("2.0001")))
        return Decimal(self.rng.randint(2000, 45000)) / 10000

    # ---- cases

    def _add_cases(self) -> None:
        wanted = self.rng.randint(300, 900)
        first = datetime(*self.months[0], 1)
        year, month = self.months[-1]
        end = datetime(year, month, calendar.monthrange(year, month)[1]) + timedelta(days=1)
        silent = (self.rng.choice(self.world.institutions).code, set(self.rng.sample(self.months, 3)))
        busy = [self.rng.choice((1, 3, 6)) for _ in self.world.institutions]
        stays: dict[tuple[str, str], int] = {}
        patient = 0
        while len(self.world.cases) < wanted:
            patient += 1
            for case in self._patient(f"P{patient:05d}", busy):
                inside = first <= case.discharged_at < end
                is_silent = case.institution == silent[0] and month_of(case.discharged_at) in silent[1]
                if inside and not is_silent and len(self.world.cases) < wanted:
                    record = (case.institution, case.record_no)
                    stays[record] = stays.get(record, 0) + 1
                    self.world.cases.append(replace(case, stay_no=stays[record]))
        self.rng.shuffle(self.world.cases)

    def _patient(self, patient: str, busy: list[int]) -> list[Case]:
        """A chain of stays: the next begins long after, 30 or 31 days after, at the same instant, or too early."""
        cases: list[Case] = []
        admitted_at = self._instant(self._day())
        for _ in range(self.rng.choice((1, 1, 1, 2, 3, 5))):
            institution = self.rng.choices(self.world.institutions, weights=busy)[0]
            case = self._case(patient, institution, admitted_at)
            if cases and self._maybe(0.5):
                case = replace(case, drg_code=self._sister(cases[-1].drg_code), main_dx=cases[-1].main_dx)
            cases.append(case)
            admitted_at = self._next_admission(case)
        return cases

    def _next_admission(self, case: Case) -> datetime:
        kind = self.rng.choice(("same instant", "overlap", "just before", "days", "days", "days", "days"))
        if kind == "same instant":
            return case.discharged_at
        if kind == "overlap":
            return case.admitted_at + (case.discharged_at - case.admitted_at) / 2
        if kind == "just before":
            return case.discharged_at - timedelta(minutes=1)
        next_day = case.discharged_at.date() + timedelta(days=self.rng.choice(DAYS_BETWEEN_STAYS))
        return self._instant(next_day)

    def _sister(self, drg: str) -> str:
        """Another severity of the same ADRG."""
        return self.rng.choice([code for code in DRGS if code[:3] == drg[:3]] or [drg])

    def _case(self, patient: str, institution: Institution, admitted_at: datetime) -> Case:
        discharged_at = max(admitted_at, self._discharge(admitted_at)).replace(microsecond=0)
        admitted_at = admitted_at.replace(microsecond=0)
        drg = self.rng.choice(UNGROUPED) if self._maybe(0.12) else self.rng.choice(DRGS)
        items = self._items() if self._maybe(0.8) else None
        total = self.rng.randint(100_000, 8_000_000) if items is None else sum(items.values())
        return Case(
            institution=institution.code,
            record_no=f"R{patient[1:]}",
            stay_no=0,
            patient=patient,
            admitted_at=admitted_at,
            discharged_at=discharged_at,
            disposition=self.rng.choices("123459", weights=(70, 8, 6, 5, 6, 5))[0],
            main_dx=self.rng.choice(DIAGNOSES),
            surgery_level=self.rng.choice((None, None, None, None, 1, 2, 3, 4)),
            elective=self._yes_no(0.6),
            day_surgery=self._yes_no(0.3),
            complication=self._yes_no(0.1),
            mdt=self._yes_no(0.15),
            pathway=self._yes_no(0.5),
            antibacterial=self._yes_no(0.4),
            readmit_plan=self.rng.choice(("", "1", "1", "2")),
            total_cost=total,
            items=items,
            drg_code=drg,
            rw=self._weight() if self._maybe(0.5) else None,
            drg_pay=self._payment(total) if self._maybe(0.7) else None,
            department=self.rng.choice(("", "D01", "D02", "D03")),
            came_by_referral=self.rng.choices(("", "up", "down"), weights=(85, 7, 8))[0],
        )

    def _discharge(self, admitted_at: datetime) -> datetime:
        if self._maybe(0.05):
            return admitted_at
        return self._instant(admitted_at.date() + timedelta(days=self.rng.choice((0, 1, 2, 4, 7, 12, 35))))

    def _items(self) -> dict[str, int]:
        """A sheet may leave single items empty; now and then everything was free."""
        if self._maybe(0.01):
            return {"cost_bed": 0}
        columns = [column for column in FEE_ITEMS if self._maybe(0.8)] or ["cost_bed"]
        return {column: self.rng.choice((0, self.rng.randint(1, 600_000))) for column in columns}

    def _payment(self, total: int) -> int:
        return self.rng.choice((total, int(total * self.rng.uniform(0.5, 1.6))))

    # ---- uploads, referrals, money

    def _add_uploads(self) -> None:
        for institution in self.world.institutions:
            for year, month in self.months:
                for _ in range(self.rng.choice((0, 1, 1, 1, 2))):
                    read = self.rng.choice((0, self.rng.randint(1, 80)))
                    accepted = self.rng.randint(0, read)
                    self.world.uploads.append(UploadRows(institution.code, date(year, month, 1), read, accepted))

    def _add_referrals(self) -> None:
        for _ in range(self.rng.randint(60, 200)):
            sender, receiver = self.rng.sample(self.world.institutions, 2)
            status = self.rng.choice(STATUSES)
            requested_at = self._instant(self._day())
            accepted_at = requested_at + timedelta(hours=self.rng.choice((0, 2, 30, 400)))
            was_accepted = status in ("accepted", "arrived", "completed") or self._maybe(0.3)
            completed_at = accepted_at + timedelta(days=self.rng.randint(0, 40))
            self.world.referrals.append(
                Referral(
                    direction=self.rng.choice(("up", "up", "down", "down", "lateral")),
                    sender=sender.code,
                    receiver=receiver.code,
                    requested_at=requested_at,
                    accepted_at=accepted_at if was_accepted and status != "requested" else None,
                    completed_at=completed_at if status == "completed" else None,
                    status=status,
                )
            )

    def _add_money(self) -> None:
        """One or two budget lines a year, or none; some months without any spending."""
        for institution in self.world.institutions:
            for year in sorted({year for year, _ in self.months}):
                for _ in range(self.rng.choice((0, 1, 1, 2))):
                    amount = self.rng.randint(10_000_000, 900_000_000)
                    self.world.budgets.append(Budget(year, institution.code, amount))
            for year, month in self.months:
                for _ in range(self.rng.choice((0, 1, 1, 2))):
                    amount = self.rng.randint(0, 60_000_000)
                    self.world.expenditures.append(Expenditure(date(year, month, 1), institution.code, amount))


def periods_of(world: World) -> list[str]:
    """Every month, quarter, year and rolling year that the discharges of a world touch."""
    months = sorted({month_of(case.discharged_at) for case in world.cases})
    singles = [f"{year}-{month:02d}" for year, month in months]
    quarters = {f"{year}-Q{(month + 2) // 3}" for year, month in months}
    years = {f"{year}" for year, _ in months}
    return singles + sorted(quarters) + sorted(years) + [f"{single}R12" for single in singles]
