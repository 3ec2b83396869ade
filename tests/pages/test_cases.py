"""From a figure to its cases: the filter gives exactly what the numerator counts."""

import random
from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from evaluation.access.roles import Role
from evaluation.models import AuditEvent, IndicatorValue, LocalBenchmark
from evaluation.pages.cases import NUMERATORS, CaseListPage
from evaluation.pages.values import indicator_by_code
from evaluation.services.recompute import recompute_everything
from tests.factories import World, browser, make_case, make_upload

YES_NO = ("elective", "day_surgery", "complication", "antibacterial", "pathway", "mdt")
GROUPS = ("ES25", "FR11", "0000", "EQY", "", "GZ99")  # GZ99 has no benchmark
COUNTS_GROUPS = {"MDT_COV"}  # counts DRGs, not cases


@pytest.fixture
def treated(world) -> World:
    """A hundred stays of the own institution, of all kinds, and benchmarks for two groups."""
    for drg, rw, risk in (("ES25", "0.8", 1), ("FR11", "2.6", 2)):
        LocalBenchmark.objects.create(
            consortium=world.consortium,
            year=2026,
            region="330106",
            level="THC",
            drg=drg,
            rw=Decimal(rw),
            avg_cost=500_000,
            avg_los=7,
            risk=risk,
        )
    chance = random.Random(7)
    unknown = (None, True, False)
    upload = make_upload(world.own, status="submitted")
    for _number in range(100):
        make_case(
            world.own,
            date(2026, 3, chance.randint(1, 28)),
            upload=upload,
            patient_hash=chance.randint(1, 40).to_bytes(32),
            drg_code=chance.choice(GROUPS),
            rw=chance.choice([None, Decimal("0.5"), Decimal("2"), Decimal("3.1")]),
            disposition=chance.choice("1255"),
            surgery_level=chance.choice([None, 1, 4]),
            **{name: chance.choice(unknown) for name in YES_NO},
        )  # fmt: skip
    recompute_everything()
    return world


def cases_behind(world: World, code: str, query: str = "period=2026-03") -> CaseListPage:
    staff = world.people[Role.STAFF]
    return CaseListPage.build(staff, world.consortium, world.own, indicator_by_code(code), QueryDict(query))


@pytest.mark.parametrize("code", sorted(NUMERATORS))
def test_the_filter_gives_exactly_what_the_numerator_counts(treated, code):
    counted = IndicatorValue.objects.get(indicator=code, institution=treated.own, period="2026-03").numerator

    cases = cases_behind(treated, code).queryset

    found = len({case.drg_code for case in cases}) if code in COUNTS_GROUPS else cases.count()
    assert counted > 0
    assert found == counted


def test_all_cases_of_the_period_are_one_click_away(treated):
    page = cases_behind(treated, "MORT", "period=2026-03&counted=all")

    assert page.queryset.count() == 100
    assert (page.can_count, page.only_counted) == (True, False)


def test_a_group_leads_to_its_cases(treated):
    page = cases_behind(treated, "ALOS", "period=2026-Q1&drg=ES25")

    assert {case.drg_code for case in page.queryset} == {"ES25"}


def test_the_costliest_come_first_where_the_figure_is_a_cost(world):
    for cost in (100, 300, 200):
        make_case(world.own, total_cost=cost)

    assert [case.total_cost for case in cases_behind(world, "IP_COST").queryset] == [300, 200, 100]


def test_record_numbers_are_masked_and_the_look_is_in_the_trail(world):
    make_case(world.own, record_no="ZY20260001234")
    staff = world.people[Role.STAFF]

    page = browser(staff).get(f"/cases/?period=2026-03&institution={world.own.code}").content.decode()

    assert "****1234" in page
    assert "ZY2026" not in page
    assert AuditEvent.objects.get(action="cases seen").by == staff
