import pytest
from django.core.cache import caches

from tests.factories import PLAIN_STATIC_FILES, World, make_world


@pytest.fixture(autouse=True)
def static_files(settings):
    """Pages name their files as they lie in the repository (tests collect none), and none is kept from another test."""
    settings.STORAGES = PLAIN_STATIC_FILES
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    caches["pages"].clear()


@pytest.fixture
def world(db) -> World:
    return make_world()
