"""A second, slow and obvious implementation of the case, referral and budget indicators of domain.md B.

Plain loops over lists, exact fractions until the last step, no pandas, and nothing imported from the product: where the
two disagree, one of them has misread the definition. Money comes in as fen and leaves as yuan; rates are 0-1.
"""

import calendar
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

PRIMARY_LEVELS = ("L1", "CHC", "THC", "VC")
FEN_PER_YUAN = 100
MDC_COUNT = 26
WINDOW_DAYS = 30
BENCHMARK_CASES_FOR_A_RISK_LEVEL = 30
ROUNDING_NOISE = 1e-12

Number = int | Fraction
Month = tuple[int, int]


@dataclass(frozen=True)
class Case:
    """One inpatient stay with the meaning of the case sheet; instants are naive local time, money is fen."""

    institution: str
    record_no: str
    stay_no: int
    patient: str
    admitted_at: datetime
    discharged_at: datetime
    disposition: str
    main_dx: str
    surgery_level: int | None
    elective: bool | None
    day_surgery: bool | None
    complication: bool | None
    mdt: bool | None
    pathway: bool | None
    antibacterial: bool | None
    readmit_plan: str  # "", "1" none, "2" planned
    total_cost: int
    items: dict[str, int] | None  # by sheet column name; None: the sheet gave no fee item at all
    drg_code: str
    rw: Decimal | None
    drg_pay: int | None
    department: str = ""
    came_by_referral: str = ""  # "", "up", "down"


@dataclass(frozen=True)
class Benchmark:
    """What one DRG weighs, costs and takes in a region (blank: anywhere) at a level (blank: any), as one consortium (blank:
    common) says."""

    year: int
    drg: str
    rw: Decimal
    avg_cost: int  # fen
    avg_los: Decimal
    region: str = ""
    level: str = ""
    cases: int | None = None
    deaths: int | None = None
    consortium: str = ""


@dataclass(frozen=True)
class Institution:
    code: str
    level: str
    region: str
    type: str = "general"


@dataclass(frozen=True)
class Department:
    institution: str
    code: str
    bed_type: str  # "", acute, day_surgery, rehab


@dataclass(frozen=True)
class Membership:
    consortium: str
    institution: str
    joined_on: date
    left_on: date | None  # the last day of membership


@dataclass(frozen=True)
class UploadRows:
    """Rows of the submitted case uploads of one institution that belong to one month."""

    institution: str
    month: date
    read: int
    accepted: int


@dataclass(frozen=True)
class Referral:
    direction: str  # up, down, lateral
    sender: str
    receiver: str
    requested_at: datetime
    accepted_at: datetime | None
    completed_at: datetime | None
    status: str  # requested, accepted, declined, arrived, completed, cancelled


@dataclass(frozen=True)
class Budget:
    year: int
    institution: str
    amount: int  # fen


@dataclass(frozen=True)
class Expenditure:
    month: date
    institution: str
    amount: int  # fen


@dataclass
class World:
    """Everything the indicators look at."""

    institutions: list[Institution] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    benchmarks: list[Benchmark] = field(default_factory=list)
    uploads: list[UploadRows] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    expenditures: list[Expenditure] = field(default_factory=list)


@dataclass(frozen=True)
class Value:
    numerator: float | None
    denominator: float | None
    value: float | None


NO_VALUE = Value(None, None, None)


def indicator(
    world: World,
    code: str,
    period: str,
    *,
    institution: str | None = None,
    consortium: str | None = None,
    level: str | None = None,
) -> Value:
    """The value of one indicator for one institution, or for a consortium and optionally its members of one level."""
    return FORMULAS[code](selection_of(world, period, institution, consortium, level))


def rated_value(
    world: World,
    code: str,
    period: str,
    *,
    institution: str | None = None,
    consortium: str | None = None,
    level: str | None = None,
) -> Value:
    """What the light of an indicator judges, where that is not its value (domain.md C)."""
    if code not in RATED_FORMULAS:
        return NO_VALUE
    return RATED_FORMULAS[code](selection_of(world, period, institution, consortium, level))


def selection_of(
    world: World, period: str, institution: str | None, consortium: str | None, level: str | None
) -> "Selection":
    if (institution is None) == (consortium is None):
        raise ValueError("Give either an institution or a consortium.")
    if level is not None and consortium is None:
        raise ValueError("A level selects members of a consortium; give the consortium too.")
    return Selection(world, period, institution, consortium, level)


# ---- periods -------------------------------------------------------------------------------------------------------


