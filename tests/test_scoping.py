"""Who sees and does what (design §1, §6): every model, every address, every role."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.cache import caches
from django.urls import URLPattern, get_resolver, reverse

from budgets.models import Budget, Expenditure
from evaluation.access.roles import Role
from evaluation.models import (
    AuditEvent,
    CaseCell,
    Consortium,
    IndicatorValue,
    InpatientCase,
    Institution,
    Membership,
    PublishedValue,
    Upload,
    User,
)
from referrals.models import Referral
from tests.factories import (
    MARCH,
    PLAIN_STATIC_FILES,
    World,
    api,
    browser,
    make_case,
    make_cell,
    make_institution,
    make_upload,
    make_user,
    make_value,
    make_world,
)

pytestmark = pytest.mark.django_db

WITHOUT_SCOPE = {
    User: "people are managed in the administration, which narrows its own queryset",
    apps.get_model("evaluation.StaleMark"): "a note of the machinery to itself; no page reads its rows",
}
INSTITUTION_ROLES = (Role.STAFF, Role.INSTITUTION_MANAGER)
CONSORTIUM_ROLES = (Role.CONSORTIUM_MANAGER, Role.BOARD, Role.REGULATOR)


@pytest.fixture
def world(settings) -> World:
    settings.STORAGES = PLAIN_STATIC_FILES
    caches["pages"].clear()
    return make_world()


# ---- models --------------------------------------------------------------------------------------------------------


def test_every_model_of_an_institution_says_to_whom_its_rows_are_visible():
    silent = [
        model.__name__
        for app in ("evaluation", "referrals", "budgets")
        for model in apps.get_app_config(app).get_models()
        if any(field.related_model is Institution and field.many_to_one for field in model._meta.get_fields())
        and model not in WITHOUT_SCOPE
        and not hasattr(model._default_manager, "visible_to")
    ]

    assert not silent


def seen(model, user) -> set:
    return set(model.objects.visible_to(user))


@pytest.mark.parametrize("role", INSTITUTION_ROLES)
def test_people_of_an_institution_see_its_consortium_but_only_its_own_cases_and_uploads(world, role):
    person = world.people[role]
    own, neighbours = make_case(world.own), make_case(world.neighbour)

    assert seen(Consortium, person) == {world.consortium}
    assert seen(Institution, person) == set(world.members)
    assert seen(InpatientCase, person) == {own}
    assert seen(Upload, person) == {own.upload}
    assert neighbours not in seen(InpatientCase, person)


def test_the_office_sees_cases_of_members_only_while_they_are_members(world):
    from datetime import date

    office = world.people[Role.CONSORTIUM_MANAGER]
    Membership.objects.filter(institution=world.county).update(left_on=date(2026, 3, 10))
    before, after = (make_case(world.county, date(2026, 3, day)) for day in (10, 11))
    make_case(world.foreign)

    assert seen(InpatientCase, office) == {before}
    assert after not in seen(InpatientCase, office)


@pytest.mark.parametrize("role", [Role.BOARD, Role.REGULATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_nobody_else_sees_a_case_or_an_upload(world, role):
    make_case(world.own)

    assert seen(InpatientCase, world.people[role]) == set()
    assert seen(Upload, world.people[role]) == set()


@pytest.mark.parametrize("role", CONSORTIUM_ROLES)
def test_people_of_a_consortium_see_its_members_and_no_others(world, role):
    person = world.people[role]
    foreign = make_value("MORT", world.foreign, value=0.1), make_value("MORT", world.other, value=0.1)
    own = make_value("MORT", world.own, value=0.1), make_value("MORT", world.consortium, value=0.1)
    (
        make_cell(world.foreign),
        Budget.objects.create(institution=world.foreign, year=2026, category="training", planned_amount=1),
    )

    assert seen(Consortium, person) == {world.consortium}
    assert seen(Institution, person) == set(world.members)
    values = PublishedValue if role is Role.REGULATOR else IndicatorValue
    assert {(v.institution, v.consortium) for v in seen(values, person)} == {(v.institution, v.consortium) for v in own}
    assert seen(IndicatorValue, person).isdisjoint(foreign)
    assert seen(CaseCell, person) == seen(Budget, person) == seen(Expenditure, person) == set()


def test_exact_values_are_for_office_and_board_and_of_the_own_line(world):
    for place in (*world.members, world.consortium):
        make_value("MORT", place, value=0.1)

    def lines(model, role):
        return {value.institution for value in seen(model, world.people[role])}

    for role in (Role.BOARD, Role.CONSORTIUM_MANAGER):
        assert lines(IndicatorValue, role) == {*world.members, None}
    assert lines(IndicatorValue, Role.REGULATOR) == set()
    assert lines(IndicatorValue, Role.STAFF) == {world.own}
    assert lines(PublishedValue, Role.STAFF) == {*world.members, None} - {world.own}


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("model", [Consortium, Institution, IndicatorValue, CaseCell, Budget, Referral, Membership])
def test_auditor_and_administrator_see_no_figures(world, role, model):
    make_value("MORT", world.own, value=0.1)
    make_cell(world.own)

    assert seen(model, world.people[role]) == set()


# ---- addresses -----------------------------------------------------------------------------------------------------

VISITORS = ("anonymous", *(str(role) for role in Role))
#                                anonymous, staff, institution manager, office, board, regulator, auditor, administrator
EVERYBODY = "200 200 200 200 200 200 200 200"
SIGNED_IN = "302 200 200 200 200 200 200 200"
FIGURES = "302 200 200 200 200 200 403 403"
DELIVERY = "302 200 200 200 403 403 403 403"
POST_ONLY = "302 405 405 405 405 405 405 405"
API_FIGURES = "401 200 200 200 200 200 403 403"
API_DELIVERY = "401 200 200 200 403 403 403 403"
API_POST_ONLY = "401 405 405 405 403 403 403 403"
ADMINISTRATION = "302 302 200 200 302 302 302 200"  # 302: to the sign-in of the administration, which refuses
PEOPLE = "302 302 200 403 302 302 302 200"
MASTER_DATA = "302 302 403 200 302 302 302 403"
NOBODY = "302 302 403 403 302 302 302 403"
PAGES = {
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    "set_language": "302 302 302 302 302 302 302 302",
    "account": SIGNED_IN,
    "account_email": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "token-create": POST_ONLY,
    "token-revoke": POST_ONLY,
    "session-end": POST_ONLY,
    "account_login": "200 302 302 302 302 302 302 302",
    "home": "302 200 200 200 200 200 302 302",  # auditor and administrator: on to their own page
    "institution-list": FIGURES,
    "institution-show": FIGURES,
    "indicator-list": "302 302 302 302 302 302 403 403",  # on to the first indicator
    "indicator-show": FIGURES,
    "definition-list": FIGURES,
    "referral-flows": FIGURES,
    "budget-execution": FIGURES,
    "case-list": DELIVERY,
    "upload-list": DELIVERY,
    "upload-show": DELIVERY,
    "dataset-show": DELIVERY,
    "dataset-template": DELIVERY,
    "upload-create": POST_ONLY,
    "upload-submit": POST_ONLY,
    "upload-withdraw": POST_ONLY,
    "upload-undo": POST_ONLY,
    "joining-list": "302 403 200 200 403 403 403 200",
    "joining-confirm": POST_ONLY,
    "joining-decline": POST_ONLY,
    "audit-list": "302 403 403 403 403 403 200 403",
    "api-token": "405 405 405 405 405 405 405 405",
    "api-schema": "401 200 200 200 200 200 200 200",
    "api-docs": "401 200 200 200 200 200 200 200",
    "api-institution-list": API_FIGURES,
    "api-institution-detail": API_FIGURES,
    "api-indicator-list": API_FIGURES,
    "api-indicator-detail": API_FIGURES,
    "api-indicator-value-list": API_FIGURES,
    "api-budget-list": API_FIGURES,
    "api-budget-detail": API_FIGURES,
    "api-expenditure-list": API_FIGURES,
    "api-expenditure-detail": API_FIGURES,
    "api-upload-list": API_DELIVERY,
    "api-upload-detail": API_DELIVERY,
    "api-upload-submit": API_POST_ONLY,
    "api-upload-withdraw": API_POST_ONLY,
    "api-upload-undo": API_POST_ONLY,
    "api-case-list": API_DELIVERY,
    "api-case-detail": API_DELIVERY,
    "api-referral-list": API_DELIVERY,
    "api-referral-detail": API_DELIVERY,
    "admin:index": ADMINISTRATION,
    "admin:login": "302 403 302 302 403 403 403 302",
    "admin:evaluation_user_changelist": PEOPLE,
    "admin:evaluation_user_add": PEOPLE,
    "admin:evaluation_user_change": PEOPLE,
    "admin:auth_user_password_change": PEOPLE,
    "admin:evaluation_user_delete": NOBODY,
    "admin:evaluation_institution_changelist": MASTER_DATA,
    "admin:evaluation_institution_add": MASTER_DATA,
    "admin:evaluation_institution_delete": NOBODY,
    "admin:evaluation_consortium_changelist": MASTER_DATA,
    "admin:evaluation_membership_changelist": MASTER_DATA,
    "admin:evaluation_department_changelist": MASTER_DATA,
    "admin:evaluation_benchmark_changelist": MASTER_DATA,
    "admin:evaluation_benchmark_add": NOBODY,
    "admin:evaluation_threshold_changelist": MASTER_DATA,
    "admin:evaluation_threshold_add": MASTER_DATA,
    "admin:evaluation_upload_changelist": MASTER_DATA,
    "admin:evaluation_upload_add": NOBODY,
}
# What others wrote: theirs to test, ours to say who gets in. Anonymous visitors must get in to the first ones.
WITHOUT_SIGN_IN = {
    "account_signup": "says that there is no sign-up",
    "account_inactive": "says that the account is closed",
    "account_reset_password": "forgotten password",
    "account_reset_password_done": "forgotten password",
    "account_reset_password_from_key": "forgotten password, the link of the mail",
    "account_reset_password_from_key_done": "forgotten password",
    "account_confirm_email": "the link of the mail",
    "account_email_verification_sent": "says that a mail was sent",
}
OPEN = {"healthz", "readyz", "account_login", "api-token", "set_language", *WITHOUT_SIGN_IN}


def named_patterns(patterns=None, path: str = "", namespace: str = "") -> Iterator[tuple[str, str]]:
    """Name and path of every address of the site."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield namespace + pattern.name, here
        else:
            inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named_patterns(pattern.url_patterns, here, inside)


