"""Tokens of the framework, kept in clear and made without a trace, end; so do sessions of Django's own table, mail addresses that
are not the account's, and the flag that opened every page of the administration. People sign in and make tokens anew."""

from django.db import migrations


def forget_other_addresses(apps, schema_editor):
    """The account has one address, `User.email`; links must not go to another."""
    apps.get_model("account", "EmailConfirmation").objects.all().delete()
    apps.get_model("account", "EmailAddress").objects.all().delete()


def end_superusers(apps, schema_editor):
    apps.get_model("evaluation", "User").objects.filter(is_superuser=True).update(is_superuser=False)


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0008_tokens_and_sessions"),
        ("account", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            [
                "DROP TABLE IF EXISTS authtoken_token",
                "DROP TABLE IF EXISTS django_session",
                "DELETE FROM django_migrations WHERE app IN ('authtoken', 'sessions')",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(forget_other_addresses, migrations.RunPython.noop),
        migrations.RunPython(end_superusers, migrations.RunPython.noop),
    ]