def months_of(period: str) -> list[Month]:
    """2026-03, 2026-Q1, 2026 or 2026-03R12 (the 12 months ending then), as its months in order."""
    if match := re.fullmatch(r"(\d{4})", period):
        year = int(match[1])
        return [(year, month) for month in range(1, 13)]
    if match := re.fullmatch(r"(\d{4})-Q([1-4])", period):
        year, last = int(match[1]), 3 * int(match[2])
        return [(year, month) for month in (last - 2, last - 1, last)]
    if match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", period):
        return [(int(match[1]), int(match[2]))]
    if match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])R12", period):
        year, month = int(match[1]), int(match[2])
        return [(year - 1, later) for later in range(month + 1, 13)] + [(year, m) for m in range(1, month + 1)]
    raise ValueError(f"{period!r} is not a period.")


def is_rolling(period: str) -> bool:
    return period.endswith("R12")


def year_before(period: str) -> str:
    return f"{int(period[:4]) - 1:04d}{period[4:]}"


def month_of(day: date) -> Month:
    return day.year, day.month


# ---- whom we look at -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """One institution, or the members of a consortium (of one level), in one period."""

    world: World
    period: str
    institution: str | None
    consortium: str | None
    level: str | None

    def includes(self, institution: str, month: Month) -> bool:
        """Does this institution count in this month? (Convention 6b; the period is not looked at.)"""
        if self.consortium is None:
            return institution == self.institution
        return is_member(self.world, self.consortium, institution, month) and self._has_level(institution)

    def _has_level(self, institution: str) -> bool:
        if self.level is None:
            return True
        levels = PRIMARY_LEVELS if self.level == "PRIMARY" else (self.level,)
        return institution_of(self.world, institution).level in levels

    def cases(self) -> list[Case]:
        """Discharges of the period (convention 1: by discharge month)."""
        months = months_of(self.period)
        return [
            case
            for case in self.world.cases
            if month_of(case.discharged_at) in months and self.includes(case.institution, month_of(case.discharged_at))
        ]


def is_member(world: World, consortium: str, institution: str, month: Month) -> bool:
    """A member on any day of the month; the day of leaving still counts (6b)."""
    first = date(*month, 1)
    last = date(*month, calendar.monthrange(*month)[1])
    for membership in world.memberships:
        if (membership.consortium, membership.institution) != (consortium, institution):
            continue
        if membership.joined_on <= last and (membership.left_on is None or membership.left_on >= first):
            return True
    return False


def institution_of(world: World, code: str) -> Institution:
    for institution in world.institutions:
        if institution.code == code:
            return institution
    raise LookupError(f"No institution {code}.")


# ---- one case ------------------------------------------------------------------------------------------------------


def is_grouped(case: Case) -> bool:
    """Ungrouped, everywhere, is empty, 0000 or ?QY (convention 6)."""
    return case.drg_code not in ("", "0000") and not re.fullmatch(r".QY", case.drg_code)


def is_surgical(case: Case) -> bool:
    return case.surgery_level is not None


def is_death(case: Case) -> bool:
    return case.disposition == "5"


def length_of_stay(case: Case) -> int:
    """Days between the dates; the same day is 1 (convention 2)."""
    return max((case.discharged_at.date() - case.admitted_at.date()).days, 1)


def joined_last(world: World, institution: Institution) -> str:
    """The consortium the institution joined last, even if it has left again; blank if it never joined one."""
    latest = None
    for membership in world.memberships:
        if membership.institution == institution.code and (latest is None or membership.joined_on >= latest.joined_on):
            latest = membership
    return "" if latest is None else latest.consortium


def benchmark_row(world: World, institution: Institution, year: int, drg: str) -> Benchmark | None:
    """The row of the consortium joined last, else the common one."""
    own = row_of_set(world, joined_last(world, institution), institution, year, drg)
    return own or row_of_set(world, "", institution, year, drg)


def row_of_set(world: World, consortium: str, institution: Institution, year: int, drg: str) -> Benchmark | None:
    """Region and level, else region, else level anywhere, else anywhere (convention 6)."""
    rows = [row for row in world.benchmarks if (row.consortium, row.year, row.drg) == (consortium, year, drg)]
    for region, level in (
        (institution.region, institution.level),
        (institution.region, ""),
        ("", institution.level),
        ("", ""),
    ):
        for row in rows:
            if (row.region, row.level) == (region, level):
                return row
    return None


