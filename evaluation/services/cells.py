"""Reduces current cases to cells in PostgreSQL: institution × month × department × DRG (design §2).

The same statement serves a few stale partitions and a rebuild of everything; readmissions are found by one join of the
index stays with all later admissions of the same patient, wherever they were.
"""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from evaluation.indicators.facts import CASE_FACTS
from evaluation.services.staleness import Partition

PLACE = "Asia/Shanghai"  # where a date is meant
READMISSION_DAYS = 30

CELLS_SQL = """
WITH stay AS (
    SELECT c.id, c.institution_id, c.month, c.dis_dept, c.patient_hash, c.admitted_at, c.discharged_at, c.los,
           c.main_dx, c.readmit_plan, c.disposition, c.surgery_level, c.elective, c.day_surgery, c.complication, c.mdt,
           c.pathway, c.antibacterial, c.total_cost, c.drg_pay, c.cost_herbal, c.cost_material,
           CASE WHEN c.drg_code ~ '^([A-Z]QY|0000)?$' THEN '' ELSE c.drg_code END AS drg,
           CASE WHEN c.drg_code ~ '^([A-Z]QY|0000)?$' THEN NULL
                ELSE round(COALESCE(c.rw, b.rw) * 1000000)::bigint END AS weight,
           b.avg_cost, b.avg_los, b.risk,
           COALESCE(c.cost_western_drug, 0) + COALESCE(c.cost_patent_drug, 0) AS drug_cost,
           COALESCE(c.cost_exam, 0) + COALESCE(c.cost_lab, 0) AS exam_cost,
           COALESCE(c.cost_bed, c.cost_consultation, c.cost_exam, c.cost_lab, c.cost_treatment, c.cost_surgery,
                    c.cost_nursing, c.cost_material, c.cost_western_drug, c.cost_herbal, c.cost_patent_drug,
                    c.cost_general, c.cost_registration, c.cost_other) IS NOT NULL AS itemised,
           (c.discharged_at AT TIME ZONE '{place}')::date AS discharged_on,
           c.disposition NOT IN ('5', '2') AS is_index
    FROM evaluation_inpatientcase c
    JOIN evaluation_institution i ON i.id = c.institution_id
    LEFT JOIN evaluation_localbenchmark b
           ON b.year = extract(year FROM c.month)::int AND b.region = i.region_code AND b.level = i.level
          AND b.drg = CASE WHEN c.drg_code ~ '^([A-Z]QY|0000)?$' THEN NULL ELSE c.drg_code END
    WHERE c.is_current {only}
), readmission AS (
    SELECT c.id,
           bool_or(
               c.readmit_plan <> '2' AND later.main_dx !~ '^Z(51|49)'
               AND CASE
                   WHEN c.drg_code !~ '^([A-Z]QY|0000)?$' AND later.drg_code !~ '^([A-Z]QY|0000)?$'
                   THEN left(c.drg_code, 3) = left(later.drg_code, 3)
                   ELSE left(c.main_dx, 3) = left(later.main_dx, 3)
               END
           ) AS same
    FROM evaluation_inpatientcase c
    {later}
    WHERE c.is_current AND c.disposition NOT IN ('5', '2') {only}
    GROUP BY c.id
), cell AS (
    SELECT
        institution_id, month, dis_dept AS department, drg,
        count(*) AS discharges,
        count(*) FILTER (WHERE drg <> '') AS grouped,
        count(weight) AS weighted,
        count(*) FILTER (WHERE weight >= 2000000) AS heavy,
        count(surgery_level) AS surgical,
        count(*) FILTER (WHERE surgery_level = 4) AS surgical_4,
        count(day_surgery) FILTER (WHERE surgery_level IS NOT NULL AND elective) AS elective,
        count(*) FILTER (WHERE surgery_level IS NOT NULL AND elective AND day_surgery) AS day_surgery,
        count(complication) FILTER (WHERE surgery_level IS NOT NULL) AS complication_known,
        count(*) FILTER (WHERE surgery_level IS NOT NULL AND complication) AS complications,
        count(mdt) AS mdt_known,
        count(*) FILTER (WHERE mdt) AS mdt,
        count(pathway) AS pathway_known,
        count(*) FILTER (WHERE pathway) AS pathway,
        count(antibacterial) AS antibacterial_known,
        count(*) FILTER (WHERE antibacterial) AS antibacterial,
        count(*) FILTER (WHERE disposition = '5') AS deaths,
        count(*) FILTER (WHERE risk = 1) AS risk1_cases,
        count(*) FILTER (WHERE risk = 1 AND disposition = '5') AS risk1_deaths,
        count(*) FILTER (WHERE risk = 2) AS risk2_cases,
        count(*) FILTER (WHERE risk = 2 AND disposition = '5') AS risk2_deaths,
        count(*) FILTER (WHERE is_index) AS index_stays,
        count(readmission.id) AS readmitted,
        count(*) FILTER (WHERE same) AS readmitted_same,
        count(avg_cost) AS benched,
        count(*) FILTER (WHERE itemised) AS itemised,
        count(drg_pay) AS paid,
        COALESCE(sum(weight), 0) AS weight,
        sum(los) AS bed_days,
        sum(total_cost) AS cost,
        COALESCE(sum(total_cost) FILTER (WHERE weight IS NOT NULL), 0) AS weighted_cost,
        COALESCE(sum(total_cost) FILTER (WHERE itemised), 0) AS itemised_cost,
        sum(drug_cost) AS drug_cost,
        COALESCE(sum(cost_herbal), 0) AS herbal_cost,
        COALESCE(sum(cost_material), 0) AS material_cost,
        sum(exam_cost) AS exam_cost,
        COALESCE(sum(drg_pay), 0) AS payment,
        COALESCE(sum(total_cost) FILTER (WHERE drg_pay IS NOT NULL), 0) AS paid_cost,
        COALESCE(sum(total_cost) FILTER (WHERE avg_cost IS NOT NULL)::float8 / max(avg_cost), 0) AS cost_index,
        COALESCE(sum(los) FILTER (WHERE avg_los IS NOT NULL)::float8 / max(avg_los)::float8, 0) AS time_index,
        COALESCE(max(discharged_on) FILTER (WHERE is_index) - DATE '1970-01-01', 0) AS last_index_day,
        max(discharged_on) - DATE '1970-01-01' AS last_discharge_day
    FROM stay LEFT JOIN readmission ON readmission.id = stay.id
    GROUP BY institution_id, month, dis_dept, drg
)
"""

