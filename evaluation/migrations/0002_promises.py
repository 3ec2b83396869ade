"""What the database itself promises: an append-only audit trail, no overlapping memberships, the default limits."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

from evaluation.rating.defaults import DEFAULTS

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'The audit trail is append-only.'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON evaluation_auditevent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON evaluation_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
CHANGEABLE = """
DROP TRIGGER audit_append_only ON evaluation_auditevent;
DROP TRIGGER audit_no_truncate ON evaluation_auditevent;
DROP FUNCTION refuse_change();
"""
NO_OVERLAP = """
ALTER TABLE evaluation_membership ADD CONSTRAINT membership_no_overlap
    EXCLUDE USING gist (consortium_id WITH =, institution_id WITH =, daterange(joined_on, left_on, '[]') WITH &&)
    DEFERRABLE INITIALLY DEFERRED;
"""
OVERLAP = "ALTER TABLE evaluation_membership DROP CONSTRAINT membership_no_overlap"


def set_default_limits(apps, schema_editor):
    Threshold = apps.get_model("evaluation", "Threshold")
    for indicator, by_level in DEFAULTS.items():
        for level, limits in by_level.items():
            Threshold.objects.create(
                indicator=indicator,
                level=level,
                green_low=limits.green_low,
                green_high=limits.green_high,
                red_low=limits.red_low,
                red_high=limits.red_high,
            )


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0001_initial")]
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
        migrations.RunSQL(NO_OVERLAP, OVERLAP),
        migrations.RunPython(set_default_limits, migrations.RunPython.noop),
    ]