def benchmark_of(world: World, case: Case) -> Benchmark | None:
    """The benchmark of a grouped case, of the year of discharge."""
    if not is_grouped(case):
        return None
    return benchmark_row(world, institution_of(world, case.institution), case.discharged_at.year, case.drg_code)


def weight_of(world: World, case: Case) -> Fraction | None:
    """RW of a grouped case: the sheet's, else the benchmark's."""
    if not is_grouped(case):
        return None
    if case.rw is not None:
        return Fraction(case.rw)
    benchmark = benchmark_of(world, case)
    return None if benchmark is None else Fraction(benchmark.rw)


# ---- values --------------------------------------------------------------------------------------------------------


def ratio(numerator: Number, denominator: Number) -> Value:
    """No value where there is nothing to divide by (convention 5)."""
    value = None if denominator == 0 else float(Fraction(numerator) / Fraction(denominator))
    return Value(float(numerator), float(denominator), value)


def plain(number: Number) -> Value:
    return Value(float(number), None, float(number))


def yuan(fen: int) -> Fraction:
    return Fraction(fen, FEN_PER_YUAN)


def count(cases: Iterable[Case], condition: Callable[[Case], bool | None]) -> int:
    return sum(1 for case in cases if condition(case))


# ---- capacity ------------------------------------------------------------------------------------------------------


def drg_rate(selection: Selection) -> Value:
    cases = selection.cases()
    return ratio(count(cases, is_grouped), len(cases))


def known_weights(selection: Selection) -> list[Fraction]:
    weights = [weight_of(selection.world, case) for case in selection.cases()]
    return [weight for weight in weights if weight is not None]


def drg_total_weight(selection: Selection) -> Value:
    return plain(sum(known_weights(selection), Fraction(0))) if selection.cases() else NO_VALUE


def drg_number(selection: Selection) -> Value:
    cases = selection.cases()
    return plain(len({case.drg_code for case in cases if is_grouped(case)})) if cases else NO_VALUE


def case_mix_index(selection: Selection) -> Value:
    weights = known_weights(selection)
    return ratio(sum(weights, Fraction(0)), len(weights))


def mdc_coverage(selection: Selection) -> Value:
    cases = selection.cases()
    return ratio(len({case.drg_code[0] for case in cases if is_grouped(case)}), MDC_COUNT) if cases else NO_VALUE


def heavy_share(selection: Selection) -> Value:
    weights = known_weights(selection)
    return ratio(sum(1 for weight in weights if weight >= 2), len(weights))


def surgery_share(selection: Selection) -> Value:
    cases = selection.cases()
    return ratio(count(cases, is_surgical), len(cases))


def level_four_share(selection: Selection) -> Value:
    surgical = [case for case in selection.cases() if is_surgical(case)]
    return ratio(count(surgical, lambda case: case.surgery_level == 4), len(surgical))


def day_surgery_share(selection: Selection) -> Value:
    elective = [
        case for case in selection.cases() if is_surgical(case) and case.elective and case.day_surgery is not None
    ]
    return ratio(count(elective, lambda case: case.day_surgery), len(elective))


def mdt_coverage(selection: Selection) -> Value:
    """A case with unknown mdt is in neither set of groups (6a)."""
    known = [case for case in selection.cases() if is_grouped(case) and case.mdt is not None]
    return ratio(len({case.drg_code for case in known if case.mdt}), len({case.drg_code for case in known}))


# ---- cost and time -------------------------------------------------------------------------------------------------


def cost_index(selection: Selection) -> Value:
    """n x (mean cost / benchmark) of a group is the sum of its cases' cost / benchmark."""
    indices = []
    for case in selection.cases():
        benchmark = benchmark_of(selection.world, case)
        if benchmark is not None and benchmark.avg_cost > 0:
            indices.append(Fraction(case.total_cost, benchmark.avg_cost))
    return ratio(sum(indices, Fraction(0)), len(indices))


def time_index(selection: Selection) -> Value:
    indices = []
    for case in selection.cases():
        benchmark = benchmark_of(selection.world, case)
        if benchmark is not None and benchmark.avg_los > 0:
            indices.append(length_of_stay(case) / Fraction(benchmark.avg_los))
    return ratio(sum(indices, Fraction(0)), len(indices))


def cost_per_weight(selection: Selection) -> Value:
    cost, weight_sum = 0, Fraction(0)
    for case in selection.cases():
        weight = weight_of(selection.world, case)
        if weight is not None:
            cost += case.total_cost
            weight_sum += weight
    return ratio(yuan(cost), weight_sum)


