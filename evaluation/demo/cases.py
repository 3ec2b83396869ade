"""The columns of the case sheet for the stays of one member in one year."""

import numpy as np
from numpy.typing import NDArray

from evaluation.demo.benchmarks import weights_by_year
from evaluation.demo.fees import ITEMS, fee_items, payments, total_costs
from evaluation.demo.groups import comorbidities
from evaluation.demo.period import MINUTES_OF_DAY, instants
from evaluation.demo.stays import Cause, Ints, Stays, World

Columns = dict[str, list[str]]

YES, NO, UNKNOWN = "yes", "no", ""
DEPARTMENT_OF_PRIMARY = {"2100": "2100", "5000": "5000", "0700": "0700", "0401": "0400"}
GENERAL_PRACTICE = "0200"
PAYERS = {"01": 0.45, "02": 0.49, "05": 0.01, "07": 0.04, "99": 0.01}


class CaseWriter:
    """Turns stays into sheet columns. One random stream per member and year, so that each part stands alone."""

    def __init__(self, world: World, stays: Stays, seed: int) -> None:
        self.world, self.stays, self.seed = world, stays, seed
        self.month = world.period.month_of(stays.discharged)
        self.weights = weights_by_year(world.period)
        self.follower = np.full(stays.size, -1)
        linked = np.flatnonzero(stays.parent >= 0)
        self.follower[stays.parent[linked]] = linked
        self.is_last = last_of_patient(stays)
        self.record, self.stay_number = record_numbers(stays)
        self.drg_names = np.array([group.code for group in world.groups])

    def columns(self, number: int, year: int) -> tuple[Columns, NDArray[np.float64]]:
        """The sheet columns of a member's year, and the treatment cost in yuan by month of the period."""
        world, member = self.world, self.world.members[number]
        low, high = np.searchsorted(self.stays.member, [number, number + 1])
        years = world.period.year_of_month[self.month[low:high]]
        rows = low + np.flatnonzero(years == year)
        rng = np.random.default_rng([self.seed, 2, number, year])
        stays, month = self.stays.take(rows), self.month[rows]

        total = total_costs(world, member, stays, month, rng)
        items = fee_items(world, member, stays, month, total, rng)
        columns = {"institution": [member.code] * rows.size}
        columns |= self.patient_columns(rows, stays, rng)
        columns |= self.clinical_columns(rows, stays, rng)
        columns |= self.outcome_columns(rows, stays, month, rng)
        columns |= money_columns(columns["pay_type"], total, items, rng)
        columns |= self.drg_columns(stays, month, columns["pay_type"], rng)
        cost = np.bincount(month, weights=total / 100, minlength=world.period.months)
        return columns, cost.astype(np.float64)

    def patient_columns(self, rows: Ints, stays: Stays, rng: np.random.Generator) -> Columns:
        age_days = stays.admitted // MINUTES_OF_DAY - stays.born
        age = (age_days / 365.25).astype(np.int64)
        infant = age == 0
        weight = np.rint(rng.normal(3300, 330, rows.size) / 10).astype(np.int64) * 10
        sent = (stays.cause == Cause.SENT_UP) | (stays.cause == Cause.SENT_DOWN) | (stays.referred_from >= 0)
        planned = np.array([group.elective > 0.5 or group.planned_cycle > 0.2 for group in self.world.groups])
        usual = np.where(rng.random(rows.size) < np.where(planned[stays.group], 0.08, 0.42), "1", "2")
        route = np.where(sent, "3", np.where(rng.random(rows.size) < 0.006, "9", usual))
        return {
            "record_no": [f"{number:08d}" for number in self.record[rows].tolist()],
            "stay_no": strings(self.stay_number[rows]),
            "patient_id": [patient_id(number) for number in stays.patient.tolist()],
            "sex": strings(stays.sex),
            "age": strings(age),
            "age_days": np.where(infant, age_days.astype(str), "").tolist(),
            "birth_weight": np.where(age_days <= 28, weight.astype(str), "").tolist(),
            "resident_region": strings(stays.region),
            "adm_route": route.tolist(),
            "pay_type": rng.choice(list(PAYERS), rows.size, p=list(PAYERS.values())).tolist(),
            "admitted_at": instants(stays.admitted),
            "discharged_at": instants(stays.discharged),
        }  # fmt: skip

    def clinical_columns(self, rows: Ints, stays: Stays, rng: np.random.Generator) -> Columns:
        groups = self.world.groups
        department = [
            self.department(group, int(member)) for group in range(len(groups)) for member in stays.member[:1]
        ]
        main, other, procedures = [], [], []
        picks = rng.integers(0, 60, (rows.size, 4))
        pools = [(group.main_dx, comorbidities(group), group.procedures) for group in groups]
        for group, (first, second, third, how_many) in zip(stays.group.tolist(), picks.tolist(), strict=True):
            diagnoses, others, operations = pools[group]
            main.append(diagnoses[first % len(diagnoses)])
            other.append(other_diagnoses(main[-1], others, second, how_many, groups[group].code[-1]))
            procedures.append(operations[third % len(operations)] if operations else "")
        where = [department[group] for group in stays.group.tolist()]
        level = np.array([group.surgery_level for group in groups])[stays.group]
        shifted = np.clip(level + np.where(rng.random(rows.size) < 0.12, rng.choice([-1, 1], rows.size), 0), 1, 4)
        surgical = level > 0
        elective = rng.random(rows.size) < np.array([group.elective for group in groups])[stays.group]
        elective |= stays.day_surgery
        return {
            "adm_dept": where,
            "dis_dept": where,
            "main_dx": main,
            "other_dx": other,
            "procedures": procedures,
            "surgery_level": np.where(surgical, shifted.astype(str), "").tolist(),
            "elective": words(elective, surgical),
            "day_surgery": words(stays.day_surgery, surgical),
            "complication": words(
                rng.random(rows.size) < np.where(shifted >= 3, 0.022, 0.009), surgical & (rng.random(rows.size) < 0.98)
            ),
        }

    def department(self, group: int, number: int) -> str:
        code = self.world.groups[group].department
        return DEPARTMENT_OF_PRIMARY.get(code, GENERAL_PRACTICE) if self.world.members[number].is_primary else code

    def outcome_columns(self, rows: Ints, stays: Stays, month: Ints, rng: np.random.Generator) -> Columns:
        disposition, receiver = self.dispositions(rows, stays, rng)
        next_cause = np.where(self.follower[rows] >= 0, self.stays.cause[self.follower[rows]], -1)
        planned = (next_cause == Cause.PLANNED_READMISSION) & (rng.random(rows.size) < 0.9)
        groups = self.world.groups
        complex_case = np.array([group.rw > 2 or group.fees == "oncology" for group in groups])[stays.group]
        progress = self.world.period.progress(month)
        mdt = rng.random(rows.size) < np.where(complex_case, 0.09, 0.012) * (0.7 + 0.6 * progress)
        antibacterial = np.array([group.antibacterial for group in groups])[stays.group]
        return {
            "disposition": strings(disposition),
            "receiving_inst": receiver,
            "readmit_plan": np.where(disposition == 5, "", np.where(planned, "2", "1")).tolist(),
            "mdt": words(mdt, rng.random(rows.size) < 0.93),
            "pathway": words(rng.random(rows.size) < 0.66 + 0.12 * progress, rng.random(rows.size) < 0.85),
            "antibacterial": words(rng.random(rows.size) < antibacterial, rng.random(rows.size) < 0.985),
        }

    def dispositions(self, rows: Ints, stays: Stays, rng: np.random.Generator) -> tuple[Ints, list[str]]:
        """How the patients left, and where to if they were sent; who comes again has not died."""
        world, follower = self.world, self.follower[rows]
        next_cause = np.where(follower >= 0, self.stays.cause[follower], -1)
        deadly = np.array([group.deaths for group in world.groups])[stays.group]
        factor = np.array([member.deaths for member in world.members])[stays.member]
        dice = rng.random(rows.size)
        disposition = np.select([dice < 0.93, dice < 0.935, dice < 0.955, dice < 0.99], [1, 2, 3, 4], 9)
        died = self.is_last[rows] & (rng.random(rows.size) < deadly * factor)
        disposition = np.where(follower >= 0, np.where(disposition == 4, 4, 1), disposition)
        disposition = np.where(died, 5, disposition)
        disposition = np.where(next_cause == Cause.SENT_UP, 2, np.where(next_cause == Cause.SENT_DOWN, 3, disposition))
        to = np.where(follower >= 0, self.stays.member[follower], -1)
        names = [member.name for member in world.members]
        elsewhere = {2: "省立医院", 3: "户籍地社区卫生服务中心"}
        receiver = [
            "" if code not in elsewhere else names[place] if place >= 0 else elsewhere[code]
            for code, place in zip(disposition.tolist(), to.tolist(), strict=True)
        ]
        return disposition, receiver

    def drg_columns(self, stays: Stays, month: Ints, pay_type: list[str], rng: np.random.Generator) -> Columns:
        member = self.world.members[int(stays.member[0])] if stays.size else self.world.members[0]
        year = self.world.period.year_of_month[month] - self.world.period.first_year
        code = self.drg_names[stays.group]
        dice = rng.random(stays.size)
        in_class = np.array([f"{group.code[0]}QY" for group in self.world.groups])[stays.group]
        code = np.select([dice < 0.008, dice < 0.013, dice < 0.02], ["0000", in_class, ""], code)
        grouped = dice >= 0.02
        weight = self.weights[year, stays.group]
        given = grouped & (rng.random(stays.size) < 0.96)
        self_paying = np.isin(np.array(pay_type), ["05", "07"])
        paid = payments(self.world, member, weight, month)
        return {
            "drg_code": code.tolist(),
            "rw": [f"{value:.4f}" if show else "" for value, show in zip(weight.tolist(), given.tolist(), strict=True)],
            "drg_pay": [
                amount if show else ""
                for amount, show in zip(money(paid), (grouped & ~self_paying).tolist(), strict=True)
            ],
        }


