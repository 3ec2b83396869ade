"""What was delivered as benchmarks so far holds for everyone: as common ones. Cells learn which stays were in acute beds."""

from django.db import migrations

RECORDS = """
UPDATE evaluation_recordversion SET key = '|' || key, content = content || '{"consortium": null}'
WHERE dataset = 'benchmarks'
"""
# Until they are derived anew, institutions find the benchmarks they had under the consortium they joined last.
PLACES = """
INSERT INTO evaluation_localbenchmark (consortium_id, year, region, level, drg, rw, avg_cost, avg_los, risk)
SELECT place.consortium_id, known.year, known.region, known.level, known.drg, known.rw, known.avg_cost, known.avg_los, known.risk
FROM evaluation_localbenchmark known
JOIN (
    SELECT DISTINCT joined.consortium_id, institution.region_code AS region, institution.level
    FROM evaluation_institution institution
    JOIN (
        SELECT DISTINCT ON (institution_id) institution_id, consortium_id FROM evaluation_membership
        ORDER BY institution_id, joined_on DESC, id DESC
    ) joined ON joined.institution_id = institution.id
) place USING (region, level)
"""
# The acute stays of cells that are there already are counted when the cells are computed again.
MARK_ALL = """
INSERT INTO evaluation_stalemark (source, institution_id, month)
SELECT DISTINCT 'cases', institution_id, month FROM evaluation_casecell
"""


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0013_benchmarks_of_consortia")]
    operations = [
        migrations.RunSQL(RECORDS, migrations.RunSQL.noop),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
    ]