ADDRESSES = dict(named_patterns())


@pytest.fixture
def things(world, monkeypatch) -> dict[str, dict[str, object]]:
    """One thing of the own institution for every address that needs one."""
    for service in ("_redis", "_worker"):
        monkeypatch.setattr(f"config.views.{service}", lambda: "ok")
    upload = make_upload(world.own, world.people[Role.STAFF])
    case = make_case(world.own)
    budget = Budget.objects.create(institution=world.own, year=2026, category="training", planned_amount=10)
    spent = Expenditure.objects.create(institution=world.own, month=MARCH, category="training", amount=5)
    referral = make_referral(world.own, world.lead)
    make_value("MORT", world.own, value=0.1)
    return {
        "institution": {"code": world.own.code},
        "indicator": {"code": "MORT"},
        "dataset": {"code": "cases", "kind": "csv"},
        "upload": {"pk": upload.pk},
        "case": {"pk": case.pk},
        "budget": {"pk": budget.pk},
        "expenditure": {"pk": spent.pk},
        "referral": {"code": referral.code},
        "user": {"object_id": world.people[Role.STAFF].pk, "id": world.people[Role.STAFF].pk},
        "account": {"key": "x", "uidb36": "a"},
        "app list": {"app_label": "evaluation"},
    }


def make_referral(sender, receiver, code: str = "R1", **fields) -> Referral:
    from datetime import datetime

    from django.utils import timezone

    at = timezone.make_aware(datetime(2026, 3, 5, 9))
    defaults = {
        "code": code, "direction": "up", "sender": sender, "receiver": receiver, "patient_hash": b"h" * 32,
        "reason": "疑难", "requested_at": at, "month": MARCH, "accepted_at": at, "status": "accepted",
    }  # fmt: skip
    return Referral.objects.create(**defaults | fields)


