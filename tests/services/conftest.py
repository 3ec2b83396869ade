import pytest

from tests.services.deliveries import World, make_world


@pytest.fixture
def world(db) -> World:
    return make_world()
