"""A site of real processes and a browser, once for all journeys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser

from tests.browser import browsing as browser_of_people
from tests.browser.browsing import Browsing, Hospital, Watch
from tests.browser.processes import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site("browser", tmp_path_factory.mktemp("site"))
    try:
        site.start_all()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Ended with this folder's last test: while Playwright runs Django refuses the ORM in this thread."""
    with browser_of_people.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def kept() -> dict[str, dict]:
    """Who has signed in."""
    return {}


@pytest.fixture
def browsing(site: Site, chromium: Browser, kept: dict[str, dict]) -> Iterator[Browsing]:
    browsing = Browsing(site, chromium, kept, Watch(site.url))
    yield browsing
    for context in browsing.contexts:
        context.close()
    assert browsing.watch.opened
    assert browsing.watch.faults == [], site.said()


@pytest.fixture(scope="package")
def hospital(site: Site) -> Hospital:
    found = site.rows(
        "SELECT i.code, i.name FROM evaluation_institution i JOIN evaluation_user u ON u.institution_id = i.id"
        " WHERE u.username = 'staff'"
    )
    return Hospital(*found[0])


@pytest.fixture(scope="package")
def months(site: Site) -> list[date]:
    """The months of the demo."""
    return [month for (month,) in site.rows("SELECT DISTINCT month FROM evaluation_casecell ORDER BY month")]
