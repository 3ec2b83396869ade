"""The administration: people and master data, by role, by the ordinary path, in the trail."""

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.urls import reverse

from evaluation.access.roles import Role
from evaluation.admin import ByRole
from evaluation.models import (
    AuditEvent,
    Benchmark,
    Consortium,
    Department,
    Institution,
    Membership,
    Session,
    StaleMark,
    Threshold,
    Upload,
    User,
)
from tests.factories import api, browser, make_institution, make_user

NEW = {
    "code": "H33010000055", "name": "溪口镇卫生院", "level": "THC", "type": "general", "region_code": "330106",
    "risk_coefficient": "1", "rate_coefficient": "1", "legal_independent": "unknown",
}  # fmt: skip
WRONG = "33x106"
PERSON = {"username": "li.na", "first_name": "Li Na", "email": "", "usable_password": "true"}
PASSWORD = {"password1": "correct horse battery", "password2": "correct horse battery"}


def add(model: str) -> str:
    return reverse(f"admin:evaluation_{model}_add")


def change(thing) -> str:
    return reverse(f"admin:evaluation_{thing._meta.model_name}_change", args=[thing.pk])


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def office(world):
    return browser(world.people[Role.CONSORTIUM_MANAGER])


@pytest.fixture
def administrator(world):
    return browser(world.people[Role.ADMINISTRATOR])


@pytest.fixture
def manager(world):
    return browser(world.people[Role.INSTITUTION_MANAGER])


def test_a_typed_in_institution_goes_the_way_of_a_sheet(office, world):
    answer = office.post(add("institution"), NEW)

    assert answer.status_code == 302
    upload = Upload.objects.get(dataset="institutions")
    assert (upload.status, upload.by, upload.filename) == (
        "submitted",
        world.people[Role.CONSORTIUM_MANAGER],
        "institutions",
    )
    assert Institution.objects.get(code=NEW["code"]).name == NEW["name"]


def test_a_typed_in_change_is_a_further_version(office, world):
    fields = NEW | {"name": "New name", "approved_beds": "120"}

    answer = office.post(change(world.own), fields)

    world.own.refresh_from_db()
    assert (answer.status_code, world.own.name, world.own.approved_beds) == (302, "New name", 120)
    assert Upload.objects.filter(dataset="institutions", status="submitted").count() == 1


def test_what_the_checks_refuse_is_not_stored_and_not_called_a_success(office, world):
    added = office.post(add("institution"), NEW | {"region_code": WRONG})
    changed = office.post(change(world.own), NEW | {"name": "New", "region_code": WRONG})

    assert not Institution.objects.filter(code=NEW["code"]).exists()
    assert not Upload.objects.exists()
    for answer in (added, changed):
        assert "region_code" in said(answer)
        assert "success" not in said(answer)


def test_the_office_does_not_see_institutions_of_others(office, world):
    free = make_institution("H33010000066")

    assert office.get(change(world.foreign)).status_code == 302  # there is none: back to the start
    form = office.get(add("membership")).context["adminform"].form
    assert set(form.fields["consortium"].queryset) == {world.consortium}
    assert set(form.fields["institution"].queryset) == {*world.members, free}


def test_changing_a_limit_marks_the_lights_stale_and_is_in_the_trail(office, world):
    threshold, _made = Threshold.objects.update_or_create(
        indicator="ALOS", level="L2", defaults={"green_high": 8.5, "red_high": 10}
    )

    answer = office.post(change(threshold), {"green_high": "8", "red_high": "10", "green_low": "", "red_low": ""})

    assert answer.status_code == 302
    assert StaleMark.objects.filter(source=StaleMark.Source.LIGHTS).exists()
    event = AuditEvent.objects.get(action="threshold changed")
    assert event.by == world.people[Role.CONSORTIUM_MANAGER]
    assert event.details == {"before": {"green_high": 8.5}, "after": {"green_high": 8.0}}