def address(name: str, things: dict[str, dict[str, object]]) -> str:
    """The address with its arguments taken from the thing that its name speaks of."""
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", ADDRESSES[name])
    thing = next(
        (values for noun, values in things.items() if re.search(rf"(?<![a-z]){noun}(?![a-z])", name.replace("_", " "))),
        {},
    )
    url = reverse(name, kwargs={argument: thing.get(argument, 1) for argument in wanted})
    if name == "api-indicator-value-list":
        url += f"?indicator=MORT&institution={things['institution']['code']}&period=2026-03"
    return url


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_address_answers_every_role_as_the_table_says(world, things, visitor):
    client = browser(world.people.get(visitor))

    answers = {name: client.get(address(name, things)).status_code for name in PAGES}

    assert answers == {name: int(line.split()[VISITORS.index(visitor)]) for name, line in PAGES.items()}


def test_every_address_of_ours_stands_in_the_table():
    ours = {name for name in ADDRESSES if not name.startswith(("admin:", "account_", "mfa_"))}

    assert ours <= PAGES.keys()


def test_who_is_not_signed_in_gets_nowhere_but_to_the_door(world, things):
    client = browser()

    inside = {name for name in ADDRESSES if client.get(address(name, things)).status_code not in (301, 302, 401, 404)}

    assert inside == OPEN - {"set_language"}  # which redirects


MOVES = ("upload-submit", "upload-withdraw", "upload-undo")
FORBIDDEN = "302 * * * 403 403 403 403"


