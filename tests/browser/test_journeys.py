"""Whole journeys of people through the running site, in a browser."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import date
from functools import cache

import pytest
from playwright.sync_api import Locator, Page, expect

from config.messages import read_catalogue
from tests.browser.browsing import PHONE, Hospital
from tests.browser.processes import ROOT, Site, wait_for
from tests.importing.sheets import Row

SOON = 90_000  # milliseconds until the worker has computed, on a busy machine
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Words that stay Latin in Chinese: names of formats and of systems, codes, and the way back to English.
LATIN = {"CSV", "XLSX", "DRG", "MDC", "CMI", "MDT", "CHS", "English"}


@cache
def chinese(text: str) -> str:
    """How the catalogue translates a text."""
    catalogue = read_catalogue(ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po")
    message = catalogue.get(text)
    assert message is not None and message.string, f"not translated: {text}"
    return str(message.string)


def upload(page: Page, content: bytes, name: str = "cases.csv") -> None:
    page.goto("/uploads/?dataset=cases")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Check the sheet").click()
    expect(page.locator("#steps-title")).to_be_visible()


def state(page: Page) -> Locator:
    return page.locator("#steps-title")


def problems(page: Page) -> list[tuple[str, str, str]]:
    """Row, column and sentence of each problem that the page lists."""
    lines = page.locator("section[aria-labelledby=problems-title] tbody tr")
    return [
        (line.locator("th").inner_text(), line.locator("td code").inner_text(), line.locator(".what p").inner_text())
        for line in lines.all()
    ]


def value(page: Page, hospital: Hospital, indicator: str, month: date) -> str:
    """What the institution's page shows for the month."""
    page.goto(f"/institutions/{hospital.code}/?period={month:%Y-%m}")
    line = page.locator("section[aria-labelledby=values-title] tr").filter(
        has=page.locator(f"a[href*='/{indicator}/']")
    )
    return line.locator("td").first.inner_text()


def number(shown: str) -> float:
    return float(re.sub(r"[^\d.]", "", shown))


def is_computed(page: Page) -> None:
    expect(page.locator(".steps")).to_contain_text("the figures are up to date", timeout=SOON)


def good_rows(hospital: Hospital, month: date, mark: str, count: int = 30) -> list[Row]:
    """Stays that cost far more than the others."""
    return [hospital.case(f"{mark}{number}", month, total_cost="160000.00") for number in range(count)]


def with_three_errors(rows: list[Row]) -> list[Row]:
    """In the sheet's rows 3, 5 and 7; the heading is row 1."""
    broken = [dict(row) for row in rows]
    broken[1]["sex"] = "x"
    broken[3]["age"] = "121"
    broken[5]["main_dx"] = ""
    return broken


# ── Delivering data ──


def test_staff_correct_a_sheet_submit_it_see_the_new_value_and_undo_it(browsing, hospital, months):
    page = browsing.sign_in(browsing.stranger(), "staff")
    month, rows = months[-1], good_rows(hospital, months[-1], "A")
    before = value(page, hospital, "IP_COST", month)

    upload(page, hospital.sheet(with_three_errors(rows)))
    found = problems(page)
    page.get_by_role("button", name="Withdraw the whole sheet").click()
    expect(state(page)).to_have_text("withdrawn")
    after_withdrawal = value(page, hospital, "IP_COST", month)

    upload(page, hospital.sheet(rows))
    page.get_by_role("button", name="Submit 30 rows").click()
    expect(state(page)).to_have_text("submitted")
    is_computed(page)
    submitted = page.url
    after_submission = value(page, hospital, "IP_COST", month)

    page.goto(submitted)
    page.get_by_role("button", name="Undo this upload").click()
    expect(state(page)).to_have_text("undone")
    is_computed(page)
    after_undo = value(page, hospital, "IP_COST", month)

    assert [(row, column) for row, column, _sentence in found] == [("3", "sex"), ("5", "age"), ("7", "main_dx")]
    assert "Age 121 is above 120. Correct it" in found[1][2]
    assert "Fill it in" in found[2][2]
    assert after_withdrawal == after_undo == before
    assert number(after_submission) > 2 * number(before)  # 30 dear stays among some hundred