LATER_SQL = """
    later.patient_hash = c.patient_hash AND later.is_current AND later.id <> c.id
    AND later.admitted_at >= c.discharged_at AND later.admitted_at < c.discharged_at + interval '32 days'
    AND (later.admitted_at AT TIME ZONE '{place}')::date - (c.discharged_at AT TIME ZONE '{place}')::date <= {days}
    AND later.came_by_referral <> 'down'
"""
ALL_LATER = "JOIN evaluation_inpatientcase later ON {condition}"
# For few stays each is looked up by its patient; OFFSET 0 keeps the planner, which guesses too many, from reading all cases.
EACH_LATER = """CROSS JOIN LATERAL (
        SELECT later.main_dx, later.drg_code FROM evaluation_inpatientcase later WHERE {condition} OFFSET 0
    ) later"""


@transaction.atomic
def rebuild_cells(partitions: Iterable[Partition] | None = None) -> None:
    """Replace the cells of these institution-months, or of all (None)."""
    with connection.cursor() as cursor:
        if partitions is None:
            cursor.execute("DELETE FROM evaluation_casecell")  # TRUNCATE would lock readers out until the end
            cursor.execute(_insert(""))
            cursor.execute("ANALYZE evaluation_casecell")
            return
        institutions, months = zip(*sorted(set(partitions)), strict=True)
        chosen = [list(institutions), list(months)]
        cursor.execute(
            "DELETE FROM evaluation_casecell USING unnest(%s::bigint[], %s::date[]) AS stale(institution_id, month)"
            " WHERE evaluation_casecell.institution_id = stale.institution_id AND evaluation_casecell.month = stale.month",
            chosen,
        )
        only = "AND (c.institution_id, c.month) IN (SELECT * FROM unnest(%s::bigint[], %s::date[]))"
        cursor.execute(_insert(only), chosen + chosen)  # stays and readmissions are narrowed alike


def _insert(only: str) -> str:
    columns = ", ".join(("institution_id", "month", "department", "drg", *CASE_FACTS))
    return cells_query(only) + f"INSERT INTO evaluation_casecell ({columns}) SELECT {columns} FROM cell"


def cells_query(only: str = "") -> str:
    """The WITH part that ends in `cell`; `only` narrows the stays."""
    condition = LATER_SQL.format(place=PLACE, days=READMISSION_DAYS)
    later = (EACH_LATER if only else ALL_LATER).format(condition=condition)
    return CELLS_SQL.format(place=PLACE, only=only, later=later)


def partitions_of_cases(where: str, params: Sequence[object]) -> list[Partition]:
    """The institution-months of the current cases that fulfil an SQL condition on `c`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT c.institution_id, c.month FROM evaluation_inpatientcase c WHERE c.is_current AND {where}",
            params,
        )
        return list(cursor.fetchall())
