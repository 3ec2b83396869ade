from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("evaluation", "0005_published_table"),
    ]

    operations = [
        migrations.CreateModel(
            name='AttemptCount',
            fields=[
                ('key', models.CharField(max_length=150, primary_key=True, serialize=False)),
                ('count', models.PositiveIntegerField()),
                ('ends_at', models.DateTimeField(db_index=True)),
            ],
        ),
    ]
