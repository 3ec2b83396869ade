"""What budgets add to the Overview and Institution pages."""

from budgets.pages import ExecutionPage
from evaluation.pages.panels import Asked, Panel


def execution_panel(asked: Asked) -> Panel:
    page = ExecutionPage.build(asked)
    return Panel("budgets/_execution_panel.html", page, (page.table,))


OVERVIEW = (execution_panel,)
INSTITUTION = (execution_panel,)
