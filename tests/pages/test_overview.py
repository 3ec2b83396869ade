"""The Overview: default period, lights with their reasons, change, queries."""

import re
from datetime import date

import pytest
from django.core.cache import caches
from django.http import QueryDict

from evaluation.access.roles import Role
from evaluation.charts.trend import Limits
from evaluation.models import DataState, IndicatorValue, Membership, PublishedFact, PublishedValue, Threshold
from evaluation.pages.overview import OverviewPage
from evaluation.pages.picker import Picker
from evaluation.services import uploads
from evaluation.services.recompute import recompute_all_stale
from tests.factories import FEBRUARY, JANUARY, MARCH, World, browser, case_row, make_cell, make_value
from tests.factories import delivered as delivered_sheet

RED = {"light": "red", "reason": "%(value)s is above the red limit of %(limit)s."}


@pytest.fixture
def delivered(world) -> World:
    """All members have delivered January and February, one lacks March."""
    for member in world.members:
        for month in (JANUARY, FEBRUARY, MARCH):
            if (member, month) != (world.neighbour, MARCH):
                make_cell(member, month)
    DataState.objects.create(version=1, first_month=JANUARY, last_month=MARCH, data_end=20_000)
    return world


def build(world: World, query: str = "", role: Role = Role.BOARD) -> OverviewPage:
    return OverviewPage.build(world.people[role], world.consortium, QueryDict(query))


def html(world: World, query: str = "", role: Role = Role.BOARD) -> str:
    return browser(world.people[role]).get(f"/?{query}").content.decode()


def cell_of(page: OverviewPage, name: str, indicator: str):
    place = [each.code for each in page.matrix.indicators].index(indicator)
    return next(row for group in page.matrix.groups for row in group.rows if row.name == name).cells[place]


def test_without_data_it_says_so_and_shows_no_number(world):
    page = build(world)

    assert page.is_empty
    assert "No data yet" in html(world)


@pytest.mark.parametrize(
    "path", ["/institutions/H33010000003/", "/indicators/MORT/", "/referrals/", "/budgets/", "/institutions/"]
)
def test_the_other_pages_stand_an_empty_database_too(world, path):
    assert browser(world.people[Role.BOARD]).get(path).status_code == 200


def test_it_begins_with_the_last_month_that_all_members_delivered(delivered):
    page = build(delivered)

    assert page.picker.period.code == "2026-02"
    assert page.is_complete


def test_in_a_later_month_it_says_how_many_delivered_and_who_did_not(delivered):
    page = build(delivered, "period=2026-03")

    assert page.delivered_words == "3 of 4 members delivered"
    assert page.deliveries[0].missing == [delivered.neighbour.name]
    row = next(row for group in page.matrix.groups for row in group.rows if row.name == delivered.neighbour.name)
    assert row.missing == "March 2026 is not delivered yet."


def test_village_clinics_and_former_members_are_not_waited_for(delivered):
    delivered.neighbour.level = "VC"
    delivered.neighbour.save()
    Membership.objects.filter(institution=delivered.county).update(left_on="2026-02-15")

    assert build(delivered).picker.period.code == "2026-03"


@pytest.mark.parametrize("period", ["2026-Q1", "2026", "2026-02R12", "2019-05", "1900", "2099-Q4", "nonsense", ""])
def test_every_period_has_a_page(delivered, period):
    assert browser(delivered.people[Role.BOARD]).get(f"/?period={period}").status_code == 200


def test_a_light_shows_value_word_and_reason(delivered):
    make_value("ALOS", delivered.own, "2026-02", value=12.34, **RED, reason_values={"value": 12.34, "limit": 10})

    cell = cell_of(build(delivered), delivered.own.name, "ALOS")

    assert (cell.text, cell.light, cell.value.sentence) == (
        "12.3",
        "red",
        "Average stay of acute beds 12.3 days is above the red limit of 10.0 days.",
    )
    assert cell.value.sentence in html(delivered)


def test_the_trend_of_the_consortium_has_the_limits_of_consortia_and_not_those_of_one_level(delivered):
    assert {limit.level for limit in Threshold.objects.filter(indicator="ALOS")} == {"L3", "L2", "PRIMARY"}
    assert build(delivered, "indicator=ALOS").trend.limits is None

    Threshold.objects.create(indicator="ALOS", level="CONSORTIUM", green_high=7, red_high=11)

    assert build(delivered, "indicator=ALOS").trend.limits == Limits(green_high=7, red_high=11)


def test_the_figures_of_an_undone_upload_are_gone_from_the_page_at_once(world):
    manager = world.people[Role.INSTITUTION_MANAGER]
    upload = uploads.store(uploads.submit(upload=delivered_sheet(case_row(), by=manager), by=manager))
    recompute_all_stale()
    assert "No data yet" not in html(world)

    uploads.undo(upload=upload, by=manager)
    html(world)  # looked at before the figures are computed again
    recompute_all_stale()

    assert "No data yet" in html(world)


