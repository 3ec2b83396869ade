"""The page on which institutions answer consortia that ask them to join."""

from datetime import date

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from evaluation.access.roles import Role
from evaluation.models import Joining, Membership, Upload
from tests.factories import api, browser, make_institution, make_user, sheet

MEMBERSHIP = {"consortium": "OTHER", "role": "member", "joined_on": "2026-01-01", "left_on": "", "agreement_no": ""}


@pytest.fixture
def other_office(world):
    return make_user(Role.CONSORTIUM_MANAGER, world.other)


@pytest.fixture
def asked(world, other_office) -> Joining:
    """The other consortium wants the own institution, by a sheet on the page."""
    client = browser(other_office)
    file = sheet(MEMBERSHIP | {"institution": world.own.code}, dataset="memberships", name="members.csv")
    client.post(reverse("upload-create"), {"dataset": "memberships", "mode": "merge", "file": file})
    client.post(reverse("upload-submit", args=[Upload.objects.get().pk]))
    return Joining.objects.get()


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def is_member(joining: Joining) -> bool:
    return Membership.objects.filter(consortium=joining.consortium, institution=joining.institution).exists()


def test_the_office_is_told_that_a_membership_waits(asked, other_office):
    client = browser(other_office)

    upload = client.get(reverse("upload-show", args=[Upload.objects.get().pk])).content.decode()
    listed = client.get(reverse("joining-list")).content.decode()

    assert "1 institution has not agreed yet" in upload
    assert asked.institution.name in listed
    assert "Confirm" not in listed
    assert "1 waits for consent" in client.get(reverse("institution-list")).content.decode()


def test_the_manager_reads_who_asks_from_when_and_confirms(asked, world):
    manager = browser(world.people[Role.INSTITUTION_MANAGER])

    page = manager.get(reverse("joining-list")).content.decode()
    answer = manager.post(reverse("joining-confirm", args=[asked.pk]))

    assert all(text in page for text in ("Other", "1 January 2026", "without end", "Confirm", "Decline", "1<span"))
    assert answer.url == reverse("joining-list")
    assert "is now a member of Other" in said(answer)
    assert is_member(asked)
    assert "confirmed" in manager.get(reverse("joining-list")).content.decode()


def test_the_manager_declines_and_the_office_reads_it(asked, world, other_office):
    answer = browser(world.people[Role.INSTITUTION_MANAGER]).post(reverse("joining-decline", args=[asked.pk]))

    assert "does not join Other" in said(answer)
    assert not is_member(asked)
    assert "declined" in browser(other_office).get(reverse("joining-list")).content.decode()


def test_the_administrator_answers_too(asked, world):
    administrator = browser(world.people[Role.ADMINISTRATOR])

    assert asked.institution.name in administrator.get(reverse("joining-list")).content.decode()
    administrator.post(reverse("joining-confirm", args=[asked.pk]))
    assert is_member(asked)


def test_an_answer_that_comes_too_late_is_refused_in_words(asked, world):
    manager = browser(world.people[Role.INSTITUTION_MANAGER])
    manager.post(reverse("joining-decline", args=[asked.pk]))

    answer = manager.post(reverse("joining-confirm", args=[asked.pk]))

    assert "answered before: declined" in said(answer)
    assert not is_member(asked)


def test_what_others_are_asked_is_not_there_and_others_may_not_answer(asked, world, other_office):
    neighbour = make_user(Role.INSTITUTION_MANAGER, institution=world.neighbour)
    url = reverse("joining-confirm", args=[asked.pk])

    assert browser(neighbour).post(url).status_code == 404
    assert asked.institution.name not in browser(neighbour).get(reverse("joining-list")).content.decode()
    for user in (other_office, world.people[Role.STAFF], world.people[Role.BOARD]):
        assert browser(user).post(url).status_code == 403
    assert not is_member(asked)


def test_a_membership_typed_in_by_the_office_waits_as_well(world, other_office):
    new = make_institution("H33010000066")
    client = browser(other_office)
    fields = {"consortium": world.other.pk, "institution": new.pk, "role": "member", "joined_on": "2026-01-01"}

    answer = client.post(reverse("admin:evaluation_membership_add"), fields)

    assert answer.status_code == 302
    assert "was asked" in said(answer)
    assert "successfully" not in said(answer)
    assert Joining.objects.get().institution == new
    assert not new.memberships.exists()


def test_reopening_one_in_the_administration_waits_and_ending_one_does_not(world):
    membership = Membership.objects.get(institution=world.county)
    client = browser(world.people[Role.CONSORTIUM_MANAGER])
    url = reverse("admin:evaluation_membership_change", args=[membership.pk])

    ended = client.post(url, {"role": "member", "left_on": "2026-02-28"})
    reopened = client.post(url, {"role": "member", "left_on": ""})

    membership.refresh_from_db()
    assert ("successfully" in said(ended), "was asked" in said(reopened)) == (True, True)
    assert membership.left_on == date(2026, 2, 28)


def test_the_api_says_for_which_consortium_master_data_are_delivered(world):
    both = make_user(Role.CONSORTIUM_MANAGER, world.consortium, world.other)
    colleague = make_user(Role.CONSORTIUM_MANAGER, world.other)
    ward = {"institution": world.foreign.code, "code": "0300", "name": "呼吸内科", "bed_type": ""}

    def deliver(**fields: str):
        file = sheet(ward, dataset="departments", name="wards.csv")
        return api(both).post("/api/v1/uploads/", {"dataset": "departments", "file": file, **fields})

    answer = deliver(consortium="OTHER")

    assert (answer.status_code, answer.json()["consortium"]) == (202, "OTHER")
    assert api(colleague).get(answer.json()["url"]).status_code == 200
    assert deliver().json()["consortium"] == "YUNLING"
    assert deliver(consortium="NOWHERE").status_code == 400
