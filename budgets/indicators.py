"""Indicators of the budget (domain.md B, BUD_*). Frames: `expenditures` (January to period end), `budgets`: fen."""

from collections.abc import Sequence

import pandas as pd
from django.utils.translation import gettext_lazy as _

from evaluation.indicators.definition import Better, Frames, Indicator, Theme, Unit, ratio, sums

FEN = 100  # in a yuan


def execution(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Spending from January to the end of the period ÷ the approved amount of the year (BUD_EXEC)."""
    planned = sums(frames, "budgets", by)["planned"]
    spent = sums(frames, "expenditures", by)["spent"].reindex(planned.index, fill_value=0)
    yuan = {"numerator": spent / FEN, "denominator": planned / FEN}
    return ratio(spent, planned).assign(**yuan, cases=float("nan"))


INDICATORS = (
    Indicator(
        code="BUD_EXEC",
        name=_("Budget execution"),
        short=_("Budget spent"),
        theme=Theme.BUDGET,
        unit=Unit.PERCENT,
        better=Better.RANGE,
        source="S1",
        calculate=execution,
        facts=("expenditures", "budgets"),
        from_elapsed_share=True,
        counts_cases=False,
        why_it_matters=_("Spending that runs ahead of the year ends above the budget, which nobody covers in full."),
        how_calculated=_(
            "Spending from January to the end of the period divided by the approved amount of the year; to be compared with the part of the year that is over. No value for rolling periods."
        ),
    ),
)
