"""What referrals add to the Overview and Institution pages."""

from evaluation.pages.panels import Asked, Panel
from referrals.pages import FlowsPage


def flows_panel(asked: Asked) -> Panel:
    page = FlowsPage.build(asked)
    return Panel("referrals/_flows_panel.html", page, (page.table,))


OVERVIEW = (flows_panel,)
INSTITUTION = (flows_panel,)
