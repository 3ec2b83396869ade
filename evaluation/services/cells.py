"""Reduces current cases to cells in PostgreSQL: institution × month × department × DRG (design §2).

Readmissions come first: a join of index stays with the later admissions of the same patient, wherever they were. The same
statements serve a few stale institution-months and a rebuild of everything; a stay that only an admission elsewhere
concerns is looked at by itself.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from evaluation.indicators.facts import CASE_FACTS
from evaluation.models import Membership
from evaluation.services.staleness import Partition

PLACE = "Asia/Shanghai"  # where a date is meant
READMISSION_DAYS = 30
GROUP = "CASE WHEN c.drg_code ~ '^([A-Z]QY|0000)?$' THEN '' ELSE c.drg_code END"  # empty: not grouped

CELLS_SQL = """
WITH stay AS (
    SELECT c.id, c.institution_id, c.month, c.dis_dept, c.los, c.disposition, c.surgery_level, c.elective, c.day_surgery,
           c.complication, c.mdt, c.pathway, c.antibacterial, c.total_cost, c.drg_pay, c.cost_herbal, c.cost_material,
           {group} AS drg,
           CASE WHEN c.drg_code ~ '^([A-Z]QY|0000)?$' THEN NULL
                ELSE round(COALESCE(c.rw, b.rw) * 1000000)::bigint END AS weight,
           b.avg_cost, b.avg_los, b.risk, followed.stay_id, followed.same,
           COALESCE(c.cost_western_drug, 0) + COALESCE(c.cost_patent_drug, 0) AS drug_cost,
           COALESCE(c.cost_exam, 0) + COALESCE(c.cost_lab, 0) AS exam_cost,
           COALESCE(c.cost_bed, c.cost_consultation, c.cost_exam, c.cost_lab, c.cost_treatment, c.cost_surgery,
                    c.cost_nursing, c.cost_material, c.cost_western_drug, c.cost_herbal, c.cost_patent_drug,
                    c.cost_general, c.cost_registration, c.cost_other) IS NOT NULL AS itemised,
           (c.discharged_at AT TIME ZONE '{place}')::date AS discharged_on,
           i.type <> 'rehab' AND COALESCE(d.bed_type, '') NOT IN ('day_surgery', 'rehab') AS is_acute,
           c.disposition NOT IN ('5', '2') AS is_index
    FROM evaluation_inpatientcase c
    JOIN evaluation_institution i ON i.id = c.institution_id
    LEFT JOIN evaluation_department d ON d.institution_id = c.institution_id AND d.code = c.dis_dept
    LEFT JOIN ({joined_last}) joined ON joined.institution_id = c.institution_id
    LEFT JOIN evaluation_localbenchmark b
           ON b.year = extract(year FROM c.month)::int AND b.region = i.region_code AND b.level = i.level
          AND COALESCE(b.consortium_id, 0) = COALESCE(joined.consortium_id, 0)
          AND b.drg = CASE WHEN c.drg_code ~ '^([A-Z]QY|0000)?$' THEN NULL ELSE c.drg_code END
    LEFT JOIN evaluation_readmission followed ON followed.stay_id = c.id
    WHERE c.is_current {only}
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
        count(stay_id) AS readmitted,
        count(*) FILTER (WHERE same) AS readmitted_same,
        count(avg_cost) AS benched,
        count(*) FILTER (WHERE itemised) AS itemised,
        count(drg_pay) AS paid,
        count(*) FILTER (WHERE is_acute) AS acute_stays,
        COALESCE(sum(weight), 0) AS weight,
        sum(los) AS bed_days,
        COALESCE(sum(los) FILTER (WHERE is_acute), 0) AS acute_bed_days,
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
    FROM stay
    GROUP BY institution_id, month, dis_dept, drg
)
"""

READMISSIONS_SQL = """
INSERT INTO evaluation_readmission (stay_id, institution_id, month, same)
SELECT c.id, c.institution_id, c.month, bool_or(
    c.readmit_plan <> '2' AND later.main_dx !~ '^Z(51|49)'
    AND CASE
        WHEN c.drg_code !~ '^([A-Z]QY|0000)?$' AND later.drg_code !~ '^([A-Z]QY|0000)?$'
        THEN left(c.drg_code, 3) = left(later.drg_code, 3)
        ELSE left(c.main_dx, 3) = left(later.main_dx, 3)
    END
)
FROM evaluation_inpatientcase c
{later}
WHERE c.is_current AND c.disposition NOT IN ('5', '2') {only}
GROUP BY c.id
"""
LATER_SQL = f"""
    later.patient_hash = c.patient_hash AND later.is_current AND later.id <> c.id
    AND later.admitted_at >= c.discharged_at AND later.admitted_at < c.discharged_at + interval '32 days'
    AND (later.admitted_at AT TIME ZONE '{PLACE}')::date - (c.discharged_at AT TIME ZONE '{PLACE}')::date
        <= {READMISSION_DAYS}
    AND later.came_by_referral <> 'down'
