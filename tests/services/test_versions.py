"""Which version of a record holds: sent again, a month replaced, uploads undone in any order."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.models import Budget, Expenditure
from evaluation.access.roles import Role
from evaluation.models import (
    Benchmark,
    Consortium,
    Department,
    InpatientCase,
    Institution,
    LocalBenchmark,
    Membership,
    Upload,
    User,
)
from evaluation.services import uploads
from referrals.models import Referral
from tests.importing.test_case_checks import case as any_case
from tests.importing.test_master_checks import GROUP, HOSPITAL, MEMBER
from tests.referrals.test_checks import GOOD as REFERRAL
from tests.services.deliveries import APRIL, H1, H2, MARCH, Status, case, confirmed, current, delivered, stored

# --- versions of cases ---


def test_a_record_sent_again_supersedes_the_earlier_version(world):
    stored([case(1, age="30"), case(2)])
    stored([case(1, age="31")])

    assert current() == {"1": 31, "2": 36}
    assert InpatientCase.objects.count() == 3


def test_an_undone_upload_gives_the_earlier_version_back(world):
    first, second = stored([case(1, age="30")]), stored([case(1, age="31"), case(2)])

    uploads.undo(upload=second, by=None)
    assert current() == {"1": 30}

    uploads.undo(upload=first, by=None)
    assert current() == {}


def test_merging_keeps_the_other_rows_and_replacing_takes_out_the_rest_of_the_month(world):
    stored([case(1), case(2), case(3, "2026-04-02"), case(4, institution=H2)])

    stored([case(2, age="40")], institution=world.first, month=MARCH)
    assert current() == {"1": 36, "2": 40, "3": 36, "4": 36}

    replacing = stored([case(2, age="41"), case(5)], institution=world.first, month=MARCH, mode="replace")
    assert current() == {"2": 41, "3": 36, "4": 36, "5": 36}

    uploads.undo(upload=replacing, by=None)
    assert current() == {"1": 36, "2": 40, "3": 36, "4": 36}


def test_a_row_taken_out_by_two_replacements_stays_out_when_one_of_them_is_undone(world):
    options = {"institution": world.first, "month": MARCH, "mode": "replace"}
    stored([case(1), case(2)])
    first, second = stored([case(2)], **options), stored([case(2)], **options)

    uploads.undo(upload=first, by=None)
    assert current() == {"2": 36}

    uploads.undo(upload=second, by=None)
    assert current() == {"1": 36, "2": 36}


def test_a_submitted_upload_is_undone_once(world):
    upload = stored([case(1)])
    uploads.undo(upload=upload, by=None)

    with pytest.raises(ValidationError, match="undone"):
        uploads.undo(upload=upload, by=None)


# --- master data ---


def test_an_institution_sent_again_is_changed_and_undoing_gives_the_old_one_back(world):
    first = stored([HOSPITAL], "institutions")
    second = stored([HOSPITAL | {"name": "新院", "approved_beds": "", "level": "L2"}], "institutions")

    place = Institution.objects.get(code=HOSPITAL["code"])
    assert (place.name, place.approved_beds, place.level, place.uscc) == ("新院", None, "L2", HOSPITAL["uscc"])
    uploads.undo(upload=second, by=None)
    place.refresh_from_db()
    assert (place.name, place.approved_beds, place.level) == (HOSPITAL["name"], 1200, "L3")
    uploads.undo(upload=first, by=None)
    assert not Institution.objects.filter(code=HOSPITAL["code"]).exists()


@pytest.mark.parametrize("dataset", ["cases", "departments", "memberships", "budgets", "users"])
def test_an_institution_that_something_belongs_to_cannot_be_taken_back(world, dataset):
    place = stored([HOSPITAL], "institutions")
    code = HOSPITAL["code"]
    match dataset:
        case "cases":
            stored([any_case(1, institution=code, adm_dept="")])
        case "departments":
            stored([{"institution": code, "code": "1", "name": "x", "bed_type": ""}], "departments")
        case "memberships":
            stored([MEMBER | {"institution": code}], "memberships")
        case "budgets":
            stored([{"year": "2026", "institution": code, "category": "training", "planned_amount": "1"}], "budgets")
        case "users":
            User.objects.create_user("x", role=Role.STAFF, institution=Institution.objects.get(code=code))

    with pytest.raises(ValidationError, match=r"An institution cannot be taken back: .* Undo or move that first"):
        uploads.undo(upload=place, by=None)

    assert Institution.objects.filter(code=code).exists()
    place.refresh_from_db()
    assert place.status == Status.SUBMITTED


def test_a_consortium_with_members_cannot_be_taken_back(world):
    made = stored([{"code": "NEW", "name": "新", "kind": "urban_group", "compact": "yes"}], "consortia")
    members = stored([MEMBER | {"consortium": "NEW"}], "memberships")

    with pytest.raises(ValidationError, match="A consortium cannot be taken back"):
        uploads.undo(upload=made, by=None)

    uploads.undo(upload=members, by=None)
    uploads.undo(upload=made, by=None)
    assert not Consortium.objects.filter(code="NEW").exists()


def test_a_membership_that_overlaps_one_delivered_before_fails_with_the_remedy(world):
    upload = confirmed(delivered([MEMBER | {"joined_on": "2024-01-01"}], "memberships"))

    assert upload.status == Status.FAILED
    assert "is already a member on 2024-01-01: end the earlier membership first" in upload.failure

    ended = {"joined_on": "2020-01-01", "left_on": "2023-12-31"}
    stored([MEMBER | ended, MEMBER | {"joined_on": "2024-01-01"}], "memberships")
    assert Membership.objects.filter(institution=world.first).count() == 2


def test_undoing_a_membership_that_would_bring_an_overlap_back_is_refused(world):
    ended = stored([MEMBER | {"joined_on": "2020-01-01", "left_on": ""}], "memberships")
    ending = stored([MEMBER | {"joined_on": "2020-01-01", "left_on": "2023-12-31"}], "memberships")
    stored([MEMBER | {"joined_on": "2024-01-01"}], "memberships")

    with pytest.raises(ValidationError, match="already a member"):
        uploads.undo(upload=ending, by=None)

    assert ended.status == Status.SUBMITTED


def test_benchmarks_come_and_go_with_what_is_derived_from_them(world):
    rows = [GROUP | {"drg": f"{mdc}{kind}{number}5"} for mdc in "ABCDEFGH" for kind in "ARS" for number in range(1, 10)]

    upload = stored([*rows, GROUP | {"drg": "BR21", "region": "330106"}], "benchmarks")
    assert (Benchmark.objects.count(), LocalBenchmark.objects.count()) == (217, 2 * 217)  # as seen from two consortia

    uploads.undo(upload=upload, by=None)
    assert not Benchmark.objects.exists()
    assert not LocalBenchmark.objects.exists()


def test_the_largest_values_of_master_data_fit_the_tables(world):
    stored(
        [
            HOSPITAL
            | {
                "name": "院" * 200,
                "risk_coefficient": "99.9999",
                "rate_coefficient": "0.0001",
                "served_population": "999999999",
            }
        ],
        "institutions",
    )
    stored(
        [GROUP | {"rw": "999999.999999", "avg_los": "9999.9999", "avg_cost": "999999999999.99", "cases": "999999999"}],
        "benchmarks",
    )
    stored(
        [
            GROUP
            | {"rw": "0.000001", "avg_los": "0.0001", "avg_cost": "0.01", "cases": "", "deaths": "", "year": "2025"}
        ],
        "benchmarks",
    )
    money = {"institution": H1, "category": "training"}
    stored([{"month": "2026-03", "amount": "999999999999.99", **money}], "expenditures")
    stored([{"year": "2026", "planned_amount": "999999999999.99", **money}], "budgets")

    assert str(Budget.objects.get().planned_amount) == str(Expenditure.objects.get().amount) == "999999999999.99"


def test_the_budget_of_next_year_can_be_delivered_before_it_begins(world):
    year = timezone.localdate().year + 1

    stored([{"year": str(year), "institution": H1, "category": "training", "planned_amount": "1"}], "budgets")

    assert Budget.objects.get().year == year


def test_replacing_a_month_of_spending_takes_out_what_was_delivered_for_all_at_once_too(world):
    lines = [
        {"month": month, "institution": code, "category": category, "amount": "1"}
        for month in ("2026-03", "2026-02")
        for code in (H1, H2)
        for category in ("training", "project")
    ]
    stored(lines, "expenditures")

    replacing = stored(
        [lines[0] | {"amount": "2"}], "expenditures", institution=world.first, month=MARCH, mode="replace"
    )

    def spent() -> list[tuple]:
        kept = Expenditure.objects.filter(month=MARCH, institution=world.first)
        return list(kept.order_by("category").values_list("category", "amount"))

    assert spent() == [("training", 2)]
    assert Expenditure.objects.count() == 7
    uploads.undo(upload=replacing, by=None)
    assert spent() == [("project", 1), ("training", 1)]


def test_keys_with_separators_in_them_stay_apart(world):
    Institution.objects.create(code="A|B", name="x", level="L1", type="general", region_code="330106")
    Institution.objects.create(code="A", name="x", level="L1", type="general", region_code="330106")
    rows = [
        {"institution": "A", "code": "B|C", "name": "1", "bed_type": ""},
        {"institution": "A|B", "code": "C", "name": "2", "bed_type": ""},
    ]

    upload = stored(rows, "departments")

    assert upload.rows_stored == Department.objects.exclude(institution=world.first).count() == 2


# --- any order of submitting and undoing ---


@dataclass(frozen=True)
class Sheet:
    """Records with the month they are of; `replaces` is the month that the sheet replaces whole."""

    records: Mapping[str, date]
    replaces: date | None = None
    of_institution: bool = True


SHEETS = (
    Sheet({"a": MARCH, "b": MARCH}, of_institution=False),
    Sheet({"a": APRIL, "c": MARCH}),
    Sheet({"b": MARCH}, replaces=MARCH),
    Sheet({"c": MARCH}, replaces=MARCH),
    Sheet({"a": MARCH}),
    Sheet({"c": APRIL}, replaces=APRIL),
    Sheet({"b": APRIL}, of_institution=False),
    Sheet({"a": MARCH, "c": MARCH}, replaces=MARCH),
)


def expected(live: Sequence[int]) -> dict[str, int]:
    """Which sheet each record is from, by going through the live sheets in the order in which they were submitted."""
    held: dict[str, int] = {}
    for place in live:
        sheet = SHEETS[place]
        held = {
            record: source for record, source in held.items() if SHEETS[source].records[record] != sheet.replaces
        } | dict.fromkeys(sheet.records, place)
    return held


def prepared(dataset: str, institution: Institution) -> list[Upload]:
    found = []
    for place, sheet in enumerate(SHEETS):
        rows = [
            case(record, f"{month:%Y-%m}-09", age=str(place))
            if dataset == "cases"
            else REFERRAL | {
                "id": record, "sender": H1, "receiver": H2, "reason": str(place), "requested_at": f"{month:%Y-%m}-09",
                "accepted_at": "", "arrived_at": "", "completed_at": "", "status": "requested",
            }
            for record, month in sheet.records.items()
        ]  # fmt: skip
        found.append(
            delivered(
                rows,
                dataset,
                institution=institution if sheet.of_institution else None,
                month=sheet.replaces,
                mode="replace" if sheet.replaces else "merge",
            )
        )
    return found


def held(dataset: str) -> dict[str, int]:
    if dataset == "cases":
        return current()
    return {code: int(reason) for code, reason in Referral.objects.values_list("code", "reason")}


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("dataset", ["cases", "referrals"])
def test_in_any_order_of_submitting_and_undoing_the_newest_live_version_holds(world, dataset):
    sheets = prepared(dataset, world.first)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.permutations(range(len(SHEETS))), st.lists(st.integers(0, 7), max_size=12))
    def run(order, undoes):
        with rolled_back():
            live: list[int] = []
            steps = list(order)
            for choice in [None, *undoes]:
                if choice is not None and choice < len(live):
                    uploads.undo(upload=sheets[live.pop(choice)], by=None)
                elif steps:
                    place = steps.pop()
                    confirmed(sheets[place])
                    live.append(place)
                assert held(dataset) == expected(live)

    run()
