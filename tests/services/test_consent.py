"""Joining a consortium, and joining it again, needs the institution's consent or the administrator (design §6)."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from evaluation.access.roles import Role
from evaluation.models import (
    AuditEvent,
    Consortium,
    InpatientCase,
    Institution,
    Joining,
    Membership,
    StaleMark,
    Upload,
    User,
)
from evaluation.services import joinings, uploads
from tests.services.deliveries import H1, H3, Status, World, case, confirmed, delivered, stored

MEMBER = {
    "consortium": "YUNLING", "institution": H1, "role": "member", "joined_on": "2020-01-01", "left_on": "",
    "agreement_no": "",
}  # fmt: skip
JOINING = MEMBER | {"institution": H3, "joined_on": "2026-01-01"}


@pytest.fixture
def people(world) -> dict[str, User]:
    """The manager of every institution, and the administrator."""
    found = {
        place.code: User.objects.create_user(f"of {place.code}", role=Role.INSTITUTION_MANAGER, institution=place)
        for place in (world.first, world.second, world.third)
    }
    return found | {"administrator": User.objects.create_user("admin", role=Role.ADMINISTRATOR)}


@pytest.fixture
def left(world) -> World:
    """The first hospital left in 2025 and has delivered a case before and one after."""
    Membership.objects.filter(institution=world.first).update(left_on=date(2025, 6, 30))
    stored([case(1, "2025-03-09", admitted_at="2025-03-01"), case(2, "2026-03-09")], institution=world.first)
    return world


def sheet(world: World, **changes: str) -> Upload:
    return stored([MEMBER | changes], "memberships", by=world.manager)


def membership_of(institution: Institution, consortium: str = "YUNLING") -> list[tuple]:
    held = Membership.objects.filter(institution=institution, consortium__code=consortium).order_by("joined_on")
    return list(held.values_list("joined_on", "left_on"))


def cases_seen(user: User) -> int:
    return InpatientCase.objects.visible_to(user).count()


def test_an_office_cannot_reopen_a_membership_by_a_sheet(left):
    upload = sheet(left)

    assert upload.status == Status.SUBMITTED
    assert membership_of(left.first) == [(date(2020, 1, 1), date(2025, 6, 30))]
    assert cases_seen(left.manager) == 1
    joining = Joining.objects.get()
    assert (joining.institution, joining.left_on, joining.status) == (left.first, None, "waiting")
    assert joining.asked_by == left.manager


def test_with_the_consent_of_its_manager_it_is_a_member_again(left, people):
    sheet(left, left_on="2026-12-31")
    StaleMark.objects.all().delete()

    joining = joinings.confirm(joining=Joining.objects.get(), by=people[H1])

    assert (joining.status, joining.answered_by) == ("confirmed", people[H1])
    assert membership_of(left.first) == [(date(2020, 1, 1), date(2026, 12, 31))]
    assert cases_seen(left.manager) == 2
    assert StaleMark.objects.filter(consortium__code="YUNLING").exists()
    event = AuditEvent.objects.get(action="membership confirmed")
    assert (event.by, event.thing, event.details) == (
        people[H1], f"YUNLING {H1}", {"joined_on": "2020-01-01", "left_on": "2026-12-31"},
    )  # fmt: skip


def test_a_declined_joining_changes_nothing(left, people):
    sheet(left)

    joinings.decline(joining=Joining.objects.get(), by=people[H1])

    assert membership_of(left.first) == [(date(2020, 1, 1), date(2025, 6, 30))]
    assert AuditEvent.objects.get(action="membership declined").by == people[H1]


def test_an_institution_of_another_consortium_joins_once_it_agrees(world, people):
    stored([JOINING], "memberships", by=world.manager)

    assert membership_of(world.third) == []
    assert not Institution.objects.visible_to(world.manager).filter(pk=world.third.pk).exists()
    joinings.confirm(joining=Joining.objects.get(), by=people[H3])
    assert membership_of(world.third) == [(date(2026, 1, 1), None)]
    assert membership_of(world.third, "OTHER") == [(date(2020, 1, 1), None)]


def test_the_administrator_answers_for_an_institution_without_a_manager(world, people):
    stored([JOINING], "memberships", by=world.manager)

    joinings.confirm(joining=Joining.objects.get(), by=people["administrator"])

    assert membership_of(world.third) == [(date(2026, 1, 1), None)]


def test_the_command_line_delivers_as_the_administrator(world):
    stored([JOINING], "memberships", by=world.manager)

    stored([JOINING | {"left_on": "2026-02-01"}, MEMBER | {"left_on": "2030-01-01"}], "memberships")

    assert membership_of(world.third) == [(date(2026, 1, 1), date(2026, 2, 1))]
    assert not Joining.objects.exists()  # what was asked is settled


@pytest.mark.parametrize("who", ["office", "staff", "another manager"])
def test_nobody_else_answers(world, people, who):
    stored([JOINING], "memberships", by=world.manager)
    staff = User.objects.create_user("clerk", role=Role.STAFF, institution=world.third)
    by = {"office": world.manager, "staff": staff, "another manager": people[H1]}[who]

    for answer in (joinings.confirm, joinings.decline):
        with pytest.raises(PermissionDenied):
            answer(joining=Joining.objects.get(), by=by)
    assert Joining.objects.get().status == "waiting"
    assert membership_of(world.third) == []


def test_it_is_answered_once(world, people):
    stored([JOINING], "memberships", by=world.manager)
    joining = joinings.decline(joining=Joining.objects.get(), by=people[H3])

    with pytest.raises(ValidationError, match="answered before: declined"):
        joinings.confirm(joining=joining, by=people[H3])
    assert membership_of(world.third) == []


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"left_on": "2025-06-30", "role": "lead"}, False),
        ({"left_on": "2024-12-31"}, False),
        ({"left_on": "2025-07-01"}, True),
        ({"left_on": ""}, True),
        ({"joined_on": "2026-01-01"}, True),
        ({"joined_on": "2019-01-01", "left_on": "2019-12-31"}, True),
    ],
    ids=str,
)
def test_only_what_makes_a_membership_longer_needs_consent(left, changes, asked):
    sheet(left, **changes)

    assert Joining.objects.exists() is asked
    if not asked:
        assert membership_of(left.first) == [(date(2020, 1, 1), date.fromisoformat(changes["left_on"]))]


def test_undoing_the_end_of_a_membership_is_a_reopening_too(world, people):
    stored([MEMBER], "memberships")  # by the administrator
    ending = sheet(world, left_on="2025-06-30")

    uploads.undo(upload=ending, by=world.manager)

    assert membership_of(world.first) == [(date(2020, 1, 1), date(2025, 6, 30))]
    joinings.confirm(joining=Joining.objects.get(), by=people[H1])
    assert membership_of(world.first) == [(date(2020, 1, 1), None)]


def test_undoing_the_sheet_takes_the_question_back(world, people):
    upload = stored([JOINING], "memberships", by=world.manager)
    joining = Joining.objects.get()

    uploads.undo(upload=upload, by=world.manager)

    with pytest.raises(ValidationError, match="taken its question back"):
        joinings.confirm(joining=joining, by=people[H3])


def test_delivered_again_it_is_one_question_with_the_latest_words(world):
    stored([JOINING], "memberships", by=world.manager)

    stored([JOINING | {"role": "shared_centre"}], "memberships", by=world.manager)

    assert Joining.objects.get().role == "shared_centre"


def test_what_would_overlap_is_refused_when_it_is_asked_and_when_it_is_confirmed(left, people):
    refused = confirmed(
        delivered([MEMBER | {"joined_on": "2025-06-30"}], "memberships", by=left.manager), by=left.manager
    )
    assert (refused.status, "is already a member on 2025-06-30" in refused.failure) == (Status.FAILED, True)

    sheet(left, joined_on="2026-01-01")
    Membership.objects.filter(institution=left.first).update(left_on=None)  # meanwhile
    with pytest.raises(ValidationError, match="is already a member on 2026-01-01"):
        joinings.confirm(joining=Joining.objects.get(), by=people[H1])
    assert Joining.objects.get().status == "waiting"


def test_an_office_sets_up_a_new_institution_but_its_membership_waits(world, people):
    hospital = {
        "code": "H33010000008", "name": "新院", "level": "L2", "type": "general", "region_code": "330106", "uscc": "",
        "approved_beds": "", "served_population": "", "risk_coefficient": "", "rate_coefficient": "", "legal_independent": "",
    }  # fmt: skip
    stored([hospital], "institutions", by=world.manager)
    stored([JOINING | {"institution": hospital["code"]}], "memberships", by=world.manager)
    department = {"institution": hospital["code"], "code": "0300", "name": "呼吸内科", "bed_type": ""}

    stored([department], "departments", by=world.manager)

    new = Institution.objects.get(code=hospital["code"])
    assert membership_of(new) == []
    joinings.confirm(joining=Joining.objects.get(), by=people["administrator"])
    assert membership_of(new) == [(date(2026, 1, 1), None)]


def test_offices_see_what_their_consortium_asked_and_managers_what_they_are_asked(world, people):
    stored([JOINING], "memberships", by=world.manager)
    colleague = User.objects.create_user("colleague", role=Role.CONSORTIUM_MANAGER)
    colleague.consortia.add(Consortium.objects.get(code="YUNLING"))
    board = User.objects.create_user("board", role=Role.BOARD)
    board.consortia.add(Consortium.objects.get(code="YUNLING"))

    def sees(user: User) -> bool:
        return Joining.objects.visible_to(user).exists()

    assert all(map(sees, (world.manager, colleague, people[H3], people["administrator"])))
    assert not any(map(sees, (world.other_manager, people[H1], world.staff, board)))
