"""Facts of referrals per month: of pairs, and of senders."""

from evaluation.frames import MONTH_NUMBER, PLACE, FrameSource, within_clause

ACCEPTED = "accepted_at IS NOT NULL AND status <> 'declined'"


def _pair_query(institutions, first, last):
    sent, params = within_clause(institutions, "sender_id")
    received, _same = within_clause(institutions, "receiver_id")
    ends = f" AND ((TRUE{sent}) OR (TRUE{received}))" if sent else ""
    return (
        f"""SELECT sender_id, {MONTH_NUMBER.format("month")}, receiver_id,
                   count(*) FILTER (WHERE direction = 'up' AND {ACCEPTED}),
                   count(*) FILTER (WHERE direction = 'down' AND status = 'completed')
            FROM referrals_referral WHERE month BETWEEN %s AND %s{ends}
            GROUP BY sender_id, month, receiver_id""",
        [first, last, *params, *params],
    )


def _sender_query(institutions, first, last):
    clause, params = within_clause(institutions, "sender_id")
    return (
        f"""SELECT sender_id, {MONTH_NUMBER.format("month")}, count(*), count(*) FILTER (WHERE status = 'completed')
            FROM referrals_referral WHERE month BETWEEN %s AND %s{clause} GROUP BY sender_id, month""",
        [first, last, *params],
    )


SOURCES = (
    FrameSource(
        name="referral_pairs",
        query=_pair_query,
        dtypes={**PLACE, "partner": "int64", "accepted_up": "int64", "completed_down": "int64"},
        table="referrals_referral",
    ),
    FrameSource(
        name="referrals_sent",
        query=_sender_query,
        dtypes={**PLACE, "created": "int64", "completed": "int64"},
        table="referrals_referral",
    ),
)