def drg_margin(selection: Selection) -> Value:
    payment, cost = 0, 0
    for case in selection.cases():
        if case.drg_pay is not None:
            payment += case.drg_pay
            cost += case.total_cost
    return ratio(yuan(payment - cost), yuan(payment))


def losing_groups(selection: Selection) -> Value:
    """Groups are those of the whole selection and period, over its cases with a payment."""
    margin: dict[str, int] = {}
    for case in selection.cases():
        if is_grouped(case) and case.drg_pay is not None:
            margin[case.drg_code] = margin.get(case.drg_code, 0) + case.drg_pay - case.total_cost
    return ratio(sum(1 for group in margin.values() if group < 0), len(margin))


def mean_stay(selection: Selection) -> Value:
    cases = selection.cases()
    return ratio(sum(length_of_stay(case) for case in cases), len(cases))


def mean_acute_stay(selection: Selection) -> Value:
    cases = [case for case in selection.cases() if is_acute(selection.world, case)]
    return ratio(sum(length_of_stay(case) for case in cases), len(cases))


def is_acute(world: World, case: Case) -> bool:
    """Not in a rehabilitation hospital, nor in a department whose beds are for day surgery or rehabilitation."""
    if institution_of(world, case.institution).type == "rehab":
        return False
    for department in world.departments:
        if (department.institution, department.code) == (case.institution, case.department):
            return department.bed_type not in ("day_surgery", "rehab")
    return True


def mean_cost(selection: Selection) -> Value:
    cases = selection.cases()
    return ratio(yuan(sum(case.total_cost for case in cases)), len(cases))


def cost_growth(selection: Selection) -> Value:
    """Each of the two periods with its own members."""
    before = Selection(
        selection.world, year_before(selection.period), selection.institution, selection.consortium, selection.level
    )
    now, then = exact_mean_cost(selection), exact_mean_cost(before)
    growth = None if now is None or not then else float(now / then - 1)
    return Value(None if now is None else float(now), None if then is None else float(then), growth)


def exact_mean_cost(selection: Selection) -> Fraction | None:
    cases = selection.cases()
    return yuan(sum(case.total_cost for case in cases)) / len(cases) if cases else None


def item_sums(selection: Selection, *columns: str) -> tuple[int, int, int]:
    """The named fee items, the total cost and the number of the cases that have any fee item."""
    named, total, cases = 0, 0, 0
    for case in selection.cases():
        if case.items:
            named += sum(case.items.get(column, 0) for column in columns)
            total += case.total_cost
            cases += 1
    return named, total, cases


def drug_share(selection: Selection) -> Value:
    """Western and patent drugs; herbal pieces are left out (the default)."""
    drugs, total, _ = item_sums(selection, "cost_western_drug", "cost_patent_drug")
    return ratio(yuan(drugs), yuan(total))


def consumables_share(selection: Selection) -> Value:
    consumables, total, _ = item_sums(selection, "cost_material")
    return ratio(yuan(consumables), yuan(total))


def mean_exam_cost(selection: Selection) -> Value:
    exams, _, cases = item_sums(selection, "cost_exam", "cost_lab")
    return ratio(yuan(exams), cases)


# ---- safety --------------------------------------------------------------------------------------------------------


def mortality(selection: Selection) -> Value:
    cases = selection.cases()
    return ratio(count(cases, is_death), len(cases))


def low_risk_mortality(selection: Selection) -> Value:
    return risk_mortality(selection, 1)


def mid_low_risk_mortality(selection: Selection) -> Value:
    return risk_mortality(selection, 2)


def risk_mortality(selection: Selection, level: int) -> Value:
    """Each case has the level its own institution's benchmark of the year before discharge gives its group."""
    seen: dict[tuple[str, int], dict[str, int]] = {}
    cases = []
    for case in selection.cases():
        key = (case.institution, case.discharged_at.year)
        if key not in seen:
            seen[key] = risk_levels_of(selection.world, *key)
        if is_grouped(case) and seen[key].get(case.drg_code) == level:
            cases.append(case)
    return ratio(count(cases, is_death), len(cases))


def risk_levels_of(world: World, institution: str, discharge_year: int) -> dict[str, int]:
    """Risk levels for the discharges of a year, from last year's benchmarks as this institution sees them: those of the
    consortium it joined last by themselves; what has no level there, by the common ones by themselves."""
    place = institution_of(world, institution)
    common = risk_levels(outcomes_of_set(world, "", place, discharge_year - 1))
    return common | risk_levels(outcomes_of_set(world, joined_last(world, place), place, discharge_year - 1))