def test_staff_submit_the_rest_of_a_sheet_with_errors(site, browsing, hospital, months):
    page = browsing.signed_in("staff")

    upload(page, hospital.sheet(with_three_errors(good_rows(hospital, months[-2], "B", 10))))
    expect(page.locator(".action-bar")).to_contain_text("3 rows stay out until you fix them")
    page.get_by_role("button", name="Submit 7 rows").click()
    expect(state(page)).to_have_text("submitted")
    is_computed(page)

    stored = site.rows("SELECT record_no FROM evaluation_inpatientcase WHERE is_current AND record_no ~ '^B[0-9]$'")
    assert sorted(number for (number,) in stored) == ["B0", "B2", "B4", "B6", "B7", "B8", "B9"]


def test_an_unreadable_sheet_is_refused_with_a_sentence(browsing):
    page = browsing.signed_in("staff")

    page.goto("/uploads/?dataset=cases")
    page.locator("input[type=file]").set_input_files({"name": "x.xlsx", "mimeType": "x/y", "buffer": b"no workbook"})
    page.get_by_role("button", name="Check the sheet").click()

    expect(page.locator(".alert")).to_contain_text("x.xlsx could not be read; nothing was stored.")


# ── The board, in Chinese ──


def test_the_board_reads_chinese_and_is_refused_the_cases_behind_a_figure(browsing):
    page = browsing.sign_in(browsing.stranger(), "board")

    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("h1")).to_have_text(re.compile(chinese("Overview")))
    overview = english_words(page)
    page.locator(".matrix .cell a").first.click()
    expect(page.locator("#ranking-title")).to_have_text(chinese("Ranking"))
    indicator = english_words(page)
    refusal = chinese("Case rows are shown only to the hospital that delivered them and to the consortium office.")
    expect(page.locator("section[aria-labelledby=ranking-title] .panel-foot")).to_contain_text(refusal)
    with page.expect_response(lambda response: "/cases/" in response.url) as answer:
        page.get_by_role("link", name=chinese("Cases behind the figure")).click()

    assert answer.value.status == 403
    expect(page.locator("main")).to_contain_text(refusal)
    assert page.locator("table").count() == 0
    assert overview == set()
    assert indicator == set()


def english_words(page: Page) -> set[str]:
    """Words that look like forgotten translations."""
    code = page.locator("code")
    codes = set(re.findall(r"[A-Za-z]+", " ".join(code.all_inner_texts())))
    shown = re.findall(r"[A-Za-z]{3,}", page.locator("body").inner_text())
    return set(shown) - LATIN - codes


# ── Getting in ──


def test_five_wrong_passwords_lock_the_account_for_the_right_one_too(browsing):
    page = browsing.stranger()

    for _attempt in range(5):
        browsing.sign_in(page, "careless", "not the password")
        expect(page.locator("main .error")).to_be_visible()
    browsing.sign_in(page, "careless")

    expect(page.locator("main .error")).to_contain_text("this account is closed until")
    assert "/account/login/" in page.url