def test_undoing_alone_changes_what_pages_show(world):
    manager = world.people[Role.INSTITUTION_MANAGER]
    upload = uploads.store(uploads.submit(upload=delivered_sheet(case_row(), by=manager), by=manager))
    before = DataState.objects.get().version

    uploads.undo(upload=upload, by=manager)

    assert DataState.objects.get().version > before


def test_the_change_is_against_the_period_before_or_the_year_before(delivered):
    for period, value in (("2026-02", 9.0), ("2026-01", 8.0), ("2025-02", 10.5)):
        make_value("ALOS", delivered.own, period, value=value)

    month = cell_of(build(delivered), delivered.own.name, "ALOS")
    year = cell_of(build(delivered, "against=year"), delivered.own.name, "ALOS")

    assert (month.change, month.change_word) == ("+1.0", "worse")
    assert (year.change, year.change_word) == ("−1.5", "better")


def test_a_changed_light_is_among_what_changed_most(delivered):
    make_value("ALOS", delivered.own, "2026-01", value=7, light="green")
    make_value("ALOS", delivered.own, "2026-02", value=12, **RED, reason_values={"value": 12, "limit": 10})

    [change] = build(delivered).changes

    assert (change.name, change.before, change.after) == (delivered.own.name, "green", "red")


def test_only_red_and_yellow_leaves_quiet_members_out(delivered):
    make_value("ALOS", delivered.own, "2026-02", value=12, **RED, reason_values={"value": 12, "limit": 10})

    matrix = build(delivered, "show=attention").matrix

    assert [row.name for group in matrix.groups if group.name for row in group.rows] == [delivered.own.name]


def hrefs(picker: Picker) -> dict[str, str]:
    return {option.code: option.href for option in picker.kinds}


def test_the_links_of_the_picker_keep_the_rest_of_the_address(delivered):
    picker = build(delivered, "period=2026-02&against=year&columns=all&download=csv&table=lights").picker

    assert hrefs(picker)["quarter"] == "?period=2026-Q1&against=year&columns=all"
    assert picker.earlier == "?period=2026-01&against=year&columns=all"
    assert picker.later == "?period=2026-03&against=year&columns=all"


def test_the_picker_does_not_lead_out_of_the_data(delivered):
    assert build(delivered, "period=2026-01").picker.earlier == ""
    assert build(delivered, "period=2026-03").picker.later == ""


def test_every_link_of_the_page_leads_somewhere(delivered):
    make_value("ALOS", delivered.own, "2026-02", value=9.0)
    client = browser(delivered.people[Role.BOARD])
    page = client.get("/").content.decode()

    links = {link.replace("&amp;", "&") for link in re.findall(r'href="([/?][^"#]*)"', page) if "/static/" not in link}
    wrong = {
        link: status
        for link in links
        if (status := client.get("/" + link if link[0] == "?" else link).status_code) >= 400
    }

    assert len(links) > 20
    assert not wrong


@pytest.mark.parametrize("is_filled", [True, False])
@pytest.mark.parametrize("role", [Role.BOARD, Role.CONSORTIUM_MANAGER, Role.REGULATOR, Role.STAFF])
def test_it_takes_few_queries_the_first_time(delivered, django_assert_max_num_queries, role, is_filled):
    if not is_filled:
        IndicatorValue.objects.all().delete()
        PublishedValue.objects.all().delete()
    for member in delivered.members if is_filled else ():
        make_value("MORT", member, "2026-02", numerator=20, denominator=400)
    client = browser(delivered.people[role])
    client.get("/")
    caches["pages"].clear()

    with django_assert_max_num_queries(9):
        client.get("/")


def test_it_takes_hardly_any_the_second_time(delivered, django_assert_max_num_queries):
    client = browser(delivered.people[Role.REGULATOR])
    client.get("/")

    with django_assert_max_num_queries(4):
        client.get("/")


def test_a_page_that_was_built_for_the_board_is_not_shown_to_the_regulator(delivered):
    make_value("MORT", delivered.own, "2026-02", numerator=2, denominator=400)
    PublishedValue.objects.update(value=0.05)
    url = "/?period=2026-02&columns=all"

    for_board = browser(delivered.people[Role.BOARD]).get(url).content.decode()
    for_regulator = browser(delivered.people[Role.REGULATOR]).get(url).content.decode()

    assert "0.50" in for_board
    assert "0.50" not in for_regulator
    assert "5.00" in for_regulator


def test_outsiders_are_told_that_a_member_delivered_by_its_published_discharges(delivered):
    PublishedFact.objects.create(
        source="cases", institution=delivered.lead, month=date(2026, 2, 1), facts={"discharges": 40}
    )

    page = build(delivered, "period=2026-02", role=Role.REGULATOR)

    assert (page.delivered, page.expected) == (1, 4)