def test_limits_are_set_for_indicators_of_the_catalogue_only(office):
    limits = {"level": "L2", "green_high": "8", "red_high": "10", "green_low": "", "red_low": ""}

    refused = office.post(add("threshold"), {"indicator": "NONSENSE", **limits})
    assert refused.status_code == 200 and "indicator" in refused.context["adminform"].form.errors
    assert office.post(add("threshold"), {"indicator": "IP_COST", **limits}).status_code == 302
    assert Threshold.objects.filter(indicator="IP_COST", level="L2").exists()


def test_a_red_limit_inside_the_green_range_is_refused(office):
    threshold, _made = Threshold.objects.update_or_create(
        indicator="ALOS", level="L2", defaults={"green_high": 8.5, "red_high": 10}
    )

    answer = office.post(change(threshold), {"green_high": "8", "red_high": "7"})

    assert "inside the green range" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="threshold changed").exists()


def test_the_administrator_adds_a_person_and_it_is_in_the_trail(administrator, world):
    fields = PERSON | PASSWORD | {"role": "board", "consortia": [world.consortium.pk]}

    answer = administrator.post(add("user"), fields)

    person = User.objects.get(username="li.na")
    assert answer.status_code == 302
    assert (person.role, list(person.consortia.all()), person.is_staff, person.is_superuser) == (
        "board", [world.consortium], False, False,
    )  # fmt: skip
    assert AuditEvent.objects.get(action="user added").thing == f"user {person.pk}"


def test_staff_without_institution_are_refused_in_words(administrator):
    answer = administrator.post(add("user"), PERSON | PASSWORD | {"role": "staff"})

    assert "belong to an institution" in answer.content.decode()


def test_an_institution_manager_makes_staff_of_the_own_institution(manager, world):
    manager.post(add("user"), PERSON | PASSWORD | {"role": "staff", "institution": world.own.pk})

    person = User.objects.get(username="li.na")
    assert (person.role, person.institution, person.is_staff) == ("staff", world.own, False)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.STAFF])
def test_an_institution_manager_gives_no_other_role(manager, world, role):
    manager.post(add("user"), PERSON | PASSWORD | {"role": role, "institution": world.own.pk})

    assert not User.objects.filter(username="li.na").exists()


def test_an_institution_manager_makes_no_staff_of_another_institution_or_consortium(manager, world):
    manager.post(add("user"), PERSON | PASSWORD | {"role": "staff", "institution": world.neighbour.pk})
    manager.post(
        add("user"),
        PERSON
        | PASSWORD
        | {"role": "staff", "institution": world.own.pk, "consortia": [world.other.pk], "is_superuser": "on"},
    )

    assert not User.objects.filter(username="li.na", institution=world.neighbour).exists()
    assert not User.objects.filter(username="li.na", consortia=world.other).exists()
    assert not User.objects.filter(is_superuser=True).exists()


def test_an_institution_manager_does_not_reach_managers_nor_people_elsewhere(manager, world):
    elsewhere = make_user(Role.STAFF, institution=world.neighbour)
    colleague = make_user(Role.INSTITUTION_MANAGER, institution=world.own)

    for person in (colleague, world.people[Role.ADMINISTRATOR], elsewhere):
        password = reverse("admin:auth_user_password_change", args=[person.pk])
        assert manager.get(change(person)).status_code == 302  # there is none: back to the start
        assert manager.post(password, PASSWORD).status_code == 404
        assert not User.objects.get(pk=person.pk).check_password(PASSWORD["password1"])


def test_an_institution_manager_cannot_raise_the_own_staff(manager, world):
    staff = world.people[Role.STAFF]
    fields = {"username": staff.username, "first_name": "", "last_name": "", "email": "", "is_active": "on"}

    manager.post(change(staff), fields | {"role": "administrator", "institution": world.own.pk})

    staff.refresh_from_db()
    assert (staff.role, staff.is_staff) == ("staff", False)