def test_a_forgotten_password_is_set_anew_by_the_link_in_a_mail(site, browsing):
    page = browsing.stranger()
    page.goto("/account/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.locator("input[name=email]").fill("forgetful@example.org")
    page.get_by_role("button", name="Send the mail").click()
    expect(page.locator("h1")).to_have_text("Mail sent")

    page.goto(link_in(wait_for(lambda: mail_to(site, "forgetful@example.org"), "the mail")))
    set_password(page, "a new pass phrase")
    expect(page.locator("h1")).to_have_text("Password set")
    browsing.sign_in(page, "forgetful", "a new pass phrase")

    expect(page.locator("h1")).to_contain_text("Overview")


def test_who_has_no_mail_address_gets_a_new_password_from_the_administrator(site, browsing):
    page = browsing.sign_in(browsing.stranger(), "admin")
    person = site.one("SELECT id FROM evaluation_user WHERE username = 'mailless'")

    page.goto(f"/admin/evaluation/user/{person}/change/")
    page.locator(".field-password a").click()
    set_password(page, "given at the desk")
    expect(page.locator(".messagelist")).to_contain_text("Password changed successfully")
    other = browsing.sign_in(browsing.stranger(), "mailless", "given at the desk")

    expect(other.locator("h1")).to_contain_text("Overview")


def set_password(page: Page, password: str) -> None:
    for name in ("password1", "password2"):
        page.locator(f"main input[name={name}], #content input[name={name}]").fill(password)
    page.locator("main form .primary, #content input[type=submit]").first.click()


def mail_to(site: Site, address: str) -> str:
    """The text of the mail, once it was sent."""
    for path in site.mail.glob("*") if site.mail.exists() else ():
        text = path.read_text().partition("\n" + "-" * 79)[0]
        message = email.message_from_string(text, policy=email.policy.default)
        if message["To"] == address and (body := message.get_body()):
            return str(body.get_content())
    return ""


def link_in(text: str) -> str:
    found = re.search(r"http://\S+", text)
    assert found, text
    return found[0]


# ── Ways of looking ──

PAGES = (
    "/",
    "/indicators/DRG_CMI/",
    "/institutions/",
    "/institutions/{code}/",
    "/uploads/",
    "/referrals/",
    "/budgets/",
    "/definitions/",
)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_on_a_phone_no_page_scrolls_sideways(browsing, hospital, language):
    page = browsing.signed_in("staff", viewport=PHONE, has_touch=True, is_mobile=True)
    choose_language(page, language)

    wide = {}
    for path in PAGES:
        page.goto(path.format(code=hospital.code))
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide[path] = width

    assert wide == {}


def test_on_a_phone_the_menu_opens(browsing):
    page = browsing.signed_in("staff", viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/")
    expect(page.locator("#nav")).to_be_hidden()

    page.get_by_role("button", name="Menu").tap()
    page.locator("#nav").get_by_role("link", name="Referrals").tap()

    expect(page.locator("h1")).to_have_text("Referrals")


def test_without_javascript_the_numbers_are_there_and_an_upload_works(browsing, hospital, months):
    page = browsing.signed_in("staff", java_script_enabled=False)

    page.goto("/")
    cells = page.locator(".matrix .cell a").all_inner_texts()
    upload(page, hospital.sheet(with_three_errors(good_rows(hospital, months[-1], "C", 10))))
    found = problems(page)
    page.get_by_role("button", name="Withdraw the whole sheet").click()

    expect(state(page)).to_have_text("withdrawn")
    assert len([text for text in cells if re.search(r"\d", text)]) > 10
    assert [row for row, _column, _sentence in found] == ["3", "5", "7"]


def test_arrow_keys_move_in_the_matrix(browsing):
    page = browsing.signed_in("board")
    page.goto("/")
    cells = page.locator(".matrix .cell a")
    stops = page.locator(".matrix .cell a[tabindex='0']")
    expect(stops).to_have_count(1)

    cells.first.focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    place = page.evaluate(
        "[document.activeElement.closest('td').cellIndex, document.activeElement.closest('tr').rowIndex]"
    )
    start = cells.first.evaluate("(link) => [link.closest('td').cellIndex, link.closest('tr').rowIndex]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/indicators/**")

    assert place[0] == start[0] + 1
    assert place[1] > start[1]


OPENED_BY = {
    "staff": ("/", "/institutions/{code}/", "/indicators/DRG_CMI/", "/cases/?institution={code}&indicator=MORT", "/uploads/",
              "/datasets/cases/", "/referrals/", "/budgets/", "/definitions/", "/account/", "/no-such-page/"),
    "manager": ("/", "/?show=change&columns=all", "/?wall", "/institutions/", "/uploads/", "/api/v1/docs/", "/admin/"),
    "auditor": ("/audit/",),
    "admin": ("/admin/", "/admin/evaluation/user/", "/admin/evaluation/user/add/"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENED_BY)
def test_pages_open_without_an_error_a_refused_script_or_a_foreign_request(browsing, hospital, name):
    """In light, then in dark, which draws the charts anew. `browsing` judges what its watch has seen."""
    page = browsing.signed_in(name, color_scheme="light")

    for path in OPENED_BY[name]:
        page.goto(path.format(code=hospital.code))
        page.wait_for_load_state("networkidle")
        page.emulate_media(color_scheme="dark")
        if path == "/api/v1/docs/":
            expect(page.locator(".opblock").first).to_be_visible()
        if page.locator("[data-figure]").count():
            expect(page.locator("[data-figure] .main-svg").first).to_be_attached()
        page.emulate_media(color_scheme="light")


def test_light_and_dark_follow_the_system_and_the_button(browsing):
    light, dark = (browsing.signed_in("board", color_scheme=scheme) for scheme in ("light", "dark"))
    for page in (light, dark):
        page.goto("/")

    assert brightness(light) > 200
    assert brightness(dark) < 60
    dark.get_by_role("button", name="Light or dark theme").click()
    dark.reload()
    assert brightness(dark) > 200


def brightness(page: Page) -> float:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3


def choose_language(page: Page, language: str) -> None:
    page.goto("/")
    button = page.locator(f"form[action='/language/'] button[value={language}]")
    if button.count():
        button.click()
    expect(page.locator("html")).to_have_attribute("lang", {"en": "en", "zh-hans": "zh-CN"}[language])
