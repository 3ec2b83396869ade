"""Scopes have dates (design §6): every model, page and list, for a hospital that left one consortium and joined another."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from django.apps import apps
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.models import Budget, Expenditure
from evaluation.access.roles import Role
from evaluation.indicators.periods import Period
from evaluation.models import (
    Benchmark,
    CaseCell,
    Consortium,
    DataState,
    Department,
    IndicatorValue,
    InpatientCase,
    Institution,
    Joining,
    Membership,
    Publication,
    PublishedFact,
    PublishedValue,
    Readmission,
    SeenMonths,
    Upload,
    UploadMonth,
    User,
)
from referrals.models import Referral
from tests.factories import (
    PLAIN_STATIC_FILES,
    api,
    browser,
    make_case,
    make_cell,
    make_consortium,
    make_institution,
    make_upload,
    make_user,
    make_value,
)

pytestmark = pytest.mark.django_db

BEFORE, LEAVING, BETWEEN, JOINING, AFTER = "2025-04", "2025-06", "2025-07", "2025-09", "2025-12"
MONTHS = (BEFORE, LEAVING, BETWEEN, JOINING, AFTER)
OLD, NEW, ALL, NONE = {BEFORE, LEAVING}, {JOINING, AFTER}, set(MONTHS), set()
OFFICES, AGGREGATES = (Role.CONSORTIUM_MANAGER,), (Role.CONSORTIUM_MANAGER, Role.BOARD, Role.REGULATOR)


@dataclass(frozen=True)
class World:
    """`moving` left `old` on 10 June 2025 and joined `new` on 20 September; the others stay where they are."""

    old: Consortium
    new: Consortium
    moving: Institution
    stayed: Institution
    welcoming: Institution
    people: dict[str, User]


@pytest.fixture
def world(settings) -> World:
    settings.STORAGES = PLAIN_STATIC_FILES
    caches["pages"].clear()
    old, new = make_consortium("OLD"), make_consortium("NEW")
    moving = make_institution("H33010000001", old)
    Membership.objects.filter(institution=moving).update(left_on=date(2025, 6, 10))
    Membership.objects.create(consortium=new, institution=moving, role="member", joined_on=date(2025, 9, 20))
    stayed, welcoming = make_institution("H33010000002", old), make_institution("H33010000003", new)
    people = {
        f"{role} of the {name} one": make_user(role, consortium)
        for role in AGGREGATES
        for name, consortium in (("old", old), ("new", new))
    }
    for name, institution in (("moving", moving), ("stayed", stayed), ("welcoming", welcoming)):
        for role in (Role.STAFF, Role.INSTITUTION_MANAGER):
            people[f"{role} of {name}"] = make_user(role, institution=institution)
    return World(old, new, moving, stayed, welcoming, people)


# ---- models: rows of months ----------------------------------------------------------------------------------------


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def in_month(month: str) -> date:
    """The leaving day, and in the joining month the joining day: they are a member's."""
    return date.fromisoformat({LEAVING: "2025-06-10", JOINING: "2025-09-20"}.get(month, f"{month}-15"))


def a_readmission(world: World, month: str) -> Readmission:
    stay = make_case(world.moving, in_month(month))
    return Readmission.objects.create(stay=stay, institution=world.moving, month=stay.month, same=False)


def an_upload_month(world: World, month: str) -> UploadMonth:
    upload = make_upload(world.moving, month=None)
    return UploadMonth.objects.create(
        upload=upload, institution=world.moving, month=first_day(month), rows_read=1, rows_accepted=1
    )


def a_referral(world: World, month: str, **ends: Institution) -> Referral:
    at = timezone.make_aware(datetime.combine(in_month(month), datetime.min.time()))
    outside = (
        ends.get("other")
        or Institution.objects.get_or_create(
            code="H33010000099", defaults={"name": "x", "level": "L3", "type": "general", "region_code": "330106"}
        )[0]
    )
    sender, receiver = (outside, world.moving) if ends.get("comes") else (world.moving, outside)
    return Referral.objects.create(
        code=f"R{Referral.objects.count()}", direction="up", sender=sender, receiver=receiver, patient_hash=b"h" * 32,
        reason="x", requested_at=at, month=first_day(month), status="requested",
    )  # fmt: skip


def spent(world: World, month: str) -> Expenditure:
    return Expenditure.objects.create(institution=world.moving, month=first_day(month), category="training", amount=1)


def a_published_value(world: World, month: str) -> PublishedValue:
    make_value("MORT", world.moving, month)
    return PublishedValue.objects.get(period=month)


