"""The indicators of inpatient cases, in the order in which pages show them (domain.md B).

The texts are read by managers on the Definitions page, in the API and in the help of each figure.
"""

from django.utils.translation import gettext_lazy as _

from evaluation.indicators import capacity, cost, efficiency, process, safety
from evaluation.indicators.definition import Better, Indicator, Theme, Unit

GROUPS = ("cases", "case_groups")

INDICATORS = (
    Indicator(
        code="DRG_CMI", name=_("Case mix index"), short=_("CMI"), theme=Theme.CAPACITY, unit=Unit.NUMBER,
        better=Better.HIGHER, decimals=3, source="KP S0", calculate=capacity.case_mix_index,
        why_it_matters=_("Shows how complex the treated cases are. A lead hospital should be well above 1."),
        how_calculated=_("Sum of relative weights divided by the number of grouped cases that have a weight."),
    ),
    Indicator(
        code="DRG_N", name=_("DRG groups"), short=_("DRG groups"), theme=Theme.CAPACITY, unit=Unit.COUNT,
        better=Better.HIGHER, decimals=0, source="KP S0", calculate=capacity.group_count, facts=GROUPS,
        why_it_matters=_("Shows how broad the range of treated diseases is."),
        how_calculated=_("Number of different DRGs with at least one case; ungrouped cases are left out. Counted anew for each period and group of institutions, never added up."),
    ),
    Indicator(
        code="DRG_TW", name=_("Total weight"), short=_("Total weight"), theme=Theme.CAPACITY, unit=Unit.NUMBER,
        better=Better.HIGHER, decimals=0, source="KP", calculate=capacity.total_weight,
        why_it_matters=_("The amount of treatment delivered, weighted by how demanding each case is."),
        how_calculated=_("Sum of the relative weights of all grouped cases."),
    ),
    Indicator(
        code="DRG_RATE", name=_("Grouping rate"), short=_("Grouped"), theme=Theme.CAPACITY, unit=Unit.PERCENT,
        better=Better.HIGHER, source="KPI", calculate=capacity.grouping_rate,
        why_it_matters=_("Cases that cannot be grouped are not paid by DRG; often the coding is at fault."),
        how_calculated=_("Grouped cases divided by discharges. Empty, 0000 and codes ending in QY are ungrouped."),
    ),
    Indicator(
        code="MDC_COV", name=_("Coverage of major diagnostic categories"), short=_("MDC cover"), theme=Theme.CAPACITY,
        unit=Unit.PERCENT, better=Better.HIGHER, source="GK", calculate=capacity.mdc_coverage, facts=GROUPS, in_matrix=False,
        why_it_matters=_("Shows whether patients of every kind of disease can stay in the consortium."),
        how_calculated=_("Different major diagnostic categories with at least one grouped case, divided by 26."),
    ),
    Indicator(
        code="RW2", name=_("Share of heavy cases"), short=_("RW ≥ 2"), theme=Theme.CAPACITY, unit=Unit.PERCENT,
        better=Better.HIGHER, source="KPI", calculate=capacity.heavy_share,
        why_it_matters=_("A tertiary hospital exists for the heavy cases; light ones belong to the other members."),
        how_calculated=_("Cases with a relative weight of 2 or more divided by grouped cases that have a weight."),
    ),
    Indicator(
        code="MDT_COV", name=_("Groups with multidisciplinary care"), short=_("MDT groups"), theme=Theme.CAPACITY,
        unit=Unit.PERCENT, better=Better.HIGHER, source="S2", calculate=capacity.mdt_coverage, facts=GROUPS, in_matrix=False,
        why_it_matters=_("Shows in how many disease groups several disciplines decide together."),
        how_calculated=_("DRGs with at least one case discussed by several disciplines, divided by the DRGs for which it is known."),
    ),
    Indicator(
        code="CEI", name=_("Cost consumption index"), short=_("Cost index"), theme=Theme.EFFICIENCY, unit=Unit.NUMBER,
        better=Better.LOWER, decimals=2, source="SQL KPI", calculate=efficiency.cost_efficiency_index,
        why_it_matters=_("Compares cost with the region at equal case mix: 1 is the region, 1.2 costs a fifth more."),
        how_calculated=_("For each case its cost divided by the benchmark cost of its DRG, averaged over cases that have a benchmark."),
    ),
    Indicator(
        code="TEI", name=_("Time consumption index"), short=_("Time index"), theme=Theme.EFFICIENCY, unit=Unit.NUMBER,
        better=Better.LOWER, decimals=2, source="SQL KPI", calculate=efficiency.time_efficiency_index,
        why_it_matters=_("Compares length of stay with the region at equal case mix: 1 is the region."),
        how_calculated=_("For each case its days divided by the benchmark days of its DRG, averaged over cases that have a benchmark."),
    ),
    Indicator(
        code="ALOS", name=_("Average length of stay"), short=_("Stay"), theme=Theme.EFFICIENCY, unit=Unit.DAYS,
        better=Better.LOWER, source="BED", calculate=efficiency.average_stay,
        why_it_matters=_("Long stays block beds and often mean that patients wait for the next step."),
        how_calculated=_("Days of discharged patients divided by discharges. A stay within one day counts as one day."),
    ),
    Indicator(
        code="IP_COST", name=_("Cost per stay"), short=_("Cost per stay"), theme=Theme.COST, unit=Unit.YUAN,
        better=Better.LOWER, decimals=0, source="M25", calculate=cost.cost_per_stay,
        why_it_matters=_("What a stay costs insurance and patient together."),
        how_calculated=_("Total inpatient cost divided by discharges."),
    ),
    Indicator(
        code="COST_GR", name=_("Growth of cost per stay"), short=_("Cost growth"), theme=Theme.COST, unit=Unit.PERCENT,
        better=Better.LOWER, source="M25 S1", calculate=cost.cost_growth, looks_back=True,
        why_it_matters=_("Growth faster than the budget ends in overspending."),
        how_calculated=_("Cost per stay divided by that of the same period of last year, minus 1; each period with its own members."),
    ),
    Indicator(
        code="COST_RW", name=_("Cost per weight"), short=_("Cost per RW"), theme=Theme.COST, unit=Unit.YUAN,
        better=Better.LOWER, decimals=0, source="GK", calculate=cost.cost_per_weight,
        why_it_matters=_("Cost of one unit of weight; comparable with the base rate that insurance pays."),
        how_calculated=_("Cost divided by relative weights, over grouped cases that have a weight."),
    ),
    Indicator(
        code="DRUG", name=_("Drug share of cost"), short=_("Drug share"), theme=Theme.COST, unit=Unit.PERCENT,
        better=Better.LOWER, source="KPI S2", calculate=cost.drug_share,
        why_it_matters=_("A high share of drugs points to unneeded prescriptions."),
        how_calculated=_("Western and patent drug cost divided by total cost, over cases with fee items. Herbal pieces are not counted as drugs."),
    ),
    Indicator(
        code="CONS", name=_("Consumables share of cost"), short=_("Consumables"), theme=Theme.COST, unit=Unit.PERCENT,
        better=Better.LOWER, source="KPI S2", calculate=cost.consumables_share,
        why_it_matters=_("Consumables are the part of cost that grows fastest in surgery."),
        how_calculated=_("Cost of consumables divided by total cost, over cases with fee items."),
    ),
    Indicator(
        code="EXAM_COST", name=_("Examination cost per stay"), short=_("Exam cost"), theme=Theme.COST, unit=Unit.YUAN,
        better=Better.LOWER, decimals=0, source="S2", calculate=cost.examination_cost, in_matrix=False,
        why_it_matters=_("Repeated examinations are what mutual recognition of results should avoid."),
        how_calculated=_("Examination and laboratory fees divided by discharges with fee items."),
    ),
    Indicator(
        code="DRG_MARGIN", name=_("DRG margin"), short=_("DRG margin"), theme=Theme.COST, unit=Unit.PERCENT,
        better=Better.HIGHER, source="S2", calculate=cost.margin,
        why_it_matters=_("Shows whether treatment is covered by what insurance pays for it."),
        how_calculated=_("Payment minus cost, divided by payment, over cases with a payment."),
    ),
    Indicator(
        code="DRG_LOSS", name=_("Share of groups at a loss"), short=_("Loss groups"), theme=Theme.COST,
        unit=Unit.PERCENT, better=Better.LOWER, source="S2", calculate=cost.loss_groups, facts=GROUPS, in_matrix=False,
        why_it_matters=_("Many groups at a loss mean that cost control has to reach beyond single departments."),
        how_calculated=_("DRGs whose payments are below their cost, divided by DRGs with payments. Each DRG is added up before it is judged."),
    ),
    Indicator(
        code="MORT", name=_("Inpatient mortality"), short=_("Mortality"), theme=Theme.SAFETY, unit=Unit.PERCENT,
        better=Better.LOWER, decimals=2, source="KPI", calculate=safety.mortality,
        why_it_matters=_("Deaths in hospital; to be read together with the case mix."),
        how_calculated=_("Deaths divided by discharges."),
    ),
    Indicator(
        code="LRM", name=_("Mortality in low-risk groups"), short=_("Low-risk deaths"), theme=Theme.SAFETY,
        unit=Unit.PERCENT, better=Better.LOWER, decimals=3, source="M25", calculate=safety.low_risk_mortality,
        why_it_matters=_("Patients in these groups should not die: every death opens a review of the case."),
        how_calculated=_("Deaths divided by cases, in the DRGs of the lowest risk level. The levels of a year are fixed from the mortality of each DRG in the benchmark of the year before."),
    ),
    Indicator(
        code="MLRM", name=_("Mortality in medium-low-risk groups"), short=_("Medium-low deaths"), theme=Theme.SAFETY,
        unit=Unit.PERCENT, better=Better.LOWER, decimals=3, source="P25", calculate=safety.medium_low_risk_mortality, in_matrix=False,
        why_it_matters=_("The second warning sign of avoidable deaths."),
        how_calculated=_("Deaths divided by cases, in the DRGs of the second risk level."),
    ),
    Indicator(
        code="READM30", name=_("Readmission within 30 days"), short=_("Readm. 30 d"), theme=Theme.SAFETY,
        unit=Unit.PERCENT, better=Better.LOWER, source="S2", calculate=safety.readmission_rate, needs_follow_up=True,
        why_it_matters=_("A patient who soon comes back was often discharged too early or without follow-up care."),
        how_calculated=_("Discharges followed by an admission to any institution within 30 days, divided by discharges alive that were not transferred. No value until 30 days have passed. An arrival by down-referral is not a readmission."),
    ),
    Indicator(
        code="READM_SAME", name=_("Unplanned readmission, same disease"), short=_("Readm. same"), theme=Theme.SAFETY,
        unit=Unit.PERCENT, better=Better.LOWER, source="GK", calculate=safety.same_disease_readmission_rate,
        needs_follow_up=True, in_matrix=False,
        why_it_matters=_("Coming back unplanned with the same disease is the clearest sign of incomplete treatment."),
        how_calculated=_("As readmission within 30 days, but only unplanned ones in the same DRG family, or with the same first three characters of the diagnosis. Planned ones and chemotherapy, radiotherapy or dialysis do not count."),
    ),
    Indicator(
        code="COMPL", name=_("Surgical complication rate"), short=_("Complications"), theme=Theme.SAFETY,
        unit=Unit.PERCENT, better=Better.LOWER, source="M25 S1", calculate=safety.complication_rate,
        why_it_matters=_("Harm done by operations, as far as it is recorded."),
        how_calculated=_("Surgical patients with a complication divided by surgical patients for whom it is recorded."),
    ),
    Indicator(
        code="SURG", name=_("Share of surgical patients"), short=_("Surgical"), theme=Theme.PROCESS, unit=Unit.PERCENT,
        better=Better.HIGHER, source="M25", calculate=process.surgery_share, in_matrix=False,
        why_it_matters=_("Shows how much of the work is surgery or intervention."),
        how_calculated=_("Discharges with an operation or intervention divided by discharges."),
    ),
    Indicator(
        code="SURG4", name=_("Share of level-4 operations"), short=_("Level-4 surgery"), theme=Theme.PROCESS,
        unit=Unit.PERCENT, better=Better.HIGHER, source="M25", calculate=process.level_4_share,
        why_it_matters=_("The most difficult operations are what the lead hospital should concentrate on."),
        how_calculated=_("Patients with a level-4 operation divided by surgical patients, once per stay."),
    ),
    Indicator(
        code="DAYSURG", name=_("Day surgery share of elective surgery"), short=_("Day surgery"), theme=Theme.PROCESS,
        unit=Unit.PERCENT, better=Better.HIGHER, source="M25 S1 S2", calculate=process.day_surgery_share,
        why_it_matters=_("Day surgery frees beds and costs less, at equal safety."),
        how_calculated=_("Day-surgery patients divided by elective surgical patients for whom it is recorded; several operations in one stay count once."),
    ),
    Indicator(
        code="ABX", name=_("Use of antibacterials"), short=_("Antibacterials"), theme=Theme.PROCESS, unit=Unit.PERCENT,
        better=Better.LOWER, source="S1", calculate=process.antibacterial_rate, in_matrix=False,
        why_it_matters=_("Overuse breeds resistance."),
        how_calculated=_("Discharges given antibacterials divided by discharges for which it is recorded."),
    ),
    Indicator(
        code="PATHWAY", name=_("Clinical pathway rate"), short=_("Pathway"), theme=Theme.PROCESS, unit=Unit.PERCENT,
        better=Better.HIGHER, source="S2", calculate=process.pathway_rate, in_matrix=False,
        why_it_matters=_("Standard treatment makes quality even across the members."),
        how_calculated=_("Cases on a clinical pathway divided by eligible cases (the field is not empty)."),
    ),
    Indicator(
        code="DATA_ACC", name=_("Accuracy of delivered data"), short=_("Data accuracy"), theme=Theme.DATA,
        unit=Unit.PERCENT, better=Better.HIGHER, source="S2", calculate=process.data_accuracy, facts=("uploads",), counts_cases=False,
        why_it_matters=_("All other figures rest on it: rows that were refused are missing everywhere."),
        how_calculated=_("Accepted rows divided by rows read, in the submitted case sheets of the month."),
    ),
)
