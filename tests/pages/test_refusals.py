"""No request ends in a fault of the program: what cannot be answered is refused in words."""

import json

import pytest
import werkzeug.test
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver

from config import wsgi
from evaluation.access.roles import Role
from tests.factories import api, browser, sheet

PLACES = {"code": "H33010000003", "pk": "1", "kind": "csv"}
NUL = ("%00", "a%00b")


def addresses() -> list[str]:
    """Every page without arguments, and those of the apps with them filled in."""
    found = []
    for name, patterns in get_resolver().reverse_dict.lists():
        if isinstance(name, str):
            for possibilities, *_rest in patterns:
                for template, parameters in possibilities:
                    if set(parameters) <= set(PLACES):
                        found.append("/" + template % {each: PLACES[each] for each in parameters})
    return sorted({each for each in found if "logout" not in each})


PARAMETERS = (
    "q", "level", "page", "period", "against", "consortium", "institution", "indicator", "download", "table", "dataset",
    "month", "code", "type", "region_code", "status", "year", "category", "institution__code", "drg_code", "next",
)  # fmt: skip


@pytest.mark.parametrize("value", NUL)
@pytest.mark.django_db
def test_a_nul_character_is_refused_in_every_parameter_of_every_page(world, value):
    client = browser(world.people[Role.CONSORTIUM_MANAGER])

    for address in addresses():
        query = "&".join(f"{name}={value}" for name in PARAMETERS)
        assert client.get(f"{address}?{query}").status_code == 400, address


@pytest.mark.parametrize("address", ["/institutions/%00/", "/uploads/%00", "/api/v1/institutions/a%00/", "/%00"])
def test_a_nul_character_in_the_address_is_refused(client, address):
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    "header", ["accept-language", "user-agent", "x-forwarded-for", "hx-current-url", "authorization"]
)
def test_a_nul_character_in_a_header_is_refused(client, header):
    assert client.get("/account/login/", headers={header: "a\0b"}).status_code == 400


@pytest.mark.parametrize("cookie", ['sessionid="\\000"', 'django_language="\\000"'])
def test_a_nul_character_in_a_cookie_is_refused(client, cookie):
    assert client.get("/account/login/", headers={"cookie": cookie}).status_code == 400


@pytest.mark.django_db
def test_a_nul_character_in_a_form_is_refused(world):
    client = browser(world.people[Role.STAFF])
    file = SimpleUploadedFile("a\0.csv", b"a")

    assert client.post("/account/login/", {"login": "a\0", "password": "x"}).status_code == 400
    assert client.post("/account/login/", {"login\0": "a"}).status_code == 400
    assert client.post("/uploads/new/", {"dataset": "cases\0", "file": sheet()}).status_code == 400
    assert client.post("/uploads/new/", {"dataset": "cases", "file": file}).status_code < 500


@pytest.mark.django_db  # Django looks after the connection that another test of this process may have opened
@pytest.mark.parametrize("charset", ["hex", "rot13", "utf-16", "none", '"hex"'])
def test_text_in_another_encoding_is_refused(charset):
    """Asked as the web server asks: these ended before Django's own handling of errors began."""
    server = werkzeug.test.Client(wsgi.application)

    answer = server.get("/account/login/?next=%2F", headers={"Content-Type": f"text/plain; Charset={charset}"})

    assert answer.status_code == 400


@pytest.mark.django_db
def test_the_api_refuses_as_a_problem_document(client):
    answer = client.get("/api/v1/institutions/?level=%00")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["status"] == 400


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "body",
    [DEEP, '{"a":' * 100_000, '{"username": ' + "[" * 50 + "]" * 50 + "}", '{"username": "a\\u0000", "password": "b"}',
     '{"username": "\\ud800", "password": "b"}', '{"a\\u0000": 1}', '"' + '\\"' * 100_000, "9" * 5000],
)  # fmt: skip
@pytest.mark.django_db
def test_json_that_is_deep_or_cannot_be_stored_is_refused_to_anyone(client, body):
    answer = client.post("/api/v1/token/", body, content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.content


@pytest.mark.django_db
def test_brackets_within_a_text_are_not_depth(client):
    body = json.dumps({"username": "[" * 100, "password": '\\"[' * 50})

    detail = client.post("/api/v1/token/", body, content_type="application/json").json()["detail"]

    assert "nested" not in detail


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.django_db
def test_a_body_that_never_ends_is_refused(client, content_type):
    answer = client.post("/api/v1/token/", b'"' + b"a" * (2 << 20), content_type=content_type)

    assert answer.status_code == 413
    assert "larger than 2 MB" in answer.json()["detail"]


@pytest.mark.django_db
def test_a_nul_character_in_a_form_to_the_api_is_refused(world):
    client = api(world.people[Role.STAFF])

    assert client.post("/api/v1/token/", {"username": "a\0"}).status_code == 400
    assert client.post("/api/v1/uploads/", {"dataset": "cases\0", "file": sheet()}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("more", [1, 2 << 20])
def test_a_sheet_larger_than_allowed_is_told_so_by_page_and_api(world, settings, more):
    settings.LARGEST_UPLOAD = 100_000
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = settings.LARGEST_UPLOAD + (1 << 20)
    user = world.people[Role.STAFF]

    def fields() -> dict:
        return {"dataset": "cases", "file": SimpleUploadedFile("a.csv", b"a" * (settings.LARGEST_UPLOAD + more))}

    page, answer = browser(user).post("/uploads/new/", fields()), api(user).post("/api/v1/uploads/", fields())

    assert page.status_code == 413
    assert "larger than 100 MB" in page.content.decode()
    assert "Choose a CSV" not in page.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert "larger than 100 MB" in answer.json()["detail"]


@pytest.mark.django_db
def test_a_template_of_an_unknown_kind_is_not_there(world):
    assert browser(world.people[Role.STAFF]).get("/datasets/cases/template.exe").status_code == 404


@pytest.mark.parametrize("role", Role)
@pytest.mark.django_db
def test_an_unknown_consortium_ends_in_words_wherever_it_is_asked_for(world, role):
    client = browser(world.people[role], raise_request_exception=False)

    codes = {address: client.get(f"{address}?consortium=NOPE").status_code for address in addresses()}

    assert {address: code for address, code in codes.items() if code >= 500 and address != "/readyz"} == {}


# ── what went wrong after all ──


def test_a_fault_is_told_on_a_page_without_the_database():
    """Without the mark of the database every look into it fails, as with a dead one."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32

    answer = client.get("/")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "出错了" in answer.content.decode()


def test_a_fault_of_the_api_is_a_problem_document():
    client = Client(raise_request_exception=False, headers={"authorization": "Token abc"})

    answer = client.get("/api/v1/institutions/")

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["title"] == "Internal Server Error"
