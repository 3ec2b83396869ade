"""Rights over months: whole months of memberships, joinings that wait for consent, master data uploads of a consortium."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MASTER_DATA = ("consortia", "institutions", "memberships", "departments", "benchmarks", "budgets")
# The days of a period written as 2026-03, 2026-Q1, 2026 or 2026-03R12 (evaluation/indicators/periods.py).
PERIOD_MONTHS = """
CREATE FUNCTION period_months(code varchar) RETURNS daterange LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT daterange((last - (length - 1) * interval '1 month')::date, (last + interval '1 month')::date)
    FROM (SELECT
        make_date(left(code, 4)::int, CASE
            WHEN length(code) = 4 THEN 12
            WHEN substr(code, 6, 1) = 'Q' THEN 3 * substr(code, 7, 1)::int
            ELSE substr(code, 6, 2)::int END, 1) AS last,
        CASE WHEN length(code) IN (4, 10) THEN 12 WHEN substr(code, 6, 1) = 'Q' THEN 3 ELSE 1 END AS length
    ) AS period
$$
"""


def name_consortia(apps, schema_editor):
    """Master data delivered so far are of the largest consortium of who delivered them, as they are from now on."""
    Upload = apps.get_model("evaluation", "Upload")
    User = apps.get_model("evaluation", "User")
    for user in User.objects.filter(role="consortium_manager"):
        largest = user.consortia.annotate(size=models.Count("memberships")).order_by("-size", "code").first()
        Upload.objects.filter(by=user, dataset__in=MASTER_DATA).update(consortium=largest)


class Migration(migrations.Migration):

    dependencies = [
        ("evaluation", "0006_attempt_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='consortium',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluation.consortium', verbose_name='consortium'),
        ),
        migrations.AddField(
            model_name='membership',
            name='months',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.Func(models.F('joined_on'), output_field=models.DateField(), template='(%(expressions)s - extract(day FROM %(expressions)s)::int + 1)'), models.Func(models.Func(models.F('left_on'), output_field=models.DateField(), template='(%(expressions)s - extract(day FROM %(expressions)s)::int + 1)'), output_field=models.DateField(), template="(%(expressions)s + interval '1 month')::date"), function='daterange'), output_field=django.contrib.postgres.fields.ranges.DateRangeField()),
        ),
        migrations.CreateModel(
            name='Joining',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('lead', 'Lead hospital'), ('member', 'Member'), ('shared_centre', 'Shared centre')], max_length=14, verbose_name='role')),
                ('joined_on', models.DateField(verbose_name='joined on')),
                ('left_on', models.DateField(blank=True, null=True, verbose_name='left on')),
                ('agreement_no', models.CharField(blank=True, max_length=60, verbose_name='agreement number')),
                ('status', models.CharField(choices=[('waiting', 'waiting for consent'), ('confirmed', 'confirmed'), ('declined', 'declined')], default='waiting', max_length=9, verbose_name='status')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('consortium', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='joinings', to='evaluation.consortium', verbose_name='consortium')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='joinings', to='evaluation.institution', verbose_name='institution')),
            ],
            options={
                'verbose_name': 'joining',
                'verbose_name_plural': 'joinings',
                'ordering': ('-asked_at', '-pk'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'waiting')), fields=('consortium', 'institution', 'joined_on'), name='joining_waits_once')],
            },
        ),
        migrations.RunSQL(PERIOD_MONTHS, "DROP FUNCTION period_months(varchar)"),
        migrations.RunPython(name_consortia, migrations.RunPython.noop),
    ]
