"""The rules for master data: V4, V9, V10, V18 of domain.md G."""

from __future__ import annotations

import re

import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.case_checks import DRG_CODE, SMALLEST_WEIGHT, WEIGHT_BOUND
from evaluation.importing.findings import Findings
from evaluation.importing.known import Known

USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
INSURANCE_CODE = r"H[0-9]{11}"
REGION = r"[0-9]{6}"
FIRST_DAY, LAST_DAY = pd.Timestamp(1949, 10, 1), pd.Timestamp(2100, 1, 1)
COEFFICIENT = (0.0001, 100)  # smallest value and bound: what the tables can hold, with four decimals
STAY = (0.0001, 10_000)


def uscc_check_character(first_17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100)."""
    total = sum(USCC_ALPHABET.index(sign) * weight for sign, weight in zip(first_17, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    return bool(USCC.fullmatch(code)) and uscc_check_character(code[:17]) == code[17]


def check_consortia(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    _check_own_consortium(rows["code"], "code", findings, known)


def check_institutions(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    wrong = (rows["uscc"] != "") & ~rows["uscc"].map(is_uscc).astype(bool)
    findings.error(
        "V9", "uscc", wrong,
        _("%(cell)s is no unified social credit code (18 characters, the last one checks the others). Correct it."),
    )  # fmt: skip
    findings.warning(
        "V10", "code", (rows["code"] != "") & ~rows["code"].str.fullmatch(INSURANCE_CODE),
        _("%(cell)s does not look like an insurance code (H and 11 digits). Accepted if it is your local pattern."),
    )  # fmt: skip
    findings.error(
        "V4", "region_code", (rows["region_code"] != "") & ~rows["region_code"].str.fullmatch(REGION),
        _("A region code has six digits, like 330106. Correct it."),
    )  # fmt: skip
    for name in ("risk_coefficient", "rate_coefficient"):
        findings.error(
            "V19", name, _outside(rows[name], *COEFFICIENT), _("A coefficient is above 0 and below 100. Correct it.")
        )
    if known.writable is not None:
        foreign = rows["code"].isin([code for code in known.institutions if code not in known.writable])
        findings.error(
            "V4", "code", foreign,
            _("%(cell)s does not belong to your consortium today. Take the row out; its own consortium's office, "
              "or the administrator, changes it."),
        )  # fmt: skip


def check_memberships(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    findings.error(
        "V4", "consortium", (rows["consortium"] != "") & ~rows["consortium"].isin(list(known.consortia)),
        _("%(cell)s is not known. Check the code, or deliver the sheet of consortia first."),
    )  # fmt: skip
    _check_own_consortium(rows["consortium"], "consortium", findings, known)
    for name in ("joined_on", "left_on"):
        findings.error(
            "V1", name, (rows[name] < FIRST_DAY) | (rows[name] > LAST_DAY),
            _("%(cell)s is not between 1949 and 2100. Correct the year; leave left_on empty for a member without end."),
        )  # fmt: skip
    findings.error(
        "V1",
        "left_on",
        (rows["left_on"] < rows["joined_on"]),
        _("The leaving day lies before the joining day. Correct one of them."),
    )
    _check_overlaps(rows, findings)


def _check_overlaps(rows: pd.DataFrame, findings: Findings) -> None:
    """Periods of one institution in one consortium do not overlap. The same period twice is said by V3."""
    ordered = rows.sort_values("joined_on", kind="stable")
    pair = [ordered["consortium"], ordered["institution"]]
    last_day = ordered["left_on"].fillna(LAST_DAY).groupby(pair, sort=False).cummax()
    held_until = last_day.groupby(pair, sort=False).shift()
    repeated = ordered.groupby(["consortium", "institution"], sort=False)["joined_on"].shift() == ordered["joined_on"]
    findings.error(
        "V1", "joined_on", ((held_until >= ordered["joined_on"]) & ~repeated).reindex(rows.index),
        _("The institution is already a member then. End the earlier membership first (left_on)."),
    )  # fmt: skip


def check_departments(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    """Nothing beyond the layout and the institution."""


def check_benchmarks(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    findings.error(
        "V8", "drg", (rows["drg"] != "") & ~rows["drg"].str.fullmatch(DRG_CODE.pattern),
        _("“%(cell)s” is not a DRG code. Write it like ES35."),
    )  # fmt: skip
    findings.error(
        "V1",
        "year",
        ((rows["year"] < 2000) | (rows["year"] > known.now.year + 1)),
        _("Year %(cell)s is out of range. Correct it."),
    )
    for name, outside in (
        ("rw", _outside(rows["rw"], SMALLEST_WEIGHT, WEIGHT_BOUND)),
        ("avg_cost", rows["avg_cost"] <= 0),
        ("avg_los", _outside(rows["avg_los"], *STAY)),
    ):
        findings.error(
            "V19", name, outside, _("%(cell)s: a benchmark is above 0 and not so large. Correct the number.")
        )
    findings.error(
        "V4", "region", (rows["region"] != "") & ~rows["region"].str.fullmatch(REGION),
        _("A region code has six digits, like 330106. Correct it."),
    )  # fmt: skip
    for name in ("deaths", "readmissions"):
        findings.error(
            "V18", name, (rows[name] > rows["cases"]), _("%(cell)s is more than the cases. Correct one of them.")
        )


def _outside(numbers: pd.Series, smallest: float, bound: float) -> pd.Series:
    return (numbers < smallest) | (numbers >= bound)


def _check_own_consortium(codes: pd.Series, column: str, findings: Findings, known: Known) -> None:
    if known.writable_consortia is not None:
        foreign = codes.isin(list(known.consortia)) & ~codes.isin(list(known.writable_consortia))
        findings.error("V4", column, foreign, _("%(cell)s is not a consortium of yours. Take the row out."))
