"""What storing and undoing cost does not grow by a statement per row."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.layouts import CATEGORIES
from budgets.models import Budget, Expenditure
from evaluation.models import Department, Upload
from evaluation.services import staleness, uploads
from referrals.models import Referral
from tests.importing.sheets import Row
from tests.referrals.test_checks import GOOD as REFERRAL
from tests.services.deliveries import H1, H2, stored

FEW, MANY = 2, 20


def budgets(count: int) -> list[Row]:
    return [
        {"year": str(2000 + number), "institution": H1, "category": category, "planned_amount": "1.00"}
        for number in range(count)
        for category in CATEGORIES
    ]


def spending(count: int) -> list[Row]:
    return [
        {"month": f"{2000 + number}-01", "institution": H1, "category": category, "amount": "1.00"}
        for number in range(count)
        for category in CATEGORIES
    ]


def referrals(count: int) -> list[Row]:
    return [
        REFERRAL | {"id": f"R{number}", "sender": H1, "receiver": H2, "patient_id": f"P{number}"}
        for number in range(count)
    ]


def departments(count: int) -> list[Row]:
    return [{"institution": H1, "code": f"9{number}", "name": "科", "bed_type": ""} for number in range(count)]


SHEETS = {
    "budgets": (budgets, Budget),
    "expenditures": (spending, Expenditure),
    "referrals": (referrals, Referral),
    "departments": (departments, Department),
}


def statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    return len(queries)


@pytest.mark.parametrize("dataset", SHEETS)
def test_a_sheet_of_many_rows_is_stored_and_undone_in_as_many_statements_as_a_small_one(world, dataset):
    rows, model = SHEETS[dataset]
    before = model.objects.count()
    staleness.pages_changed()
    costs = []
    for count in (FEW, MANY):
        found: list[Upload] = []
        storing = statements(lambda count=count, found=found: found.append(stored(rows(count), dataset)))
        undoing = statements(lambda found=found: uploads.undo(upload=found[0], by=None))
        costs.append((storing, undoing))
        assert model.objects.count() == before

    assert costs[0] == costs[1]


def test_undoing_one_of_two_sheets_leaves_the_records_of_the_other(world):
    stored(budgets(3), "budgets")
    changed = stored([row | {"planned_amount": "2.00"} for row in budgets(5)], "budgets")
    assert set(Budget.objects.values_list("planned_amount", flat=True)) == {2}

    uploads.undo(upload=changed, by=None)

    assert list(Budget.objects.values_list("planned_amount", flat=True)) == [1] * 12