@dataclass(frozen=True)
class Row:
    """How a row of a month is made, and which people see it at all: those of a consortium, of other members, its own."""

    make: Callable
    roles: tuple[Role, ...] = AGGREGATES
    neighbours: bool = True
    own: bool = True


BY_MONTH: dict[type, Row] = {
    CaseCell: Row(lambda world, month: make_cell(world.moving, first_day(month))),
    IndicatorValue: Row(
        lambda world, month: make_value("MORT", world.moving, month), (Role.CONSORTIUM_MANAGER, Role.BOARD), False
    ),
    PublishedFact: Row(
        lambda world, month: PublishedFact.objects.create(
            source="cases", institution=world.moving, month=first_day(month), facts={}
        )
    ),
    PublishedValue: Row(a_published_value, own=False),
    InpatientCase: Row(lambda world, month: make_case(world.moving, in_month(month)), OFFICES, neighbours=False),
    Readmission: Row(a_readmission, OFFICES, neighbours=False),
    Referral: Row(a_referral, OFFICES, neighbours=False),
    Upload: Row(lambda world, month: make_upload(world.moving, month=None, months=[first_day(month)]), OFFICES, False),
    UploadMonth: Row(an_upload_month),
    Expenditure: Row(spent),
}
OTHERWISE = {
    Benchmark: "of a consortium, or common",
    Budget: "of a year",
    Consortium: "has no month",
    Department: "master data of today",
    Institution: "by name, master data of today",
    Joining: "between an office and an institution: tests/services/test_consent.py",
    Membership: "has a span",
    Publication: "seen by nobody",
}


def test_every_scoped_model_is_walked_by_date_or_says_why_not():
    scoped = {
        model
        for app in ("evaluation", "referrals", "budgets")
        for model in apps.get_app_config(app).get_models()
        if hasattr(model._default_manager, "visible_to")
    }

    assert scoped == BY_MONTH.keys() | OTHERWISE.keys()


def expected(person: str, row: Row) -> set[str]:
    """The months of the moving hospital's rows that the person sees."""
    role, _of, whose = person.partition(" of ")
    match whose:
        case "moving":
            return ALL if row.own else NONE
        case "the old one":
            return OLD if role in row.roles else NONE
        case "the new one":
            return NEW if role in row.roles else NONE
        case "stayed":
            return OLD if row.neighbours else NONE
    return NEW if row.neighbours else NONE


@pytest.mark.parametrize("model", BY_MONTH, ids=lambda model: model.__name__)
def test_rows_are_seen_by_those_to_whose_months_they_belong(world, model):
    row = BY_MONTH[model]
    made = {row.make(world, month).pk: month for month in MONTHS}

    seen = {
        name: {made[pk] for pk in model.objects.visible_to(user).values_list("pk", flat=True) if pk in made}
        for name, user in world.people.items()
    }

    assert seen == {name: expected(name, row) for name in world.people}


def test_a_referral_is_seen_by_the_offices_of_both_ends(world):
    arrivals = {a_referral(world, month, comes=True).pk: month for month in MONTHS}
    to_the_old = {a_referral(world, month, other=world.stayed).pk for month in MONTHS}

    seen = {
        name: set(
            Referral.objects.visible_to(world.people[f"{Role.CONSORTIUM_MANAGER} of the {name} one"]).values_list(
                "pk", flat=True
            )
        )
        for name in ("old", "new")
    }

    assert {arrivals[pk] for pk in seen["old"] & arrivals.keys()} == OLD
    assert {arrivals[pk] for pk in seen["new"] & arrivals.keys()} == NEW
    assert to_the_old <= seen["old"]


# ---- models: years, names, spans, master data of today ---------------------------------------------------------------


def test_a_budget_is_seen_by_the_consortia_of_its_year(world):
    made = {
        Budget.objects.create(institution=world.moving, year=year, category="training", planned_amount=1).pk: year
        for year in (2024, 2025, 2026)
    }

    seen = {
        name: {made[pk] for pk in Budget.objects.visible_to(user).values_list("pk", flat=True)}
        for name, user in world.people.items()
    }

    for name, years in seen.items():
        whose = name.partition(" of ")[2]
        assert years == {
            "moving": {2024, 2025, 2026}, "the old one": {2024, 2025}, "stayed": {2024, 2025}
        }.get(whose, {2025, 2026}), name  # fmt: skip


