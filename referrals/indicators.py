"""Indicators of cooperation (domain.md B, REF_*). Frames: `referral_pairs`, `referrals_sent`; by month of the request."""

from collections.abc import Sequence

import pandas as pd
from django.utils.translation import gettext_lazy as _

from evaluation.indicators.definition import Better, Frames, Indicator, Theme, Unit, ratio, sums


def down_up_ratio(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Completed down-referrals ÷ accepted up-referrals (REF_RATIO); of an institution: those it sent or received."""
    pairs = sums(frames, "referral_pairs", by)
    return ratio(pairs["completed_down"], pairs["accepted_up"])


def completion_rate(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Completed ÷ created referrals, attributed to the sender (REF_DONE)."""
    sent = sums(frames, "referrals_sent", by)
    return ratio(sent["completed"], sent["created"])


INDICATORS = (
    Indicator(
        code="REF_RATIO",
        name=_("Down ÷ up referrals"),
        short=_("Down ÷ up"),
        theme=Theme.COOPERATION,
        unit=Unit.NUMBER,
        better=Better.HIGHER,
        decimals=2,
        source="GK",
        calculate=down_up_ratio,
        facts=("referral_pairs",),
        counts_cases=False,
        why_it_matters=_("A consortium in which patients only move up is a suction pump, not a network."),
        how_calculated=_(
            "Completed down-referrals divided by accepted up-referrals, by month of the request. Of an institution: those it sent or received. Of a consortium: those between its members."
        ),
    ),
    Indicator(
        code="REF_DONE",
        name=_("Completed referrals"),
        short=_("Referrals done"),
        theme=Theme.COOPERATION,
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        source="J24",
        calculate=completion_rate,
        facts=("referrals_sent",),
        is_share=True,
        why_it_matters=_("A referral that is not completed is a patient who got lost between two members."),
        how_calculated=_("Completed divided by created referrals, attributed to the sender."),
    ),
)
