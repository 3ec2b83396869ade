"""`python -m tests.screenshots [URL]`: pictures of the pages for the README, in docs/screenshots.

With the URL of a running `make demo` of the same YILIAN_HOME its data are shown, otherwise a demo is loaded for it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.browsing import PHONE, Hospital, chromium
from tests.browser.processes import PASSWORDS, ROOT, Site, Sizes

FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 250_000  # bytes
DESK = {"width": 1440, "height": 900}
SIZES = Sizes(institutions=8, months=24, cases=60_000)


@dataclass(frozen=True)
class Picture:
    name: str
    person: str
    path: str
    chinese: bool = False
    dark: bool = False
    phone: bool = False


PICTURES = (
    Picture("overview", "board", "/"),
    Picture("overview-zh-dark", "board", "/", chinese=True, dark=True),
    Picture("phone", "board", "/", phone=True),
    Picture("indicator", "board", "/indicators/DRUG/"),
    Picture("upload", "staff", "/uploads/?dataset=cases"),
)


def main(url: str = "") -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running(url) as (address, passwords), chromium() as browser:
        for picture in PICTURES:
            page = opened(browser, address, picture, passwords[picture.person])
            if picture.name == "upload":
                show_problems(page)
            path = FOLDER / f"{picture.name}.png"
            page.screenshot(path=path)
            page.context.close()
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")
            assert path.stat().st_size < LARGEST, f"{path.name} is larger than {LARGEST // 1000} kB"


@contextmanager
def running(url: str) -> Iterator[tuple[str, dict[str, str]]]:
    if url:
        yield url, demo_passwords()
        return
    print("Loading a demo for the pictures (about a minute) …", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        site = Site("pictures", Path(folder), SIZES)
        try:
            site.start_all()
            yield site.url, PASSWORDS
        finally:
            site.stop()


def demo_passwords() -> dict[str, str]:
    """By user name, as `make demo` prints them: role: name / password | …"""
    command = [sys.executable, "manage.py", "load_demo", "--logins"]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    logins = (login.partition(": ")[2].split(" / ") for login in said.strip().split(" | "))
    return {name: password for name, password in logins}


def opened(browser: Browser, address: str, picture: Picture, password: str) -> Page:
    page = browser.new_context(
        base_url=address,
        locale="zh-CN" if picture.chinese else "en-GB",
        color_scheme="dark" if picture.dark else "light",
        viewport=PHONE if picture.phone else DESK,  # type: ignore[arg-type]
        is_mobile=picture.phone,
    ).new_page()
    page.goto(f"/account/login/?next={picture.path}")
    page.locator("input[name=login]").fill(picture.person)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button.primary").click()
    page.goto(picture.path)
    page.wait_for_load_state("networkidle")
    return page


def show_problems(page: Page) -> None:
    """A sheet with faults, as far as its check; then withdrawn by nobody: it is never submitted."""
    hospital = Hospital(page.locator("input[name=institution]").input_value(), "")
    rows = [hospital.case(f"2026{number:04}", last_month()) for number in range(212)]
    rows[14]["discharged_at"] = rows[14]["admitted_at"].replace("09:30", "08:00")
    rows[37]["sex"] = "F"
    rows[58]["main_dx"] = ""
    rows[90]["age"] = "136"
    rows[121]["total_cost"] = "6,8OO"
    rows[163]["main_dx"] = "R50.900"
    page.locator("input[type=file]").set_input_files(
        {"name": "cases-2026.csv", "mimeType": "text/csv", "buffer": hospital.sheet(rows)}
    )
    page.locator("main form button.primary").click()
    page.locator("#problems-title").wait_for()


def last_month() -> date:
    today = date.today()
    return date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
