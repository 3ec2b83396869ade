import pytest

from tests.factories import PLAIN_STATIC_FILES, World, make_world


@pytest.fixture(autouse=True)
def static_files(settings):
    """Pages name their files as they lie in the repository: tests collect none."""
    settings.STORAGES = PLAIN_STATIC_FILES
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick


@pytest.fixture
def world(db) -> World:
    return make_world()