def test_master_data_of_a_hospital_that_left_are_its_new_consortiums(world):
    ward = Department.objects.create(institution=world.moving, code="0300", name="呼吸内科")

    seen = {name for name, user in world.people.items() if ward in Department.objects.visible_to(user)}
    named = {name for name, user in world.people.items() if world.moving in Institution.objects.visible_to(user)}

    assert {name.partition(" of ")[2] for name in seen} == {"the new one", "moving", "welcoming"}
    assert named == world.people.keys()
    whole = api(world.people["board of the new one"]).get(f"/api/v1/institutions/{world.moving.code}/").json()
    name_only = api(world.people["board of the old one"]).get(f"/api/v1/institutions/{world.moving.code}/").json()
    assert (whole["region_code"], whole["rate_coefficient"]) == ("330106", "1.0000")
    assert (name_only["name"], name_only["region_code"], name_only["rate_coefficient"]) == (
        world.moving.name,
        None,
        None,
    )


def test_a_former_member_does_not_learn_who_joined_after_it_left(world):
    later = make_institution("H33010000004", world.old, joined_on=date(2025, 7, 1))

    former, member = world.people["staff of moving"], world.people["staff of stayed"]

    assert later in Institution.objects.visible_to(member)
    assert later not in Institution.objects.visible_to(former)
    assert not Membership.objects.visible_to(former).filter(institution=later).exists()
    assert later.name not in browser(former).get("/institutions/?consortium=OLD").content.decode()


# ---- periods ---------------------------------------------------------------------------------------------------------

PERIODS = {
    "2025-03": {"old"}, "2025-06": {"old"}, "2025-07": set(), "2025-08": set(), "2025-09": {"new"}, "2026-02": {"new"},
    "2025-Q1": {"old"}, "2025-Q2": {"old"}, "2025-Q3": set(), "2025-Q4": {"new"}, "2024": {"old"}, "2025": set(),
    "2026": {"new"}, "2025-06R12": {"old"}, "2025-07R12": set(), "2026-07R12": set(), "2026-08R12": {"new"},
}  # fmt: skip


@pytest.mark.parametrize("role", AGGREGATES)
def test_a_value_of_an_institution_is_of_the_consortium_whose_member_it_was_in_all_its_months(world, role):
    for period in PERIODS:
        make_value("MORT", world.moving, period)

    for name in ("old", "new"):
        user = world.people[f"{role} of the {name} one"]
        values = PublishedValue if role is Role.REGULATOR else IndicatorValue
        seen = set(values.objects.visible_to(user).values_list("period", flat=True))
        assert seen == {period for period, whose in PERIODS.items() if name in whose}


def test_people_of_a_former_member_see_the_consortiums_periods_up_to_its_leaving(world):
    for period in PERIODS:
        make_value("MORT", world.old, period)
        make_value("MORT", world.stayed, period)

    def seen(person: str, **scope) -> set[str]:
        return set(
            PublishedValue.objects.visible_to(world.people[person]).filter(**scope).values_list("period", flat=True)
        )

    up_to_leaving = {"2025-03", "2025-06", "2025-Q1", "2025-Q2", "2024", "2025-06R12"}
    assert seen("staff of moving", consortium=world.old) == up_to_leaving
    assert seen("staff of moving", institution=world.stayed) == up_to_leaving
    assert seen("staff of stayed", consortium=world.old) == PERIODS.keys()
    assert seen("staff of welcoming") == set()


def test_a_membership_renewed_without_a_gap_is_one(world):
    Membership.objects.filter(consortium=world.new).update(left_on=date(2026, 3, 31))
    Membership.objects.create(consortium=world.new, institution=world.moving, role="lead", joined_on=date(2026, 4, 1))
    value = make_value("MORT", world.moving, "2026-09R12")

    assert value in IndicatorValue.objects.visible_to(world.people["board of the new one"])


