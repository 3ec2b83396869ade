"""The rules for budgets and spending: V1, V4, V19 of domain.md G."""

import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.checks import check_member_years, check_month
from evaluation.importing.findings import Findings
from evaluation.importing.known import Known


def check_budgets(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    findings.error(
        "V1",
        "year",
        ((rows["year"] < 2000) | (rows["year"] > known.now.year + 1)),
        _("Year %(cell)s is out of range. Correct it."),
    )
    check_member_years(rows["institution"], rows["year"], findings, known)
    findings.error("V19", "planned_amount", (rows["planned_amount"] < 0), _("%(cell)s is below 0. Correct the amount."))


def check_expenditures(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    findings.error("V1", "month", (rows["month"] > known.now), _("%(cell)s lies in the future. Correct the month."))
    findings.error(
        "V1", "month", (rows["month"] < pd.Timestamp(1990, 1, 1)), _("%(cell)s lies before 1990. Correct the year.")
    )
    findings.error("V19", "amount", (rows["amount"] < 0), _("%(cell)s is below 0. Correct the amount."))
    check_month(rows["month"], "month", findings, known)