"""
ALL_LATER = f"JOIN evaluation_inpatientcase later ON {LATER_SQL}"
# For few stays each is looked up by its patient; OFFSET 0 keeps the planner, which guesses too many, from reading all cases.
EACH_LATER = f"""CROSS JOIN LATERAL (
        SELECT later.main_dx, later.drg_code FROM evaluation_inpatientcase later WHERE {LATER_SQL} OFFSET 0
    ) later"""

# The cells of some stays: how many of their stays were followed by an admission, wherever that changed.
RECOUNT_SQL = f"""
WITH touched AS (
    SELECT DISTINCT c.institution_id, c.month, c.dis_dept AS department, {GROUP} AS drg
    FROM evaluation_inpatientcase c WHERE c.id = ANY(%s)
), followed AS (
    SELECT r.institution_id, r.month, c.dis_dept AS department, {GROUP} AS drg,
           count(*) AS readmitted, count(*) FILTER (WHERE r.same) AS readmitted_same
    FROM evaluation_readmission r JOIN evaluation_inpatientcase c ON c.id = r.stay_id
    WHERE (r.institution_id, r.month) IN (SELECT institution_id, month FROM touched)
    GROUP BY 1, 2, 3, 4
), counted AS (
    SELECT institution_id, month, department, drg,
           COALESCE(readmitted, 0) AS readmitted, COALESCE(readmitted_same, 0) AS readmitted_same
    FROM touched LEFT JOIN followed USING (institution_id, month, department, drg)
), changed AS (
    UPDATE evaluation_casecell cell
    SET readmitted = counted.readmitted, readmitted_same = counted.readmitted_same
    FROM counted
    WHERE (cell.institution_id, cell.month, cell.department, cell.drg)
        = (counted.institution_id, counted.month, counted.department, counted.drg)
      AND (cell.readmitted, cell.readmitted_same) <> (counted.readmitted, counted.readmitted_same)
    RETURNING cell.institution_id, cell.month
)
SELECT DISTINCT institution_id, month FROM changed
"""
OF_PARTITIONS = "AND (c.institution_id, c.month) IN (SELECT * FROM unnest(%s::bigint[], %s::date[]))"
IN_PARTITIONS = """USING unnest(%s::bigint[], %s::date[]) AS stale(institution_id, month)
WHERE (derived.institution_id, derived.month) = (stale.institution_id, stale.month)"""


@transaction.atomic
def rebuild_cells(partitions: Iterable[Partition] | None = None) -> None:
    """Replace the readmissions and cells of these institution-months, or of all (None)."""
    with connection.cursor() as cursor:
        if partitions is None:
            cursor.execute("DELETE FROM evaluation_readmission")  # TRUNCATE would lock readers out until the end
            cursor.execute(READMISSIONS_SQL.format(later=ALL_LATER, only=""))
            cursor.execute("ANALYZE evaluation_readmission")
            cursor.execute("DELETE FROM evaluation_casecell")
            cursor.execute(_insert(""))
            cursor.execute("ANALYZE evaluation_casecell")
            return
        institutions, months = zip(*sorted(set(partitions)), strict=True)
        chosen = [list(institutions), list(months)]
        cursor.execute(f"DELETE FROM evaluation_readmission derived {IN_PARTITIONS}", chosen)
        cursor.execute(READMISSIONS_SQL.format(later=EACH_LATER, only=OF_PARTITIONS), chosen)
        cursor.execute(f"DELETE FROM evaluation_casecell derived {IN_PARTITIONS}", chosen)
        cursor.execute(_insert(OF_PARTITIONS), chosen)


@transaction.atomic
def recount_readmissions(stays: Iterable[int]) -> set[Partition]:
    """Look anew whether these stays were followed by an admission. Returns the institution-months whose cells changed."""
    chosen = [list(stays)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM evaluation_readmission WHERE stay_id = ANY(%s)", chosen)
        cursor.execute(READMISSIONS_SQL.format(later=EACH_LATER, only="AND c.id = ANY(%s)"), chosen)
        cursor.execute(RECOUNT_SQL, chosen)
        return set(cursor.fetchall())


def _insert(only: str) -> str:
    columns = ", ".join(("institution_id", "month", "department", "drg", *CASE_FACTS))
    joined_last = Membership.objects.joined_last().values("institution_id", "consortium_id").query
    query = CELLS_SQL.format(place=PLACE, group=GROUP, joined_last=joined_last, only=only)
    return query + f"INSERT INTO evaluation_casecell ({columns}) SELECT {columns} FROM cell"
