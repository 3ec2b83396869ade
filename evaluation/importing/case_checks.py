"""The rules for inpatient cases: V1–V8, V11–V16 and V24 of domain.md G, on typed columns."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.case_layout import FEE_ITEMS
from evaluation.importing.checks import check_month
from evaluation.importing.departments import check_departments
from evaluation.importing.findings import Findings
from evaluation.importing.identity import WORDS
from evaluation.importing.known import Known
from evaluation.importing.parsing import instants

EARLIEST = pd.Timestamp(1990, 1, 1)
OLDEST = 120
LONGEST_STAY = 365
DIAGNOSIS = r"[A-Z][0-9]{2}(?:\.(?:[0-9]|[xX])[0-9]{0,3}(?:[xX][0-9]{2,3})?)?"
DIAGNOSIS_CODE = re.compile(rf"{DIAGNOSIS}(?:\+{DIAGNOSIS}\*|[+*])?")
PROCEDURE_CODE = re.compile(r"[0-9]{2}\.[0-9](?:[0-9xX][0-9A-Z]{0,4})?(?:[xX][0-9]{3,4})?")
DRG_CODE = re.compile(r"[A-Z][A-Z][0-9][1-9]|0000|[A-Z]QY")
SMALLEST_WEIGHT, WEIGHT_BOUND = 0.000001, 1_000_000  # what the tables can hold, with six decimals
FEMALE_DIAGNOSIS = re.compile(r"(?:^|\|)(?:O|N[78]\d|N9[0-8])")
MALE_DIAGNOSIS = re.compile(r"(?:^|\|)(?:N4[0-2]|C61|D07\.5|D29\.1)")
OBSTETRIC_DIAGNOSIS = re.compile(r"(?:^|\|)O")
HIGH_COST = 30_000 * 100  # fen; our default for V15
ROUNDING = 100  # fen that fee items may differ from the total (V5)
MALE, FEMALE = "1", "2"
TRANSFERS = ("2", "3")


def discharge_month(rows: pd.DataFrame) -> pd.Series:
    """The first day of the month of discharge, local time; NA where it cannot be read."""
    months = rows["discharged_at"].to_numpy().astype("datetime64[M]").astype("datetime64[us]")
    return pd.Series(months, rows.index)


def check_cases(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    """All rules that look at one row at a time; repeats and later readmissions need the whole sheet."""
    _check_times(rows, findings, known)
    _check_costs(rows, findings)
    _check_codes(rows, findings)
    _check_procedure_dates(rows, findings)
    _check_disposition(rows, findings)
    _check_person(rows, findings)
    check_departments(rows, findings, known)
    _check_weight(rows, findings, known)


def _check_times(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    admitted, discharged = rows["admitted_at"], rows["discharged_at"]
    possible = (admitted >= EARLIEST) & (discharged <= known.now)
    for name, instant in (("admitted_at", admitted), ("discharged_at", discharged)):
        findings.error("V1", name, instant > known.now, _("%(cell)s lies in the future. Correct the date."))
        findings.error("V1", name, instant < EARLIEST, _("%(cell)s lies before 1990. Correct the year."))
    backwards = (discharged < admitted) & (discharged >= EARLIEST) & (admitted <= known.now)
    findings.error(
        "V1", "discharged_at", backwards,
        _("Earlier than the admission, %(admitted)s. Correct one of the two."),
        admitted=admitted.dt.strftime("%Y-%m-%d %H:%M") if backwards.any() else "",
    )  # fmt: skip
    days = (discharged.dt.normalize() - admitted.dt.normalize()).dt.days
    findings.warning(
        "V2",
        "discharged_at",
        possible & (days > LONGEST_STAY),
        _("Stay of %(days)s days. Accepted; left out of DRG payment."),
        days=days,
    )
    findings.error("V1", "age", rows["age"] > OLDEST, _("Age %(cell)s is above 120. Correct it."))
    findings.error(
        "V1", "age_days", ((rows["age_days"] > 365) | ((rows["age_days"] > 0) & (rows["age"] > 0))),
        _("Days of age are for children under one year, 0 to 365. Correct age or days."),
    )  # fmt: skip
    check_month(discharge_month(rows), "discharged_at", findings, known)


def _check_costs(rows: pd.DataFrame, findings: Findings) -> None:
    items = rows[[name for name, _heading in FEE_ITEMS]]
    for name in ("total_cost", "self_pay", "fund_pay", "drg_pay", *items.columns):
        findings.error("V5", name, (rows[name] < 0), _("%(cell)s is below 0. Correct the amount."))
    given = items.notna().any(axis=1) & ~_has_unread_item(items, findings)
    total = items.fillna(0).sum(axis=1)
    apart = (total - rows["total_cost"]).where(given)
    uneven = apart != 0
    yuan = {
        "sum": _yuan(total, uneven),
        "difference": _yuan(apart.abs(), uneven),
        "items": items.notna().sum(axis=1),
    }
    findings.error(
        "V5", "total_cost", (apart > ROUNDING),
        _("The fee items (%(items)s) add up to %(sum)s, %(difference)s more than the total. Correct one of them."),
        **yuan,
    )  # fmt: skip
    findings.error(
        "V5", "total_cost", (apart < -ROUNDING),
        _("The fee items (%(items)s) add up to %(sum)s, %(difference)s less than the total. Correct one of them."),
        **yuan,
    )  # fmt: skip
    findings.warning(
        "V5", "total_cost", ((apart != 0) & (apart.abs() <= ROUNDING)),
        _("The fee items add up to %(sum)s, %(difference)s off the total. Accepted as rounding."), **yuan,
    )  # fmt: skip
    paid = rows["self_pay"].fillna(0) + rows["fund_pay"].fillna(0)
    above = (paid > rows["total_cost"]) & (rows["total_cost"] >= 0)
    findings.warning(
        "V16", "fund_pay", above,
        _("Own and fund payment add up to %(paid)s, more than the total cost. Accepted; check the three amounts."),
        paid=_yuan(paid, above),
    )  # fmt: skip


def _has_unread_item(items: pd.DataFrame, findings: Findings) -> pd.Series:
    """Rows with a fee that is no amount: that is said already, and the sum would only mislead."""
    unread = pd.Series(False, items.index)
    for name in items.columns.intersection(findings.cells.columns):
        empty = items[name].isna()
        if empty.any():
            unread |= empty & (findings.cells[name] != "")
    return unread


def _yuan(fen: pd.Series, wanted: pd.Series) -> pd.Series:
    """Amounts as messages show them; only of the rows wanted, for nearly all are right."""
    chosen = fen[wanted.fillna(False)]
    return (chosen / 100).map("{:,.2f}".format, na_action="ignore").reindex(fen.index)


def _check_codes(rows: pd.DataFrame, findings: Findings) -> None:
    one = _("“%(code)s” is not an ICD-10 code. Write it like J18.900, with a point.")
    several = _("“%(code)s” is not an ICD-10 code. Write codes like J18.900, with a point; separate several by |.")
    procedure = _(
        "“%(code)s” is not an ICD-9-CM-3 code. Write codes like 47.0100, with a point; separate several by |."
    )
    drg = _("“%(code)s” is not a DRG code. Write it like ES35, or 0000 if ungrouped.")
    for name, pattern, is_list, rule, message in (
        ("main_dx", DIAGNOSIS_CODE, False, "V6", one),
        ("other_dx", DIAGNOSIS_CODE, True, "V6", several),
        ("procedures", PROCEDURE_CODE, True, "V7", procedure),
        ("drg_code", DRG_CODE, False, "V8", drg),
    ):
        wrong = _first_wrong_code(rows[name], pattern, is_list)
        findings.error(rule, name, wrong != "", message, code=wrong)
    findings.error(
        "V4", "resident_region", rows["resident_region"] == WORDS,
        _("A region code has six digits, like 330106. Correct it."),
    )  # fmt: skip
    outside = (rows["rw"] < SMALLEST_WEIGHT) | (rows["rw"] >= WEIGHT_BOUND)
    findings.error(
        "V8", "rw", outside, _("A relative weight is above 0 and below 1,000,000. Correct it or leave it empty.")
    )
    findings.warning(
        "V15", "main_dx", rows["main_dx"].str.startswith("R"),
        _("%(cell)s is a symptom. Accepted; a disease as main diagnosis would be better if one was found."),
    )  # fmt: skip
    findings.warning(
        "V15", "main_dx", (rows["main_dx"].str.startswith("Z") & (rows["total_cost"] > HIGH_COST)),
        _("%(cell)s is not a disease (a Z code), but the stay cost much. Accepted; check the main diagnosis."),
    )  # fmt: skip


def _first_wrong_code(codes: pd.Series, pattern: re.Pattern[str], is_list: bool) -> pd.Series:
    """Per row the first of its codes that does not match, or "". Each different text is looked at once."""
    wrong = {}
    for text in codes.unique():
        listed = text.split("|") if is_list else [text]
        bad = next((code for code in listed if text and not pattern.fullmatch(code)), None)
        if bad is not None:
            wrong[text] = bad or text
    return codes.map(wrong).fillna("") if wrong else pd.Series("", codes.index, dtype="str")


def _check_procedure_dates(rows: pd.DataFrame, findings: Findings) -> None:
    """V13, where the sheet gives the dates: as many as procedures, each inside the stay."""
    given = rows[rows["procedure_dates"] != ""]
    if given.empty:
        return
    texts = given["procedure_dates"].str.split("|").explode()
    days = instants(texts)[0].dt.normalize()
    first = given["admitted_at"].dt.normalize().reindex(days.index)
    last = given["discharged_at"].reindex(days.index)
    for wrong, message in (
        (
            days.isna(),
            _("“%(date)s” is not a date. Write dates like 2026-03-05, separated by |, one for each procedure."),
        ),
        (
            (days < first) | (days > last),
            _("The procedure of %(date)s lies outside the stay. Correct the date or the stay."),
        ),
    ):
        dates = texts[wrong].groupby(level=0).first().reindex(rows.index)
        findings.error("V13", "procedure_dates", dates.notna(), message, date=dates)
    dates, procedures = given["procedure_dates"].str.count(r"\|") + 1, given["procedures"].str.count(r"\|") + 1
    procedures = procedures.where(given["procedures"] != "", 0)
    findings.error(
        "V13", "procedure_dates", (dates != procedures).reindex(rows.index, fill_value=False),
        _("%(procedures)s procedures need as many dates, not %(dates)s. Write one date for each, in their order."),
        dates=dates.reindex(rows.index), procedures=procedures.reindex(rows.index),
    )  # fmt: skip


def _check_disposition(rows: pd.DataFrame, findings: Findings) -> None:
    lost = rows["disposition"].isin(TRANSFERS) & (rows["receiving_inst"] == "")
    findings.error(
        "V11", "receiving_inst", lost,
        _("Way of leaving %(way)s (transfer) needs the receiving institution. Fill it in."), way=rows["disposition"],
    )  # fmt: skip


def _check_person(rows: pd.DataFrame, findings: Findings) -> None:
    diagnoses = rows["main_dx"].str.cat(rows["other_dx"], sep="|")
    of_women, of_men = (_any_code(diagnoses, pattern) for pattern in (FEMALE_DIAGNOSIS, MALE_DIAGNOSIS))
    findings.warning(
        "V12", "main_dx", of_women & (rows["sex"] == MALE),
        _("A diagnosis of women, but sex is 1 (male). Accepted as it is, unless you correct it."),
    )  # fmt: skip
    findings.warning(
        "V12", "main_dx", of_men & (rows["sex"] == FEMALE),
        _("A diagnosis of men, but sex is 2 (female). Accepted as it is, unless you correct it."),
    )  # fmt: skip
    findings.warning(
        "V12", "main_dx", (_any_code(diagnoses, OBSTETRIC_DIAGNOSIS) & (rows["age"] == 0)),
        _("An obstetric diagnosis, but the age is 0. Accepted as it is, unless you correct it."),
    )  # fmt: skip


def _any_code(diagnoses: pd.Series, pattern: re.Pattern[str]) -> pd.Series:
    return diagnoses.str.contains(pattern.pattern, regex=True)


def _check_weight(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    if known.weights.empty:
        return
    places = {
        name: rows["institution"].map({code: getattr(place, name) for code, place in known.institutions.items()})
        for name in ("joined_last", "region", "level")
    }
    wanted = pd.DataFrame(
        {
            **places,
            "year": rows["discharged_at"].dt.year.astype("Int64"),
            "drg": rows["drg_code"],
        }
    )
    found = wanted.merge(known.weights, on=[*places, "year", "drg"], how="left")["benchmark_rw"]
    benchmark = pd.Series(found.to_numpy(dtype="float64"), rows.index)
    rw = rows["rw"].astype("float64")
    findings.warning(
        "V24", "rw", (rw - benchmark).abs() > 0.00005,
        _("The benchmark table of the year gives %(benchmark)s. Accepted as it is, unless you correct it."), benchmark=benchmark,
    )  # fmt: skip


class Deaths:
    """V14: a patient who died has a later admission. Needs all rows of the sheet, in whatever order they come."""

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []
        self.patients: set[str] = set()  # who died, as hashes

    def remember(self, rows: pd.DataFrame) -> None:
        self.patients |= set(rows.loc[rows["disposition"] == "5", "patient_id"])
        self.parts.append(
            pd.DataFrame(
                {
                    "patient": pd.util.hash_pandas_object(rows["patient_id"], index=False).to_numpy(),
                    "admitted_at": rows["admitted_at"].to_numpy(),
                    "died_at": rows["discharged_at"].where(rows["disposition"] == "5").to_numpy(),
                    "row": rows.index.to_numpy(),
                }
            )
        )

    def followed_by_admission(self, elsewhere: pd.DataFrame) -> np.ndarray:
        """Sheet rows of deaths after which the patient was admitted, in the sheet or in `elsewhere`
        (patient_id, admitted_at: the latest stored admission of patients)."""
        if not self.parts:
            return np.empty(0, dtype="int64")
        seen = pd.concat(self.parts, ignore_index=True)
        stored = pd.DataFrame(
            {
                "patient": pd.util.hash_pandas_object(elsewhere["patient_id"].astype("str"), index=False).to_numpy(),
                "admitted_at": elsewhere["admitted_at"].to_numpy(dtype="datetime64[us]"),
            }
        )
        latest = pd.concat([seen[["patient", "admitted_at"]], stored]).groupby("patient")["admitted_at"].max()
        dead = seen[seen["died_at"].notna()]
        later = latest.reindex(dead["patient"]).to_numpy()
        return np.sort(dead.loc[later > dead["died_at"].to_numpy(), "row"].to_numpy())