def test_the_administrator_resets_a_password_and_it_is_in_the_trail(administrator, world):
    person = world.people[Role.BOARD]

    answer = administrator.post(
        reverse("admin:auth_user_password_change", args=[person.pk]), PASSWORD | {"usable_password": "true"}
    )

    person.refresh_from_db()
    assert answer.status_code == 302
    assert person.check_password(PASSWORD["password1"])
    event = AuditEvent.objects.get(action="password reset")
    assert (event.by, event.thing) == (world.people[Role.ADMINISTRATOR], f"user {person.pk}")


def test_the_administration_holds_only_what_is_ruled_by_roles():
    """What packages register for themselves would let somebody act as another, without a trace."""
    ours = {User, Consortium, Institution, Membership, Department, Benchmark, Threshold, Upload}

    assert set(admin.site._registry) == ours
    assert all(isinstance(each, ByRole) for each in admin.site._registry.values())


@pytest.mark.parametrize("model", ["authtoken/tokenproxy", "account/emailaddress", "mfa/authenticator", "auth/group"])
def test_a_superuser_finds_no_way_to_act_as_another(world, model):
    User.objects.filter(pk=world.people[Role.ADMINISTRATOR].pk).update(is_superuser=True)

    assert browser(User.objects.get(is_superuser=True)).get(f"/admin/{model}/add/").status_code == 404


@pytest.mark.parametrize("role", Role)
def test_being_superuser_opens_nothing_that_the_role_does_not(world, role):
    User.objects.filter(pk=world.people[role].pk).update(is_superuser=True, is_staff=True)
    person = User.objects.get(pk=world.people[role].pk)

    status = {model: browser(person).get(add(model)).status_code for model in ("user", "institution")}

    manages = role in (Role.ADMINISTRATOR, Role.INSTITUTION_MANAGER)
    assert status == {
        "user": 200 if manages else 403, "institution": 200 if role == Role.CONSORTIUM_MANAGER else 403,
    }  # fmt: skip


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.STAFF, Role.INSTITUTION_MANAGER)])
def test_an_administrator_who_is_no_superuser_gives_every_role(administrator, world, role):
    person = world.people[Role.REGULATOR]

    answer = administrator.post(change(person), {"username": person.username, "role": role, "is_active": "on"})

    person.refresh_from_db()
    assert (answer.status_code, person.role, person.is_superuser) == (302, role, False)


@pytest.mark.parametrize(
    "changes",
    [{"role": "consortium_manager"}, {"is_active": ""}, {"email": "new@other.example"}, {"consortia": "own"}],
    ids=str,
)
def test_nobody_changes_the_own_rights_or_address_in_the_administration(administrator, world, changes):
    me = world.people[Role.ADMINISTRATOR]
    if "consortia" in changes:
        changes = {"consortia": [world.consortium.pk]}
    before = (me.role, me.is_active, me.email, [])

    answer = administrator.post(change(me), {"username": me.username, "is_active": "on", "role": me.role} | changes)

    me.refresh_from_db()
    assert answer.status_code == 302
    assert (me.role, me.is_active, me.email, list(me.consortia.all())) == before


def test_the_own_password_is_changed_only_with_the_present_one(administrator, world):
    me = world.people[Role.ADMINISTRATOR]

    answer = administrator.post(
        reverse("admin:auth_user_password_change", args=[me.pk]), PASSWORD | {"usable_password": "true"}
    )

    assert answer.url == reverse("account_change_password")
    assert not User.objects.get(pk=me.pk).check_password(PASSWORD["password1"])


def test_a_password_set_by_the_administrator_ends_tokens_and_sessions(administrator, world):
    person = world.people[Role.BOARD]
    program, there = api(person), browser(person)

    administrator.post(
        reverse("admin:auth_user_password_change", args=[person.pk]), PASSWORD | {"usable_password": "true"}
    )

    assert program.get("/api/v1/institutions/").status_code == 401
    assert there.get("/account/").status_code == 302
    assert not Session.objects.filter(user=person).exists()


def test_nobody_deletes_people(administrator, world):
    url = reverse("admin:evaluation_user_delete", args=[world.people[Role.BOARD].pk])

    assert administrator.post(url, {"post": "yes"}).status_code == 403
