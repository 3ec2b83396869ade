from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0011_set_aside")]

    operations = [
        migrations.AddField(
            "upload", "content_hash", models.CharField(blank=True, db_index=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField("upload", "effect", models.JSONField(null=True)),
        migrations.AddField(
            "upload", "effect_state", models.CharField(blank=True, default="", max_length=40), preserve_default=False
        ),
    ]
