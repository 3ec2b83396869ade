"""What budgets add to the datasets."""

from django.utils.translation import gettext_lazy as _

from budgets.checks import check_budgets, check_expenditures
from budgets.layouts import BUDGETS, EXPENDITURES
from budgets.services import BudgetRecords, ExpenditureRecords
from evaluation.datasets import Dataset, Owner, Reach
from evaluation.models import StaleMark

STALE = StaleMark.Source.EXPENDITURES

DATASETS = (
    Dataset(BUDGETS, _("Budgets"), Owner.CONSORTIUM, check_budgets, BudgetRecords(), reach=Reach.YEAR, stale=STALE),
    Dataset(
        EXPENDITURES,
        _("Expenditures"),
        Owner.INSTITUTION,
        check_expenditures,
        ExpenditureRecords(),
        has_month=True,
        stale=STALE,
    ),
)
