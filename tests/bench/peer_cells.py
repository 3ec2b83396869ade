"""The cells as a careful person would write them by hand: one pass for readmissions, one for the sums."""

PEER_SQL = """
CREATE TABLE bench_cells AS
WITH cases AS NOT MATERIALIZED (
    SELECT c.*,
           (discharged_at AT TIME ZONE 'Asia/Shanghai')::date AS discharged_on,
           (admitted_at AT TIME ZONE 'Asia/Shanghai')::date AS admitted_on,
           CASE WHEN drg_code IN ('', '0000') OR drg_code LIKE '_QY' THEN '' ELSE drg_code END AS drg
    FROM evaluation_inpatientcase c
    WHERE is_current
), readmitted AS (
    SELECT stay.id,
           bool_or(stay.readmit_plan <> '2' AND later.main_dx NOT LIKE 'Z51%' AND later.main_dx NOT LIKE 'Z49%'
                   AND CASE WHEN stay.drg <> '' AND later.drg <> '' THEN left(stay.drg, 3) = left(later.drg, 3)
                            ELSE left(stay.main_dx, 3) = left(later.main_dx, 3) END) AS same
    FROM cases stay
    JOIN cases later ON later.patient_hash = stay.patient_hash AND later.id <> stay.id
     AND later.admitted_at >= stay.discharged_at AND later.admitted_on - stay.discharged_on <= 30
    WHERE stay.disposition NOT IN ('5', '2') AND later.came_by_referral <> 'down'
    GROUP BY stay.id
), measured AS (
    SELECT c.*, i.type <> 'rehab' AND d.bed_type IS DISTINCT FROM 'day_surgery' AND d.bed_type IS DISTINCT FROM 'rehab'
               AS acute, b.avg_cost, b.avg_los, b.risk, r.id IS NOT NULL AS readmitted, r.same,
           CASE WHEN c.drg <> '' THEN round(COALESCE(c.rw, b.rw) * 1000000)::bigint END AS weight,
           COALESCE(cost_bed, cost_consultation, cost_exam, cost_lab, cost_treatment, cost_surgery, cost_nursing,
                    cost_material, cost_western_drug, cost_herbal, cost_patent_drug, cost_general, cost_registration,
                    cost_other) IS NOT NULL AS itemised
    FROM cases c
    JOIN evaluation_institution i ON i.id = c.institution_id
    LEFT JOIN evaluation_department d ON (d.institution_id, d.code) = (c.institution_id, c.dis_dept)
    LEFT JOIN LATERAL (
        SELECT consortium_id FROM evaluation_membership m WHERE m.institution_id = i.id
        ORDER BY joined_on DESC, id DESC LIMIT 1
    ) joined ON true
    LEFT JOIN evaluation_localbenchmark b
           ON COALESCE(b.consortium_id, 0) = COALESCE(joined.consortium_id, 0)
          AND b.year = extract(year FROM c.month)::int AND b.region = i.region_code AND b.level = i.level AND b.drg = c.drg
    LEFT JOIN readmitted r ON r.id = c.id
)
SELECT institution_id, month, dis_dept AS department, drg,
       count(*) AS discharges,
       count(*) FILTER (WHERE drg <> '') AS grouped,
       count(weight) AS weighted,
       count(*) FILTER (WHERE weight >= 2000000) AS heavy,
       count(surgery_level) AS surgical,
       count(*) FILTER (WHERE surgery_level = 4) AS surgical_4,
       count(*) FILTER (WHERE surgery_level > 0 AND elective AND day_surgery IS NOT NULL) AS elective,
       count(*) FILTER (WHERE surgery_level > 0 AND elective AND day_surgery) AS day_surgery,
       count(complication) FILTER (WHERE surgery_level > 0) AS complication_known,
       count(*) FILTER (WHERE surgery_level > 0 AND complication) AS complications,
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
       count(*) FILTER (WHERE disposition NOT IN ('5', '2')) AS index_stays,
       count(*) FILTER (WHERE readmitted) AS readmitted,
       count(*) FILTER (WHERE same) AS readmitted_same,
       count(avg_cost) AS benched,
       count(*) FILTER (WHERE itemised) AS itemised,
       count(drg_pay) AS paid,
       count(*) FILTER (WHERE acute) AS acute_stays,
       COALESCE(sum(weight), 0) AS weight,
       sum(los) AS bed_days,
       COALESCE(sum(los) FILTER (WHERE acute), 0) AS acute_bed_days,
       sum(total_cost) AS cost,
       COALESCE(sum(total_cost) FILTER (WHERE weight IS NOT NULL), 0) AS weighted_cost,
       COALESCE(sum(total_cost) FILTER (WHERE itemised), 0) AS itemised_cost,
       COALESCE(sum(cost_western_drug), 0) + COALESCE(sum(cost_patent_drug), 0) AS drug_cost,
       COALESCE(sum(cost_herbal), 0) AS herbal_cost,
       COALESCE(sum(cost_material), 0) AS material_cost,
       COALESCE(sum(cost_exam), 0) + COALESCE(sum(cost_lab), 0) AS exam_cost,
       COALESCE(sum(drg_pay), 0) AS payment,
       COALESCE(sum(total_cost) FILTER (WHERE drg_pay IS NOT NULL), 0) AS paid_cost,
       COALESCE(sum(total_cost::float8 / avg_cost), 0) AS cost_index,
       COALESCE(sum(los / avg_los::float8), 0) AS time_index,
       COALESCE(max(discharged_on) FILTER (WHERE disposition NOT IN ('5', '2')) - DATE '1970-01-01', 0)
           AS last_index_day,
       max(discharged_on) - DATE '1970-01-01' AS last_discharge_day
FROM measured
GROUP BY institution_id, month, dis_dept, drg
"""