def patient_id(number: int) -> str:
    """An identifier as long as a Chinese identity number that no person can have: region 000000."""
    return f"000000{number + 190000000000:012d}"


def other_diagnoses(main: str, pool: tuple[str, ...], pick: int, how_many: int, severity: str) -> str:
    """Up to two comorbidities; at least one where the group's severity needs it."""
    fitting = [code for code in pool if code != main]
    least = 1 if severity in "13" else 0
    count = min(max(least, how_many % 3), len(fitting))
    return "|".join(fitting[(pick + step) % len(fitting)] for step in range(count))


def money_columns(pay_type: list[str], total: Ints, items: Ints, rng: np.random.Generator) -> Columns:
    """Total, who pays it, and the fee items; items add up to the total, self-pay and fund too."""
    kind = np.array(pay_type)
    part = np.select([kind == "01", kind == "02", kind == "99"], [0.22, 0.37, 0.5], 1.0)
    part = np.minimum(part * np.exp(0.2 * rng.standard_normal(total.size)), 1.0)
    part = np.where(np.isin(kind, ["05", "07"]), 1.0, part)
    self_pay = np.rint(total * part).astype(np.int64)
    columns = {"total_cost": money(total), "self_pay": money(self_pay), "fund_pay": money(total - self_pay)}
    return columns | {name: money(items[:, place]) for place, name in enumerate(ITEMS)}