days = st.dates(date(2024, 11, 1), date(2026, 2, 28))
spans = st.tuples(st.integers(0, 1), st.integers(0, 2), days, st.none() | days)
codes = st.sampled_from(["2025-03", "2025-12", "2025-Q1", "2025-Q4", "2025", "2025-02R12", "2026-01R12", "2026-01"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(spans, max_size=8), st.lists(codes, min_size=1, unique=True))
def test_database_and_pages_agree_on_what_is_seen(world, held, periods):
    places = [world.moving, world.stayed, world.welcoming]
    Membership.objects.all().delete()
    IndicatorValue.objects.all().delete()
    PublishedValue.objects.all().delete()
    for group, place, joined_on, left_on in held:
        pair = {"consortium": (world.old, world.new)[group], "institution": places[place]}
        last = max(joined_on, left_on) if left_on else None
        if not Membership.objects.filter(**pair).during(joined_on, last or date.max).exists():
            Membership.objects.create(**pair, joined_on=joined_on, left_on=last, role="member")
    consortia = [each for each in (world.old, world.new) if each.memberships.exists()]  # others have no values
    for code in periods:
        for place in (*places, *consortia):
            make_value("MORT", place, code)
    world.people["regulator of the old one"].consortia.set([world.old, world.new])

    for user in world.people.values():
        seen = SeenMonths.of(user)
        in_pages = {
            value.pk
            for value in IndicatorValue.objects.all()
            if (
                seen.shows_institution(value.institution_id, Period.parse(value.period))
                if value.institution_id
                else seen.shows_consortium(value.consortium_id, Period.parse(value.period))
            )
        }
        assert set(IndicatorValue.objects.of_seen_months(user).values_list("pk", flat=True)) == in_pages


# ---- pages and lists -------------------------------------------------------------------------------------------------

VALUE = {BEFORE: 0.1111, LEAVING: 0.1222, BETWEEN: 0.1333, JOINING: 0.1444, AFTER: 0.1555}


@pytest.fixture
def delivered(world) -> World:
    """Cells and a value of every month for all three hospitals; the moving one's values can be told apart."""
    DataState.objects.create(version=1, first_month=first_day(BEFORE), last_month=first_day(AFTER), data_end=21_000)
    for month in MONTHS:
        for place in (world.moving, world.stayed, world.welcoming):
            make_cell(place, first_day(month), drg="ES25", grouped=100)
            rate = VALUE[month] if place == world.moving else 0.5
            make_value("MORT", place, month, value=rate, numerator=rate * 10000, denominator=10000, cases=10000)
        for consortium in (world.old, world.new):
            make_value("MORT", consortium, month, value=0.25, numerator=2500, denominator=10000, cases=10000)
    return world


def downloaded(user: User, url: str, table: str) -> list[list[str]]:
    answer = browser(user).get(f"{url}&download=csv&table={table}")
    assert answer.status_code == 200, url
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def shows(user: User, url: str, month: str, table: str) -> bool:
    """Whether the table of the page has the moving hospital's value of the month."""
    text = f"{VALUE[month] * 100:.2f}"
    return any(cell.startswith(text) for line in downloaded(user, url, table) for cell in line)


PAGES = {
    "the institution's own page": ("/institutions/H33010000001/?period={month}", "values"),
    "the indicator's ranking": ("/indicators/MORT/?period={month}", "ranking"),
    "the chosen institution": ("/indicators/MORT/?period={month}&institution=H33010000001", "ranking"),
    "the trend": ("/indicators/MORT/?period=2025-12", "trend"),
    "the overview": ("/?period={month}&indicator=MORT", "trend"),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("person", ["board of the old one", "consortium_manager of the old one", "regulator of the old one",
                                    "board of the new one", "staff of stayed"])  # fmt: skip
def test_no_page_shows_a_value_of_another_consortiums_month(delivered, page, person):
    url, table = PAGES[page]
    own = NEW if "new" in person else OLD

    seen = {month for month in MONTHS if shows(delivered.people[person], url.format(month=month), month, table)}

    if page == "the trend":  # of the members of December
        assert seen == (NEW if "new" in person else NONE)
    else:
        assert seen == own


def test_the_own_page_shows_everything_and_the_consortiums_months_end_with_leaving(delivered):
    staff = delivered.people["staff of moving"]

    own = {month for month in MONTHS if shows(staff, f"/institutions/H33010000001/?period={month}", month, "values")}
    consortium = {
        month: downloaded(staff, f"/indicators/MORT/?consortium=OLD&period={month}", "ranking")[1][2].startswith(
            "25.00"
        )
        for month in MONTHS
    }

    assert own == ALL
    assert consortium == {BEFORE: True, LEAVING: True, BETWEEN: False, JOINING: False, AFTER: False}


def test_a_former_members_pages_open_with_the_consortium_it_is_in(delivered):
    Membership.objects.filter(consortium=delivered.old).exclude(institution=delivered.moving).delete()
    for number in range(5):
        make_institution(f"H3301000001{number}", delivered.old)

    answer = browser(delivered.people["staff of moving"]).get("/institutions/")

    assert [each.code for each in answer.context["consortia"]] == ["NEW", "OLD"]
    assert answer.context["consortium"] == delivered.new


def test_the_periods_offered_to_a_former_member_end_with_its_leaving(delivered):
    answer = browser(delivered.people["staff of moving"]).get("/indicators/MORT/?consortium=OLD")

    picker = answer.context["page"].picker
    assert picker.covered == (date(2025, 4, 1), date(2025, 6, 1))
    assert picker.period.code == LEAVING


def test_it_is_said_why_there_is_no_value(delivered):
    board = delivered.people["board of the old one"]

    page = browser(board).get("/?period=2025-Q2").context
    year = browser(board).get("/?period=2025").content.decode()
    answer = api(board).get(
        f"/api/v1/indicator-values/?indicator=MORT&institution={delivered.moving.code}&period={AFTER}"
    )

    assert page is not None
    assert "not a member in all months of this period" in year
    assert answer.json()["results"][0]["value"] is None
    assert "not a member in all months of this period" in answer.json()["results"][0]["reason"]


def test_breakdown_and_flows_count_only_months_in_which_the_members_were_members(delivered):
    for month in MONTHS:
        a_referral(delivered, month, other=delivered.stayed)
    office = delivered.people["consortium_manager of the old one"]

    groups = downloaded(office, "/indicators/MORT/?period=2025&institution=H33010000001", "groups")
    flows = downloaded(office, "/referrals/?period=2025", "flows")

    assert groups[1][:3] == ["ES25", "", "200"]
    assert [line[3] for line in flows[1:] if len(line) > 3 and line[0] == delivered.moving.name] == ["2"]


def test_spending_counts_only_months_of_the_members(delivered):
    for month in MONTHS:
        spent(delivered, month)
    Budget.objects.create(institution=delivered.moving, year=2025, category="training", planned_amount=10)

    lines = downloaded(delivered.people["board of the old one"], "/budgets/?period=2025", "execution")

    assert next(line for line in lines if line[0] == delivered.moving.name)[1:3] == ["10.00", "2.00"]


def test_the_kept_overview_is_the_same_for_who_sees_more_consortia(delivered):
    """It is built once for a role: it may hold only what the consortium itself may see."""
    Budget.objects.create(institution=delivered.moving, year=2025, category="training", planned_amount=10)
    for month in MONTHS:
        spent(delivered, month)
    both = make_user(Role.BOARD, delivered.old, delivered.new)
    url = "/?consortium=OLD&period=2025"

    of_both = browser(both).get(url).context["html"]
    caches["pages"].clear()
    of_one = browser(delivered.people["board of the old one"]).get(url).context["html"]

    assert of_both == of_one


API = {
    "cases": (InpatientCase, "/api/v1/cases/", lambda each: each["discharged_at"][:7]),
    "referrals": (Referral, "/api/v1/referrals/", lambda each: each["requested_at"][:7]),
    "expenditures": (Expenditure, "/api/v1/budgets/expenditures/", lambda each: each["month"][:7]),
}


@pytest.mark.parametrize("name", API)
def test_lists_of_the_api_end_with_membership(world, name):
    model, url, month_of = API[name]
    for month in MONTHS:
        BY_MONTH[model].make(world, month)

    def months(person: str) -> set[str]:
        return {month_of(each) for each in api(world.people[person]).get(url).json()["results"]}

    assert months("consortium_manager of the old one") == OLD
    assert months("consortium_manager of the new one") == NEW
    assert months("staff of moving") == ALL


@pytest.mark.parametrize(
    ("person", "own"), [("board of the old one", OLD), ("regulator of the new one", NEW), ("staff of moving", ALL)]
)
def test_values_of_the_api_end_with_membership(delivered, person, own):
    url = f"/api/v1/indicator-values/?indicator=MORT&institution={delivered.moving.code}&from=2025-04&to=2025-12"

    found = api(delivered.people[person]).get(url).json()["results"]

    assert {each["period"] for each in found if each["value"] is not None} == own


def test_the_cases_behind_a_figure_are_those_of_the_consortiums_months(delivered):
    for month in MONTHS:
        make_case(delivered.moving, in_month(month))
    office = delivered.people["consortium_manager of the old one"]
    office.consortia.add(delivered.new)

    def listed(consortium: str) -> int:
        return browser(office).get(f"/cases/?period=2025&consortium={consortium}").context["page"].page.paginator.count

    assert (listed("OLD"), listed("NEW")) == (2, 2)


def test_the_list_of_uploads_ends_with_membership(world):
    made = {make_upload(world.moving, month=first_day(month)).pk: month for month in MONTHS}
    old, new = (browser(world.people[f"consortium_manager of the {name} one"]) for name in ("old", "new"))

    for client, own in ((old, OLD), (new, NEW)):
        listed = {made[each.pk] for each in client.get("/uploads/").context["uploads"]}
        opened = {
            month for pk, month in made.items() if client.get(reverse("upload-show", args=[pk])).status_code == 200
        }
        assert listed == opened == own
