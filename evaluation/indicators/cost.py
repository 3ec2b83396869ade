"""What stays cost and what is paid for them (domain.md B). Frames: `cases`, `cases_year_before`, `case_groups`.

Facts are fen; values are yuan.
"""

from collections.abc import Sequence

import pandas as pd

from evaluation.indicators.definition import Frames, ratio, sums
from evaluation.indicators.facts import WEIGHT_UNITS

FEN = 100


def cost_per_stay(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Inpatient cost ÷ discharges, yuan (IP_COST)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["cost"] / FEN, cases["discharges"])


def cost_growth(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Cost per stay ÷ that of the same period last year − 1, each with its own members (COST_GR)."""
    now = cost_per_stay(frames, by)
    then = cost_per_stay({"cases": frames["cases_year_before"]}, by).reindex(now.index)
    growth = ratio(now["value"], then["value"], now["cases"])
    return growth.assign(value=growth["value"] - 1)


def cost_per_weight(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Cost ÷ relative weights of the grouped cases that have one, yuan (COST_RW)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["weighted_cost"] / FEN, cases["weight"] / WEIGHT_UNITS, cases["weighted"])


def margin(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """(payment − cost) ÷ payment over cases with a payment (DRG_MARGIN)."""
    cases = sums(frames, "cases", by)
    return ratio((cases["payment"] - cases["paid_cost"]) / FEN, cases["payment"] / FEN, cases["paid"])


def loss_groups(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """DRGs paid less than they cost ÷ DRGs with payments (DRG_LOSS); each DRG is added up before it is judged."""
    discharges = sums(frames, "cases", by)["discharges"]
    groups = frames["case_groups"]
    paid = (
        groups[groups["paid"] > 0]
        .groupby([*by, "drg"], observed=True)[["payment", "paid_cost", "paid"]]
        .sum()
        .reset_index()
    )
    judged = paid.assign(loss=paid["payment"] < paid["paid_cost"], groups=1)
    counts = judged.groupby(list(by), observed=True)[["loss", "groups", "paid"]].sum()
    counts = counts.reindex(discharges.index, fill_value=0)
    return ratio(counts["loss"], counts["groups"], counts["paid"])


def drug_share(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Western and patent drugs ÷ total cost, of cases with fee items; herbal pieces are left out (DRUG)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["drug_cost"] / FEN, cases["itemised_cost"] / FEN, cases["itemised"])


def consumables_share(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Consumables ÷ total cost, of cases with fee items (CONS)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["material_cost"] / FEN, cases["itemised_cost"] / FEN, cases["itemised"])


def examination_cost(frames: Frames, by: Sequence[str]) -> pd.DataFrame:
    """Examination and laboratory fees ÷ discharges with fee items, yuan (EXAM_COST)."""
    cases = sums(frames, "cases", by)
    return ratio(cases["exam_cost"] / FEN, cases["itemised"])