def last_of_patient(stays: Stays) -> NDArray[np.bool_]:
    order = np.lexsort((stays.admitted, stays.patient))
    patient = stays.patient[order]
    last = np.ones(stays.size, dtype=bool)
    last[order[:-1]] = patient[:-1] != patient[1:]
    return last


def record_numbers(stays: Stays) -> tuple[Ints, Ints]:
    """Record number, one per member and patient, and the number of the stay under it."""
    order = np.lexsort((stays.admitted, stays.patient, stays.member))
    member, patient = stays.member[order], stays.patient[order]
    new = np.ones(stays.size, dtype=bool)
    new[1:] = (member[1:] != member[:-1]) | (patient[1:] != patient[:-1])
    serial = np.cumsum(new)
    starts = np.flatnonzero(new)
    number = np.arange(stays.size) - starts[serial - 1] + 1
    record, stay = np.empty_like(serial), np.empty_like(number)
    record[order], stay[order] = serial + 10_000_000, number
    return record, stay


def strings(values: NDArray[np.int64]) -> list[str]:
    return [str(value) for value in values.tolist()]


def words(fact: NDArray[np.bool_], known: NDArray[np.bool_]) -> list[str]:
    """yes, no, or empty where it is not known."""
    return np.where(known, np.where(fact, YES, NO), UNKNOWN).tolist()


def money(fen: Ints) -> list[str]:
    return [f"{amount // 100}.{amount % 100:02d}" for amount in fen.tolist()]
