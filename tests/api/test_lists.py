"""The other lists of the API, its errors, its token and its description."""

import re
from datetime import date

import pytest
from django.core.management import call_command

from budgets.models import Budget, Expenditure
from evaluation.access.roles import Role
from evaluation.models import AuditEvent, Membership
from evaluation.services.values import indicators
from tests.factories import MARCH, api, browser, make_case, make_consortium
from tests.test_scoping import make_referral

ENVELOPE = ["count", "next", "previous", "results"]


@pytest.fixture
def staff(world):
    return api(world.people[Role.STAFF])


def test_institutions_come_with_their_memberships_in_visible_consortia(staff, world):
    hidden = make_consortium("HIDDEN")
    Membership.objects.create(consortium=hidden, institution=world.lead, role="member", joined_on=date(2020, 1, 1))

    listed = staff.get("/api/v1/institutions/").json()
    lead = staff.get(f"/api/v1/institutions/{world.lead.code}/").json()

    assert [each["code"] for each in listed["results"]] == [member.code for member in world.members]
    assert [each["consortium"] for each in lead["memberships"]] == ["YUNLING"]


def test_institutions_are_found_by_level(staff, world):
    assert staff.get("/api/v1/institutions/?level=L3").json()["count"] == 1


@pytest.mark.parametrize("url", ["institutions", "uploads", "cases", "referrals", "budgets/plans", "indicators"])
def test_lists_have_one_envelope(staff, url):
    assert list(staff.get(f"/api/v1/{url}/").json()) == ENVELOPE


def test_a_list_goes_on_on_the_next_page(staff, world):
    page = staff.get("/api/v1/institutions/?page_size=3").json()
    following = staff.get(page["next"]).json()

    assert (page["count"], len(page["results"]), len(following["results"]), following["next"]) == (4, 3, 1, None)


def test_a_page_that_does_not_exist_is_404(staff):
    assert staff.get("/api/v1/institutions/?page=99").status_code == 404


def test_the_catalogue_is_complete_and_in_the_language_asked_for(staff):
    english = staff.get("/api/v1/indicators/").json()
    chinese = staff.get("/api/v1/indicators/MORT/", headers={"accept-language": "zh-hans"}).json()

    assert [each["code"] for each in english["results"]] == [each.code for each in indicators()]
    assert re.search("[一-鿿]", chinese["name"] + chinese["how_calculated"])


def test_a_case_shows_a_masked_number_and_no_patient(staff, world):
    case = make_case(world.own, record_no="ZY20260001234", total_cost=123_456)

    [row] = staff.get("/api/v1/cases/").json()["results"]

    assert row["record_no"] == "****1234"
    assert row["total_cost"] == "1234.56"
    assert not {"patient_hash", "patient_id"} & row.keys()
    assert staff.get(f"/api/v1/cases/{case.pk}/").json() == row


def test_looking_at_cases_is_written_to_the_audit_trail(staff, world):
    staff.get("/api/v1/cases/?month=2026-03-01")

    seen = AuditEvent.objects.get(action="cases seen")
    assert seen.by == world.people[Role.STAFF]


def test_a_referral_is_shown_to_both_ends_without_its_patient(staff, world):
    make_referral(world.own, world.lead, "OUT")
    make_referral(world.county, world.own, "IN", direction="down")
    make_referral(world.neighbour, world.lead, "OTHERS")

    listed = staff.get("/api/v1/referrals/").json()["results"]

    assert {each["code"] for each in listed} == {"OUT", "IN"}
    assert not any("patient" in name for each in listed for name in each)


def test_plans_and_spending_are_amounts_in_yuan(staff, world):
    Budget.objects.create(institution=world.own, year=2026, category="training", planned_amount="1000.50")
    Expenditure.objects.create(institution=world.own, month=MARCH, category="training", amount="70.05")

    [plan] = staff.get("/api/v1/budgets/plans/?year=2026").json()["results"]
    [spent] = staff.get("/api/v1/budgets/expenditures/?month__gte=2026-01-01").json()["results"]

    assert plan == {"year": 2026, "institution": world.own.code, "category": "training", "planned_amount": "1000.50"}
    assert spent == {"month": "2026-03-01", "institution": world.own.code, "category": "training", "amount": "70.05"}


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("get", "/api/v1/uploads/999999/", 404),
        ("get", "/api/v1/indicators/NOPE/", 404),
        ("get", "/api/v1/indicator-values/", 400),
        ("post", "/api/v1/institutions/", 405),
        ("delete", "/api/v1/uploads/1/", 405),
        ("get", "/api/v1/cases/?month=March", 400),
        ("post", "/api/v1/uploads/", 400),
    ],
)
def test_errors_are_problem_details(staff, method, url, status):
    answer = getattr(staff, method)(url)

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["status"] == status
    assert problem["detail"]


def test_who_is_nobody_is_asked_to_sign_in(world):
    answer = api().get("/api/v1/institutions/")

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("token", ["Token nonsense", "Token ", "Bearer x"])
def test_a_wrong_token_opens_nothing(world, token):
    assert api().get("/api/v1/institutions/", headers={"authorization": token}).status_code == 401


def test_a_token_is_given_for_name_and_password_and_ends_with_the_account(world):
    person = world.people[Role.BOARD]
    person.set_password("correct horse battery")
    person.save()

    given = browser().post("/api/v1/token/", {"username": person.username, "password": "correct horse battery"})
    headers = {"authorization": f"Token {given.json()['token']}"}

    assert browser().get("/api/v1/institutions/", headers=headers).status_code == 200
    person.is_active = False
    person.save()
    assert browser().get("/api/v1/institutions/", headers=headers).status_code == 401


def test_a_wrong_password_gets_a_problem_and_an_entry_in_the_trail_and_soon_a_pause(world):
    client = browser()

    answers = [client.post("/api/v1/token/", {"username": "x", "password": "y"}) for _try in range(6)]

    assert (answers[0].status_code, answers[0]["Content-Type"]) == (400, "application/problem+json")
    assert answers[-1].status_code == 429
    assert AuditEvent.objects.filter(action="sign-in failed").count() == 5


def test_the_description_has_no_warning(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_the_description_tells_the_envelope_of_every_list(staff):
    described = staff.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    schemas = described["components"]["schemas"]

    for url in ("institutions", "indicators", "indicator-values", "uploads", "cases", "referrals", "budgets/plans"):
        content = described["paths"][f"/api/v1/{url}/"]["get"]["responses"]["200"]["content"]
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert set(schemas[name]["properties"]) == set(ENVELOPE)


def test_the_page_of_the_description_needs_no_internet(staff, world):
    client = browser(world.people[Role.STAFF])
    page = client.get("/api/v1/docs/").content.decode()
    script = client.get("/api/v1/docs/?script=").content.decode()

    assert "/static/drf_spectacular_sidecar/" in page
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    assert not re.search(r"https?://(?!testserver)", script)
