"""Keeps budgets and spending as uploads deliver them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from budgets.models import Budget, Expenditure
from evaluation.models import Institution, User
from evaluation.services.records import delete_by_key, ids, upsert
from evaluation.services.staleness import Partition

FEN = Decimal(100)


class BudgetRecords:
    """The store of the dataset `budgets`."""

    def put(self, contents: Sequence[dict], by: User | None) -> None:
        places = _places(contents)
        rows = [
            Budget(
                year=row["year"],
                institution_id=places[row["institution"]],
                category=row["category"],
                planned_amount=Decimal(row["planned_amount"]) / FEN,
            )
            for row in contents
        ]
        upsert(Budget, rows, key=("year", "institution", "category"))

    def remove(self, contents: Sequence[dict]) -> None:
        places = _places(contents)
        gone = [(row["year"], places[row["institution"]], row["category"]) for row in contents]
        delete_by_key(Budget, gone, key=("year", "institution", "category"))

    def partitions(self, contents: Sequence[dict]) -> list[set[Partition]]:
        """January stands for the year: the facts of a plan concern all its months."""
        places = _places(contents)
        return [{(places[row["institution"]], date(row["year"], 1, 1))} for row in contents]


class ExpenditureRecords:
    """The store of the dataset `expenditures`."""

    def put(self, contents: Sequence[dict], by: User | None) -> None:
        places = _places(contents)
        rows = [
            Expenditure(
                month=_month(row),
                institution_id=places[row["institution"]],
                category=row["category"],
                amount=Decimal(row["amount"]) / FEN,
            )
            for row in contents
        ]
        upsert(Expenditure, rows, key=("month", "institution", "category"))

    def remove(self, contents: Sequence[dict]) -> None:
        places = _places(contents)
        gone = [(_month(row), places[row["institution"]], row["category"]) for row in contents]
        delete_by_key(Expenditure, gone, key=("month", "institution", "category"))

    def partitions(self, contents: Sequence[dict]) -> list[set[Partition]]:
        places = _places(contents)
        return [{(places[row["institution"]], _month(row))} for row in contents]


def _month(row: dict) -> date:
    return date.fromisoformat(row["month"])


def _places(contents: Sequence[dict]) -> dict[str, int]:
    return ids(Institution, {row["institution"] for row in contents})
