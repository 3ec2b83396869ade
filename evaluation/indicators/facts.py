"""The additive facts of a cell: what a group of discharges adds up to (institution × month × department × DRG).

Counts are cases, `…_cost` and `payment` are fen, `weight` is in millionths of a relative weight (exact integers, so
that sums do not depend on their order), `cost_index` and `time_index` are sums of case ÷ benchmark.
"""

CASE_COUNTS = (
    "discharges",
    "grouped",
    "weighted",  # grouped cases with a relative weight
    "heavy",  # of these, RW ≥ 2
    "surgical",
    "surgical_4",
    "elective",  # elective surgical cases of which day surgery is known
    "day_surgery",
    "complication_known",  # surgical cases of which complications are known
    "complications",
    "mdt_known",
    "mdt",
    "pathway_known",
    "pathway",
    "antibacterial_known",
    "antibacterial",
    "deaths",
    "risk1_cases",
    "risk1_deaths",
    "risk2_cases",
    "risk2_deaths",
    "index_stays",  # left alive and not transferred: those who could come back
    "readmitted",
    "readmitted_same",
    "benched",  # grouped cases with a benchmark
    "itemised",  # cases whose sheet gave fee items
    "paid",  # cases with a DRG payment
    "acute_stays",  # discharged from acute beds: neither day surgery nor rehabilitation
)
CASE_SUMS = (
    "weight",
    "bed_days",
    "acute_bed_days",
    "cost",
    "weighted_cost",
    "itemised_cost",
    "drug_cost",
    "herbal_cost",
    "material_cost",
    "exam_cost",
    "payment",
    "paid_cost",
)
CASE_INDICES = ("cost_index", "time_index")
CASE_MAXIMA = ("last_index_day", "last_discharge_day")  # days since 1970-01-01; 0 = none
CASE_FACTS = CASE_COUNTS + CASE_SUMS + CASE_INDICES + CASE_MAXIMA

CASES_BEHIND = {  # the count of cases that an amount is of
    "weight": "weighted",
    "bed_days": "discharges",
    "acute_bed_days": "acute_stays",
    "cost": "discharges",
    "weighted_cost": "weighted",
    "itemised_cost": "itemised",
    "drug_cost": "itemised",
    "herbal_cost": "itemised",
    "material_cost": "itemised",
    "exam_cost": "itemised",
    "payment": "paid",
    "paid_cost": "paid",
    "cost_index": "benched",
    "time_index": "benched",
}
USUAL_AMOUNTS = {  # of a case, where the year before does not tell
    "weight": 1_000_000,
    "bed_days": 8,
    "acute_bed_days": 8,
    "cost": 800_000,
    "weighted_cost": 800_000,
    "itemised_cost": 800_000,
    "drug_cost": 200_000,
    "herbal_cost": 20_000,
    "material_cost": 100_000,
    "exam_cost": 200_000,
    "payment": 800_000,
    "paid_cost": 800_000,
    "cost_index": 1.0,
    "time_index": 1.0,
}

GROUP_FACTS = ("discharges", "mdt_known", "mdt", "paid", "payment", "paid_cost")  # what distinct counts of DRGs need

WEIGHT_UNITS = 1_000_000
