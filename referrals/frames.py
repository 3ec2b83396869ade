"""Facts of referrals per month: of pairs, and of senders."""

import pandas as pd

from evaluation.frames import MONTH_NUMBER, PLACE, FrameSource, within_clause
from evaluation.indicators.publishing import Rounding

DIRECTIONS = ("up", "down", "lateral")
STEPS = {
    "created": "TRUE",
    "accepted": "accepted_at IS NOT NULL AND status <> 'declined'",
    "completed": "status = 'completed'",
}
PAIR_FACTS = tuple(f"{step}_{direction}" for step in STEPS for direction in DIRECTIONS)


def _pair_query(institutions, first, last):
    sent, params = within_clause(institutions, "sender_id")
    received, _same = within_clause(institutions, "receiver_id")
    ends = f" AND ((TRUE{sent}) OR (TRUE{received}))" if sent else ""
    counts = ", ".join(
        f"count(*) FILTER (WHERE direction = '{direction}' AND {condition})"
        for condition in STEPS.values()
        for direction in DIRECTIONS
    )
    return (
        f"""SELECT sender_id, {MONTH_NUMBER.format("month")}, receiver_id, {counts}
            FROM referrals_referral WHERE month BETWEEN %s AND %s{ends}
            GROUP BY sender_id, month, receiver_id""",
        [first, last, *params, *params],
    )


def _sent(pairs: pd.DataFrame) -> pd.DataFrame:
    """What each institution sent, to whomever: created and completed referrals of all directions."""
    sent = pairs[["institution", "month"]].copy()
    for step in ("created", "completed"):
        sent[step] = pairs[[f"{step}_{direction}" for direction in DIRECTIONS]].sum(axis=1)
    return sent.groupby(["institution", "month"], as_index=False, sort=False)[["created", "completed"]].sum()


SOURCES = (
    FrameSource(
        name="referral_pairs",
        query=_pair_query,
        dtypes={**PLACE, "partner": "int64", **dict.fromkeys(PAIR_FACTS, "int64")},
        table="referrals_referral",
        published=Rounding(PAIR_FACTS),
    ),
    FrameSource(
        name="referrals_sent",
        sums=("referral_pairs", _sent),
        dtypes={**PLACE, "created": "int64", "completed": "int64"},
        table="referrals_referral",
    ),
)
