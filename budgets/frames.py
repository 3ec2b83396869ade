"""Facts of the budget: what was spent each month, and the plan of the year as every month of it knows it.

Fen, in integers: their sum is the same in whatever order they are added (docs/decisions/0007).
"""

from datetime import date

from evaluation.frames import MONTH_NUMBER, PLACE, FrameSource, Unrounded, within_clause
from evaluation.indicators.periods import Period, PeriodKind, months_between, year_to_date
from evaluation.models import StaleMark


def _spent_query(institutions, first, last):
    clause, params = within_clause(institutions)
    return (
        f"""SELECT institution_id, {MONTH_NUMBER.format("month")}, (sum(amount) * 100)::bigint
            FROM budgets_expenditure WHERE month BETWEEN %s AND %s{clause} GROUP BY institution_id, month""",
        [first, last, *params],
    )


def _planned_query(institutions, first, last):
    clause, params = within_clause(institutions)
    return (
        f"""SELECT institution_id, year * 12 + month - 1, (sum(planned_amount) * 100)::bigint
            FROM budgets_budget CROSS JOIN generate_series(1, 12) AS month
            WHERE year BETWEEN %s AND %s{clause} GROUP BY institution_id, year, month""",
        [first.year, last.year, *params],
    )


def at_end(period: Period):
    """The plan of the year, of those who are members in the last month; none for rolling periods."""
    return [] if period.kind is PeriodKind.ROLLING else [period.last]


def rest_of_year(month: date) -> list[date]:
    """Spending of a month counts in all later months of its year."""
    return months_between(month, date(month.year, 12, 1))


SOURCES = (
    FrameSource(
        name="expenditures",
        query=_spent_query,
        dtypes={**PLACE, "spent": "int64"},
        table="budgets_expenditure",
        published=Unrounded.EXACT,
        window=year_to_date,
        stale=StaleMark.Source.EXPENDITURES,
        concerns=rest_of_year,
    ),
    FrameSource(
        name="budgets",
        query=_planned_query,
        dtypes={**PLACE, "planned": "int64"},
        table="budgets_expenditure",
        published=Unrounded.EXACT,
        window=at_end,
        stale=StaleMark.Source.EXPENDITURES,
        concerns=rest_of_year,
    ),
)
