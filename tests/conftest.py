from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import translation


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The audit trail refuses TRUNCATE, by which transactional tests clean up: in tests that one trigger is off."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE evaluation_auditevent DISABLE TRIGGER audit_no_truncate")


@pytest.fixture(autouse=True)
def default_limits(request):
    """A transactional test empties all tables behind it, those that the migrations fill too: the next one finds the limits."""
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
        if not apps.get_model("evaluation", "Threshold").objects.exists():
            import_module("evaluation.migrations.0002_promises").set_default_limits(apps, None)


@pytest.fixture(autouse=True)
def english():
    """A request leaves its language active: every test starts in English."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def password_alone(settings):
    """As in the demo: people of every role sign in with their password. tests/pages/test_second_factor.py asks for more."""
    settings.SECOND_FACTOR = False
