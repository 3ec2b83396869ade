"""The sheets of the budget: yearly plans and monthly spending (domain.md F, design.md §4)."""

from evaluation.importing.layouts import Column, Kind, Layout

CATEGORIES = ("treatment", "prevention", "training", "project")

BUDGETS = Layout(
    dataset="budgets",
    key=("year", "institution", "category"),
    columns=(
        Column("year", "年度", Kind.INTEGER, required=True, example="2026"),
        Column("institution", "机构代码", Kind.NUMBER, required=True, most=40, example="H33010000001"),
        Column("category", "类别", Kind.CHOICE, required=True, choices=CATEGORIES, example="treatment"),
        Column("planned_amount", "预算金额", Kind.MONEY, required=True, example="120000000.00"),
    ),
)

EXPENDITURES = Layout(
    dataset="expenditures",
    key=("month", "institution", "category"),
    columns=(
        Column("month", "月份", Kind.MONTH, required=True, example="2026-03"),
        Column("institution", "机构代码", Kind.NUMBER, required=True, most=40, example="H33010000001"),
        Column("category", "类别", Kind.CHOICE, required=True, choices=CATEGORIES, example="treatment"),
        Column("amount", "支出金额", Kind.MONEY, required=True, example="9800000.00"),
    ),
)