def outcomes_of_set(world: World, consortium: str, place: Institution, year: int) -> dict[str, tuple[int, int]]:
    """Deaths and cases of each group of one set, as the place sees it."""
    outcomes = {}
    for drg in {row.drg for row in world.benchmarks if row.year == year}:
        row = row_of_set(world, consortium, place, year, drg)
        if row is not None and row.deaths is not None and row.cases is not None:
            outcomes[drg] = (row.deaths, row.cases)
    return outcomes


def risk_levels(outcomes: dict[str, tuple[int, int]]) -> dict[str, int]:
    """Note 1: 1 low, 2 mid-low, 3 mid-high, 4 high, by (deaths, cases) of each group."""
    rates = {
        drg: Fraction(deaths, cases)
        for drg, (deaths, cases) in outcomes.items()
        if cases >= BENCHMARK_CASES_FOR_A_RISK_LEVEL
    }
    deadly = {drg: rate for drg, rate in rates.items() if rate > 0}
    if len(set(deadly.values())) < 2:  # fewer than two groups with deaths, or all alike: no spread
        return {}
    logs = {drg: math.log(rate) for drg, rate in deadly.items()}
    mean = math.fsum(logs.values()) / len(logs)
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in logs.values()) / (len(logs) - 1))

    levels = {drg: 1 for drg in rates if drg not in deadly}
    for drg, x in logs.items():
        if is_below(x, mean - spread):
            levels[drg] = 1
        elif is_below(x, mean):
            levels[drg] = 2
        elif is_below(x, mean + spread):
            levels[drg] = 3
        else:
            levels[drg] = 4
    return levels


def is_below(x: float, limit: float) -> bool:
    """Strictly below; logarithms that differ by rounding alone are equal."""
    return x < limit - ROUNDING_NOISE


def complication_rate(selection: Selection) -> Value:
    known = [case for case in selection.cases() if is_surgical(case) and case.complication is not None]
    return ratio(count(known, lambda case: case.complication), len(known))


def antibacterial_rate(selection: Selection) -> Value:
    known = [case for case in selection.cases() if case.antibacterial is not None]
    return ratio(count(known, lambda case: case.antibacterial), len(known))


def pathway_rate(selection: Selection) -> Value:
    known = [case for case in selection.cases() if case.pathway is not None]
    return ratio(count(known, lambda case: case.pathway), len(known))


# ---- readmission (note 2) ------------------------------------------------------------------------------------------


def is_index(case: Case) -> bool:
    """Discharged alive and not by acute transfer."""
    return case.disposition not in ("5", "2")


def readmissions_of(world: World, index: Case) -> list[Case]:
    """Later stays of the same patient, anywhere, that begin within the window."""
    return [
        later
        for later in world.cases
        if later.patient == index.patient
        and not is_same_stay(later, index)
        and later.came_by_referral != "down"
        and later.admitted_at >= index.discharged_at
        and (later.admitted_at.date() - index.discharged_at.date()).days <= WINDOW_DAYS
    ]


def is_same_stay(a: Case, b: Case) -> bool:
    return (a.institution, a.record_no, a.stay_no) == (b.institution, b.record_no, b.stay_no)


def is_planned(index: Case, later: Case) -> bool:
    """Planned at discharge, or chemotherapy, radiotherapy, dialysis."""
    return index.readmit_plan == "2" or later.main_dx[:3] in ("Z51", "Z49")


def is_same_disease(index: Case, later: Case) -> bool:
    """The same ADRG if both are grouped, else the same three-character ICD category."""
    if is_grouped(index) and is_grouped(later):
        return index.drg_code[:3] == later.drg_code[:3]
    return index.main_dx[:3] == later.main_dx[:3]


def readmission_rate(selection: Selection) -> Value:
    return readmission_share(selection, lambda index, later: True)


def same_disease_readmission_rate(selection: Selection) -> Value:
    return readmission_share(
        selection, lambda index, later: not is_planned(index, later) and is_same_disease(index, later)
    )


def readmission_share(selection: Selection, counts: Callable[[Case, Case], bool]) -> Value:
    """Each index stay counts once; no value as long as one of them could still be followed by a readmission."""
    indices = [case for case in selection.cases() if is_index(case)]
    readmitted = 0
    for index in indices:
        if any(counts(index, later) for later in readmissions_of(selection.world, index)):
            readmitted += 1
    share = ratio(readmitted, len(indices))
    return share if is_complete(selection.world, indices) else Value(share.numerator, share.denominator, None)


