"""File names, headings and quoted cells of earlier uploads may name patients: neutral ones take their place.

The audit trail cannot be changed: its earlier events keep the file names they have.
"""

import re

from django.db import migrations

QUOTES = ("cell", "code", "date", "earlier")
NEUTRAL_PROBLEMS = """
UPDATE evaluation_uploadproblem p SET
    "column" = CASE
        WHEN p."column" ~ '^[a-z_]*$' THEN p."column"
        ELSE coalesce((
            SELECT h.key FROM evaluation_upload u, jsonb_each_text(u.headings) h
            WHERE u.id = p.upload_id AND left(h.value, 200) = p."column" LIMIT 1
        ), '')
    END,
    "values" = coalesce((
        SELECT jsonb_object_agg(v.key, CASE WHEN v.key = ANY(%s) THEN 'null'::jsonb ELSE v.value END)
        FROM jsonb_each(p."values") v
    ), '{}'::jsonb)
"""


def neutral_name(upload) -> str:
    ending = re.search(r"\.(?:csv|xlsx)$", upload.filename.lower())
    month = f" {upload.month:%Y-%m}" if upload.month else ""
    return f"{upload.dataset}{month}{ending[0] if ending else ''}"


def neutral_group(group: dict, names: dict[str, str]) -> dict:
    column = group["column"]
    values = {name: None if name in QUOTES else value for name, value in group["values"].items()}
    is_own = re.fullmatch("[a-z_]*", column)
    return {**group, "column": column if is_own else names.get(column, ""), "values": values}


def make_neutral(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(NEUTRAL_PROBLEMS, [list(QUOTES)])
    Upload = apps.get_model("evaluation", "Upload")
    for upload in Upload.objects.iterator():
        names = {heading: name for name, heading in upload.headings.items()}
        upload.filename = neutral_name(upload)
        upload.problem_groups = [neutral_group(group, names) for group in upload.problem_groups]
        upload.headings = {name: name for name in upload.headings}
        upload.ignored = ["?"] * len(upload.ignored)  # where they stood was not kept
        upload.save(update_fields=["filename", "problem_groups", "headings", "ignored"])


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0009_end_old_credentials")]
    operations = [migrations.RunPython(make_neutral, migrations.RunPython.noop)]
