"""The rules for referrals: V4, V6 and V20 of domain.md G."""

import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.case_checks import DIAGNOSIS_CODE
from evaluation.importing.checks import check_month
from evaluation.importing.findings import Findings
from evaluation.importing.known import Known

STEPS = ("requested_at", "accepted_at", "arrived_at", "completed_at")


def check_referrals(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    for end in ("sender", "receiver"):
        findings.error(
            "V4", end, (rows[end] != "") & ~rows[end].isin(list(known.institutions)),
            _("%(cell)s is not known. Check the code, or ask the consortium office to enter the institution first."),
        )  # fmt: skip
    findings.error(
        "V20", "receiver", (rows["sender"] == rows["receiver"]) & (rows["sender"] != ""),
        _("Sender and receiver are the same institution. Correct one of them."),
    )  # fmt: skip
    own = known.writable if known.writable is not None else frozenset(known.institutions)
    if known.given_institution:
        own &= {known.given_institution}
    findings.error(
        "V4", "sender", ~rows["sender"].isin(list(own)) & ~rows["receiver"].isin(list(own)),
        _("Neither sender nor receiver is an institution you deliver data for. Take the row out."),
    )  # fmt: skip
    for place, later in enumerate(STEPS[1:], start=1):
        for earlier in STEPS[:place]:
            findings.error(
                "V20", later, (rows[later] < rows[earlier]),
                _("%(cell)s lies before %(earlier)s. Put the times in order: requested, accepted, arrived, completed."),
                earlier=findings.cells[earlier] if earlier in findings.cells.columns else "",
            )  # fmt: skip
    for step in STEPS:
        findings.error("V1", step, rows[step] > known.now, _("%(cell)s lies in the future. Correct the date."))
    findings.error(
        "V1",
        "requested_at",
        rows["requested_at"] < pd.Timestamp(1990, 1, 1),
        _("%(cell)s lies before 1990. Correct the year."),
    )
    findings.error(
        "V6", "main_dx", (rows["main_dx"] != "") & ~rows["main_dx"].str.fullmatch(DIAGNOSIS_CODE.pattern),
        _("“%(cell)s” is not an ICD-10 code. Write it like J18.900, with a point."),
    )  # fmt: skip
    findings.warning(
        "V20", "status", ((rows["status"] == "completed") & rows["completed_at"].isna()),
        _("Completed, but without the time of completion. Accepted; fill in completed_at."),
    )  # fmt: skip
    check_month(
        rows["requested_at"].dt.to_period("M").dt.to_timestamp().astype("datetime64[us]"),
        "requested_at",
        findings,
        known,
    )
