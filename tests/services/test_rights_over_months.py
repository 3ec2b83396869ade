"""An office changes what belongs to months in which the institution was its member, and master data of its members today."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from budgets.models import Budget
from evaluation.access.roles import Role
from evaluation.models import Consortium, Department, InpatientCase, Institution, Membership, Upload, User
from evaluation.services import uploads
from tests.importing.test_master_checks import HOSPITAL
from tests.services.deliveries import H1, H2, H3, Status, World, case, confirmed, delivered, stored

PLAN = {"year": "2025", "institution": H1, "category": "training", "planned_amount": "100"}
WARD = {"institution": H1, "code": "0400", "name": "外科", "bed_type": ""}


@pytest.fixture
def moved(world) -> World:
    """The first hospital left YUNLING on 10 June 2025 and joined OTHER on 1 September."""
    Membership.objects.filter(institution=world.first).update(left_on=date(2025, 6, 10))
    join(world.first, "OTHER", date(2025, 9, 1))
    return world


def join(institution: Institution, consortium: str, joined_on: date) -> None:
    Membership.objects.create(
        consortium=Consortium.objects.get(code=consortium), institution=institution, role="member", joined_on=joined_on
    )


def cases_of(world: World, *days: str, **options) -> Upload:
    rows = [case(place, day, admitted_at=day) for place, day in enumerate(days, start=1)]
    return stored(rows, institution=world.first, **options)


def sees(user: User, upload: Upload) -> bool:
    return Upload.objects.visible_to(user).filter(pk=upload.pk).exists()


@pytest.mark.parametrize(
    ("days", "old", "new"),
    [
        (["2025-05-09"], True, False),
        (["2025-06-25"], True, False),  # a member on any day of a month is a member of the month
        (["2025-07-02"], False, False),
        (["2025-09-02"], False, True),
        (["2025-05-09", "2025-10-09"], False, False),
    ],
    ids=str,
)
def test_an_office_undoes_only_uploads_of_which_all_months_are_its_members(moved, days, old, new):
    upload = cases_of(moved, *days)

    for office, may in ((moved.manager, old), (moved.other_manager, new)):
        assert sees(office, upload) is may
        if not may:
            with pytest.raises(PermissionDenied, match="belongs to others"):
                uploads.undo(upload=upload, by=office)
    assert InpatientCase.objects.filter(is_current=True).count() == len(days)
    if old or new:
        assert uploads.undo(upload=upload, by=moved.manager if old else moved.other_manager).status == Status.UNDONE


def test_before_submission_the_accepted_rows_say_which_months_an_upload_is_of(moved):
    early, late = (
        delivered([case(1, day, admitted_at=day)], institution=moved.first) for day in ("2025-05-09", "2025-10-09")
    )

    assert [sees(moved.manager, each) for each in (early, late)] == [True, False]
    assert [sees(moved.other_manager, each) for each in (early, late)] == [False, True]


def test_what_a_replaced_month_loses_counts_too(moved):
    cases_of(moved, "2025-10-09")

    emptied = stored(
        [case(9, "2025-10-11", admitted_at="2025-10-09")],
        institution=moved.first,
        month=date(2025, 10, 1),
        mode="replace",
    )

    assert not sees(moved.manager, emptied)
    assert sees(moved.other_manager, emptied)


def test_an_upload_of_which_no_month_is_known_belongs_to_the_day_it_came(moved):
    upload = Upload.objects.create(dataset="cases", institution=moved.first, filename="a.csv")

    assert (sees(moved.manager, upload), sees(moved.other_manager, upload)) == (False, True)
    Upload.objects.filter(pk=upload.pk).update(created_at="2025-05-05T12:00:00+08:00")
    assert (sees(moved.manager, upload), sees(moved.other_manager, upload)) == (True, False)


# ---- master data ---------------------------------------------------------------------------------------------------


def test_master_data_are_changed_by_the_office_of_today(moved):
    rename = HOSPITAL | {"code": H1, "name": "renamed"}

    refused = [
        delivered([row], dataset, by=moved.manager)
        for dataset, row in (("institutions", rename), ("departments", WARD))
    ]
    stored([rename], "institutions", by=moved.other_manager)
    stored([WARD], "departments", by=moved.other_manager)

    assert [each.rows_accepted for each in refused] == [0, 0]
    assert "does not belong to your consortium today" in refused[0].problems.get().message
    assert Institution.objects.get(code=H1).name == "renamed"


def test_of_a_hospital_that_left_and_joined_nobody_only_the_administrator_changes_them(world):
    Membership.objects.filter(institution=world.first).update(left_on=timezone.localdate() - timedelta(days=1))
    rename = HOSPITAL | {"code": H1, "name": "renamed"}

    assert [
        delivered([rename], "institutions", by=by).rows_accepted for by in (world.manager, world.other_manager)
    ] == [0, 0]
    stored([rename], "institutions")
    assert Institution.objects.get(code=H1).name == "renamed"


def test_leaving_takes_effect_at_the_end_of_the_last_day(world):
    rename = HOSPITAL | {"code": H1}
    Membership.objects.filter(institution=world.first).update(left_on=timezone.localdate())
    join(world.first, "OTHER", timezone.localdate() + timedelta(days=1))

    assert delivered([rename], "institutions", by=world.manager).rows_accepted == 1
    assert delivered([rename], "institutions", by=world.other_manager).rows_accepted == 0


def test_who_joins_later_and_is_in_no_other_consortium_is_set_up_by_its_office(world):
    new = Institution.objects.create(code="H8", name="new", level="L2", type="general", region_code="330106")
    join(new, "OTHER", timezone.localdate() + timedelta(days=30))

    assert delivered([WARD | {"institution": "H8"}], "departments", by=world.other_manager).rows_accepted == 1
    assert delivered([WARD | {"institution": "H8"}], "departments", by=world.manager).rows_accepted == 0


def test_a_sheet_checked_before_the_hospital_left_is_not_stored_after(world):
    upload = delivered([WARD], "departments", by=world.manager)
    Membership.objects.filter(institution=world.first).update(left_on=timezone.localdate() - timedelta(days=1))

    with pytest.raises(ValidationError, match="would do something else now"):
        confirmed(upload, by=world.manager)

    assert not Department.objects.filter(code="0400").exists()


@pytest.mark.parametrize("dataset", ["institutions", "departments"])
def test_an_office_does_not_undo_an_old_sheet_over_a_hospital_that_left(world, dataset):
    row = {"institutions": HOSPITAL | {"code": H1, "name": "of then"}, "departments": WARD}[dataset]
    stored([HOSPITAL | {"code": H1}], "institutions")
    upload = stored([row], dataset, by=world.manager)
    Membership.objects.filter(institution=world.first).update(left_on=timezone.localdate() - timedelta(days=1))

    with pytest.raises(PermissionDenied, match=f"institution {H1}, which does not belong to your consortium any more"):
        uploads.undo(upload=upload, by=world.manager)
    assert uploads.undo(upload=upload, by=None).status == Status.UNDONE


def test_a_budget_is_of_the_office_whose_member_the_hospital_was_in_the_year(moved):
    years = {
        by: [delivered([PLAN | {"year": str(year)}], "budgets", by=by).rows_accepted for year in (2024, 2025, 2026)]
        for by in (moved.manager, moved.other_manager)
    }

    assert years == {moved.manager: [1, 1, 0], moved.other_manager: [0, 1, 1]}
    upload = delivered([PLAN | {"year": "2026"}], "budgets", by=moved.manager)
    assert "was not a member of your consortium in" in upload.problems.get().message


def test_an_office_undoes_the_budget_of_a_year_in_which_the_hospital_was_its_member(moved):
    upload = stored([PLAN], "budgets", by=moved.manager)

    uploads.undo(upload=upload, by=moved.manager)

    assert not Budget.objects.exists()


# ---- colleagues ----------------------------------------------------------------------------------------------------


def colleague_of(world: World, *codes: str, role: Role = Role.CONSORTIUM_MANAGER) -> User:
    user = User.objects.create_user(f"colleague {role} {codes}", role=role)
    user.consortia.set(Consortium.objects.filter(code__in=codes))
    return user


def test_a_colleague_of_the_same_office_sees_and_undoes_master_data(world):
    colleague = colleague_of(world, "YUNLING")
    upload = stored([WARD], "departments", by=world.manager)

    assert sees(colleague, upload)
    assert not sees(world.other_manager, upload)
    assert not sees(colleague_of(world, "YUNLING", role=Role.BOARD), upload)
    assert uploads.undo(upload=upload, by=colleague).status == Status.UNDONE
    assert not Department.objects.filter(code="0400").exists()


def test_who_changed_to_another_office_leaves_the_uploads_behind(world):
    upload = stored([WARD], "departments", by=world.manager)

    world.manager.consortia.set(Consortium.objects.filter(code="OTHER"))

    assert not sees(world.manager, upload)


def test_who_works_for_several_consortia_names_the_one_they_deliver_for(world):
    both = colleague_of(world, "YUNLING", "OTHER")
    other = Consortium.objects.get(code="OTHER")

    named, unnamed = (
        delivered([WARD | {"institution": H2}], "departments", by=both, consortium=each) for each in (other, None)
    )

    assert (named.consortium.code, unnamed.consortium.code) == ("OTHER", "YUNLING")  # the largest
    with pytest.raises(PermissionDenied, match="your own consortium only"):
        delivered([WARD], "departments", by=world.manager, consortium=other)


def test_a_colleague_does_not_undo_memberships_of_a_consortium_that_is_not_theirs(world):
    both = colleague_of(world, "YUNLING", "OTHER")
    ended = {
        "consortium": "OTHER",
        "institution": H3,
        "role": "member",
        "joined_on": "2020-01-01",
        "left_on": "2025-12-31",
    }
    stored([ended | {"left_on": ""}], "memberships")
    upload = stored([ended], "memberships", by=both)

    assert upload.consortium.code == "YUNLING"
    with pytest.raises(PermissionDenied, match="consortium OTHER, which is not yours"):
        uploads.undo(upload=upload, by=world.manager)
    assert Membership.objects.get(institution=world.third).left_on == date(2025, 12, 31)


def test_what_the_administrator_imports_is_no_offices(world):
    upload = stored([WARD], "departments")

    assert upload.consortium is None
    assert not sees(world.manager, upload)