def is_complete(world: World, indices: list[Case]) -> bool:
    """No index stay was discharged after data end - 30 days."""
    if not indices:
        return True
    data_end = max(case.discharged_at.date() for case in world.cases)
    return all(case.discharged_at.date() <= data_end - timedelta(days=WINDOW_DAYS) for case in indices)


# ---- referrals -----------------------------------------------------------------------------------------------------


def referrals_requested(selection: Selection) -> list[Referral]:
    """All of the whole system; all REF_* go by the month of the request."""
    months = months_of(selection.period)
    return [referral for referral in selection.world.referrals if month_of(referral.requested_at) in months]


def is_inside(selection: Selection, referral: Referral) -> bool:
    """An institution sees what it sent or received; a consortium what stayed among its members of that month."""
    month = month_of(referral.requested_at)
    ends = [selection.includes(end, month) for end in (referral.sender, referral.receiver)]
    return any(ends) if selection.consortium is None else all(ends)


def is_accepted(referral: Referral) -> bool:
    return referral.accepted_at is not None and referral.status != "declined"


def is_completed(referral: Referral) -> bool:
    return referral.status == "completed"


def referral_ratio(selection: Selection) -> Value:
    referrals = [referral for referral in referrals_requested(selection) if is_inside(selection, referral)]
    down = sum(1 for referral in referrals if referral.direction == "down" and is_completed(referral))
    up = sum(1 for referral in referrals if referral.direction == "up" and is_accepted(referral))
    return ratio(down, up)


def referral_completion(selection: Selection) -> Value:
    """Attributed to the sender; every direction and status counts as created."""
    sent = [
        referral
        for referral in referrals_requested(selection)
        if selection.includes(referral.sender, month_of(referral.requested_at))
    ]
    return ratio(sum(1 for referral in sent if is_completed(referral)), len(sent))


# ---- budget and data -----------------------------------------------------------------------------------------------


def budget_execution(selection: Selection) -> Value:
    """Spend since January of those who were members then, to the year's plan of those who are members at the end."""
    if is_rolling(selection.period):
        return NO_VALUE
    year, last = months_of(selection.period)[-1]
    spent = sum(
        expenditure.amount
        for expenditure in selection.world.expenditures
        if expenditure.month.year == year
        and expenditure.month.month <= last
        and selection.includes(expenditure.institution, month_of(expenditure.month))
    )
    planned = sum(
        budget.amount
        for budget in selection.world.budgets
        if budget.year == year and selection.includes(budget.institution, (year, last))
    )
    return ratio(yuan(spent), yuan(planned))


def data_accuracy(selection: Selection) -> Value:
    months = months_of(selection.period)
    uploads = [
        rows
        for rows in selection.world.uploads
        if month_of(rows.month) in months and selection.includes(rows.institution, month_of(rows.month))
    ]
    return ratio(sum(rows.accepted for rows in uploads), sum(rows.read for rows in uploads))


RATED_FORMULAS: dict[str, Callable[[Selection], Value]] = {"ALOS": mean_acute_stay}
FORMULAS: dict[str, Callable[[Selection], Value]] = {
    "DRG_RATE": drg_rate,
    "DRG_TW": drg_total_weight,
    "DRG_N": drg_number,
    "DRG_CMI": case_mix_index,
    "MDC_COV": mdc_coverage,
    "RW2": heavy_share,
    "SURG": surgery_share,
    "SURG4": level_four_share,
    "DAYSURG": day_surgery_share,
    "CEI": cost_index,
    "TEI": time_index,
    "COST_RW": cost_per_weight,
    "DRG_MARGIN": drg_margin,
    "DRG_LOSS": losing_groups,
    "MORT": mortality,
    "LRM": low_risk_mortality,
    "MLRM": mid_low_risk_mortality,
    "COMPL": complication_rate,
    "READM30": readmission_rate,
    "READM_SAME": same_disease_readmission_rate,
    "ALOS": mean_stay,
    "IP_COST": mean_cost,
    "COST_GR": cost_growth,
    "DRUG": drug_share,
    "CONS": consumables_share,
    "EXAM_COST": mean_exam_cost,
    "ABX": antibacterial_rate,
    "PATHWAY": pathway_rate,
    "MDT_COV": mdt_coverage,
    "REF_RATIO": referral_ratio,
    "REF_DONE": referral_completion,
    "BUD_EXEC": budget_execution,
    "DATA_ACC": data_accuracy,
}
