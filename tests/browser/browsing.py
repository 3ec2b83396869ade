"""Debian's Chromium, as people use it. Every page that is opened is watched: see `Watch`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from evaluation.importing.case_layout import CASES
from tests.browser.processes import PASSWORDS, Site
from tests.importing.sheets import Row, written
from tests.importing.test_case_checks import case as any_case

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
REMEDY = "The browser tests need Chromium: run `make setup`, or as root `apt-get install chromium fonts-wqy-microhei`."
PHONE = {"width": 390, "height": 844}
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation",
    (event) => console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`))"""


class NoBrowser(Exception):
    """No Chromium is installed."""


@contextmanager
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise NoBrowser(REMEDY)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What no page may do: write an error to the console, break the security policy, ask another host, fail."""

    origin: str
    faults: list[str] = field(default_factory=list)
    opened: int = 0

    def on(self, context: BrowserContext) -> None:
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"{error.page and error.page.url}: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # That a page answers 403 or 422 the browser calls an error too; `_response` judges answers.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"{message.page and message.page.url}: {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.faults.append(f"asks another host: {request.url}")

    def _response(self, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        self.opened += is_page
        if response.status >= (500 if is_page else 400):
            self.faults.append(f"{response.status}: {response.url}")


@dataclass
class Browsing:
    """Opens pages as a person."""

    site: Site
    chromium: Browser
    kept: dict[str, dict]
    watch: Watch
    contexts: list[BrowserContext] = field(default_factory=list)

    def stranger(self, **options: object) -> Page:
        """A page of nobody who signed in. Options are those of Playwright's contexts."""
        context = self.chromium.new_context(base_url=self.site.url, locale="en-GB", **options)  # type: ignore[arg-type]
        context.set_default_timeout(45_000)
        self.watch.on(context)
        self.contexts.append(context)
        return context.new_page()

    def sign_in(self, page: Page, name: str, password: str | None = None) -> Page:
        page.goto("/account/login/")
        page.locator("input[name=login]").fill(name)
        page.locator("input[name=password]").fill(password or PASSWORDS[name])
        page.locator("main form button.primary").click()
        page.wait_for_load_state()
        return page

    def signed_in(self, name: str, **options: object) -> Page:
        """A page of a person who signed in before; the form is filled in once per person."""
        if name not in self.kept:
            page = self.sign_in(self.stranger(), name)
            self.kept[name] = page.context.storage_state()  # type: ignore[assignment]
        return self.stranger(storage_state=self.kept[name], **options)


@dataclass(frozen=True)
class Hospital:
    """The institution of the signed-in staff."""

    code: str
    name: str

    def sheet(self, rows: list[Row]) -> bytes:
        return written(CASES, rows)

    def case(self, number: str, month: date, **changes: str) -> Row:
        """A valid row of a stay of 21 days that ends in the month."""
        left = month.replace(day=24)
        when = {"admitted_at": f"{left - timedelta(days=21)} 09:30", "discharged_at": f"{left} 11:00"}
        who = {"institution": self.code, "patient_id": f"TEST{number}", "adm_dept": "", "drg_code": "", "rw": ""}
        return any_case() | {"record_no": number} | who | when | changes