@pytest.mark.parametrize("move", MOVES)
def test_who_delivers_nothing_is_refused_and_not_told_what_there_is(world, things, move):
    url = address(move, things)

    for role in (Role.BOARD, Role.REGULATOR, Role.AUDITOR, Role.ADMINISTRATOR):
        assert browser(world.people[role]).post(url).status_code == 403
        assert api(world.people[role]).post(url.replace("/uploads/", "/api/v1/uploads/")).status_code == 403
    assert Upload.objects.get(pk=things["upload"]["pk"]).status == Upload.Status.CHECKED


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("role", INSTITUTION_ROLES)
def test_a_neighbours_upload_is_not_there(world, move, role):
    theirs = make_upload(world.neighbour)

    page = browser(world.people[role]).post(reverse(move, args=[theirs.pk]))
    program = api(world.people[role]).post(reverse(f"api-{move}", args=[theirs.pk]))

    assert (page.status_code, program.status_code) == (404, 404)


def test_the_office_does_not_submit_what_a_member_delivers(world):
    theirs = make_upload(world.own, world.people[Role.STAFF])

    answer = browser(world.people[Role.CONSORTIUM_MANAGER]).post(reverse("upload-submit", args=[theirs.pk]))

    assert answer.status_code == 403


@pytest.mark.parametrize("role", INSTITUTION_ROLES)
def test_a_neighbours_objects_are_404_for_people_of_an_institution(world, role):
    client = browser(world.people[role])
    upload, case = make_upload(world.neighbour), make_case(world.neighbour)
    referral = make_referral(world.neighbour, world.lead)

    urls = [
        reverse("upload-show", args=[upload.pk]),
        reverse("api-upload-detail", args=[upload.pk]),
        reverse("api-case-detail", args=[case.pk]),
        reverse("api-referral-detail", args=[referral.code]),
    ]
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 404)


@pytest.mark.parametrize("role", [*INSTITUTION_ROLES, *CONSORTIUM_ROLES])
def test_another_consortium_and_its_members_are_404(world, role):
    client = browser(world.people[role])

    urls = [
        reverse("institution-show", args=[world.foreign.code]),
        reverse("api-institution-detail", args=[world.foreign.code]),
        "/?consortium=OTHER",
        "/indicators/MORT/?consortium=OTHER",
        "/referrals/?consortium=OTHER",
        "/budgets/?consortium=OTHER",
        "/institutions/?consortium=OTHER",
    ]
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 404)


@pytest.mark.parametrize("role", [*INSTITUTION_ROLES, *CONSORTIUM_ROLES])
def test_values_of_another_consortium_are_unknown(world, role):
    make_value("MORT", world.foreign, value=0.5)
    make_value("MORT", world.other, value=0.5)
    client = api(world.people[role])

    for scope in (f"institution={world.foreign.code}", "consortium=OTHER"):
        answer = client.get(f"/api/v1/indicator-values/?indicator=MORT&period=2026-03&{scope}")
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [scope.split("=")[0]]


def test_staff_without_institution_of_a_consortium_are_told_that_there_is_none(world):
    lonely = make_institution("H33010000077")

    answer = browser(make_user(Role.STAFF, institution=lonely)).get("/")

    assert answer.status_code == 200


def test_the_board_gets_no_case_row_anywhere(world):
    case = make_case(world.own, main_dx="Q99.999")
    make_referral(world.own, world.lead)
    board, program = browser(world.people[Role.BOARD]), api(world.people[Role.BOARD])

    assert board.get("/cases/?indicator=MORT&download=csv&table=cases").status_code == 403
    for url in ("/api/v1/cases/", f"/api/v1/cases/{case.pk}/", "/api/v1/referrals/", "/api/v1/uploads/"):
        answer = program.get(url)
        assert answer.status_code == 403
        assert "Q99.999" not in answer.content.decode()


def test_the_auditor_reads_the_trail_and_nothing_else(world):
    AuditEvent.objects.all().count()
    auditor = browser(world.people[Role.AUDITOR])

    assert auditor.get("/").url == reverse("audit-list")
    assert "signed in" in auditor.get(reverse("audit-list")).content.decode()


def test_the_administrator_finds_people_and_nothing_else_in_the_administration(world):
    found = browser(world.people[Role.ADMINISTRATOR]).get(reverse("admin:index"))

    assert {model["object_name"] for app in found.context["app_list"] for model in app["models"]} == {"User"}


def test_the_sign_in_of_the_administration_is_the_one_that_counts_failures(world):
    answer = browser().post(reverse("admin:login"), {"username": "x", "password": "y"})

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
