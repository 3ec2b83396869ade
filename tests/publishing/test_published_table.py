"""Outsiders read sums of one published table, and nothing they can fetch pins a count from 1 to 4."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate, pairwise, product

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from evaluation.access.roles import Role
from evaluation.indicators.periods import Period
from evaluation.models import (
    CaseCell,
    Consortium,
    Institution,
    Membership,
    Publication,
    PublishedFact,
    PublishedValue,
)
from evaluation.services.recompute import recompute_all_stale, recompute_everything
from referrals.flows import Exchange
from referrals.models import Referral
from referrals.pages import NamedExchange
from tests.factories import PLAIN_STATIC_FILES, api, browser, make_user
from tests.factories import make_world as make_small_world
from tests.publishing.possible import possible_counts
from tests.reference.worlds import make_world
from tests.worlds_in_database import case_row, deliver, deliver_world

pytestmark = pytest.mark.django_db
SEEDS = (1, 5)
# Indicator → the counts of its numerator and denominator.
COUNTS = {
    "DRG_RATE": ("grouped", "discharges"),
    "RW2": ("heavy", "weighted"),
    "MORT": ("deaths", "discharges"),
    "LRM": ("risk1_deaths", "risk1_cases"),
    "COMPL": ("complications", "complication_known"),
    "SURG": ("surgical", "discharges"),
    "SURG4": ("surgical_4", "surgical"),
    "DAYSURG": ("day_surgery", "elective"),
    "ABX": ("antibacterial", "antibacterial_known"),
    "PATHWAY": ("pathway", "pathway_known"),
    "READM30": ("readmitted", "index_stays"),
    "READM_SAME": ("readmitted_same", "index_stays"),
}
FACTS = sorted({fact for pair in COUNTS.values() for fact in pair})


@dataclass
class Delivered:
    """A world in the database, computed; the attacker is the regulator, or staff of the first institution."""

    @cached_property
    def exact(self) -> dict[tuple[int, date], dict[str, int]]:
        rows = CaseCell.objects.values("institution", "month").annotate(**{f"n_{f}": Sum(f) for f in FACTS})
        return {(r["institution"], r["month"]): {f: r[f"n_{f}"] for f in FACTS} for r in rows}

    @cached_property
    def published(self) -> dict[tuple[int, date], dict[str, int]]:
        """The rule of design §6, month by month, as slowly as it reads."""
        secrets = Publication.objects.filter(partner=None).values_list("institution", "year", "offset")
        offsets = {(place, year): offset for place, year, offset in secrets}
        table: dict[tuple[int, date], dict[str, int]] = {}
        for place, year in offsets:
            total, before = dict.fromkeys(FACTS, 0), dict.fromkeys(FACTS, 0)
            for month in (date(year, number, 1) for number in range(1, 13)):
                facts = self.exact.get((place, month), {})
                total = {fact: total[fact] + facts.get(fact, 0) for fact in FACTS}
                rounded = {fact: 5 * ((total[fact] + offsets[place, year]) // 5) for fact in FACTS}
                table[place, month] = {fact: rounded[fact] - before[fact] for fact in FACTS}
                before = rounded
        return table

    def total(self, fact: str, places: list[tuple[int, date]]) -> int:
        return sum(self.published.get(each, {}).get(fact, 0) for each in places)


@pytest.fixture(params=SEEDS)
def delivered(request, settings) -> Delivered:
    settings.STORAGES = PLAIN_STATIC_FILES
    deliver_world(make_world(request.param))
    recompute_everything()
    return Delivered()


def regulator() -> object:
    return make_user(Role.REGULATOR, *Consortium.objects.all())


def fetched(user, **query: str) -> list[dict]:
    """All pages of a list of the API."""
    client, found = api(user), []
    answer = client.get("/api/v1/indicator-values/", query).json()
    while True:
        found += answer["results"]
        if not answer["next"]:
            return found
        answer = client.get(answer["next"]).json()


def all_values(user, **scope: str) -> list[dict]:
    periods = sorted(set(PublishedValue.objects.values_list("period", flat=True)))
    return [
        value
        for start in range(0, len(periods), 20)
        for value in fetched(user, indicator=",".join(COUNTS), period=",".join(periods[start : start + 20]), **scope)
    ]


def test_every_number_an_outsider_fetches_is_a_sum_of_published_months(delivered):
    user = regulator()
    places = dict(Institution.objects.values_list("code", "pk"))
    seen = [code for (code,) in Institution.objects.visible_to(user).values_list("code")]
    wrong, compared = [], 0

    for value in all_values(user, institution=",".join(seen)):
        if value["computed_at"] is None:
            continue
        cells = [(places[value["institution"]], month) for month in Period.parse(value["period"]).months]
        compared += 1
        wrong += _differences(delivered, value, cells)
    for consortium in Consortium.objects.all():
        held = list(consortium.memberships.values_list("institution", "joined_on", "left_on"))
        for value in all_values(user, consortium=consortium.code):
            if value["computed_at"] is None:
                continue
            cells = [
                (place, month)
                for month in Period.parse(value["period"]).months
                for place in {who for who, joined, left in held if _is_member(month, joined, left)}
            ]
            compared += 1
            wrong += _differences(delivered, value, cells)

    assert compared > 500
    assert not wrong, wrong[:5]


def _is_member(month: date, joined: date, left: date | None) -> bool:
    return (joined.year, joined.month) <= (month.year, month.month) and (
        left is None or (left.year, left.month) >= (month.year, month.month)
    )


def _differences(delivered: Delivered, value: dict, cells: list[tuple[int, date]]) -> list:
    expected = [delivered.total(fact, cells) for fact in COUNTS[value["indicator"]]]
    told = [value["numerator"], value["denominator"]]
    rate = value["value"]
    is_right = told == expected and value["published"] and (rate is None or value["denominator"] >= 30)
    return [] if is_right else [(value, expected)]


def test_nothing_an_outsider_fetches_pins_a_count_from_one_to_four(delivered):
    user = regulator()
    codes = dict(Institution.objects.visible_to(user).values_list("code", "pk"))
    table: dict[tuple[str, int, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    for value in all_values(user, institution=",".join(codes)):
        period = Period.parse(value["period"])
        if period.length == 1 and "not a member" not in value["reason"]:
            key = (value["indicator"], codes[value["institution"]], str(period.last.year))
            table[key][period.last.month] = (int(value["denominator"] or 0), int(value["numerator"] or 0))

    pinned, small = [], 0
    whole_years = [(place, year) for place, year in held_for_whole_years() if year in {key[2] for key in table}]
    assert whole_years
    for (code, place, year), months in table.items():
        if (place, year) not in whole_years:
            continue  # of other years the attacker reads fewer months
        wholes, parts = zip(*(months.get(month, (0, 0)) for month in range(1, 13)), strict=True)
        for month, possible in enumerate(possible_counts(wholes, parts), start=1):
            facts = delivered.exact.get((place, date(int(year), month, 1)), {})
            for fact, counts in zip(reversed(COUNTS[code]), possible, strict=True):
                true = facts.get(fact, 0)
                assert true in counts
                if 1 <= true <= 4:
                    small += 1
                    pinned += [(code, place, year, month, true)] if counts == {true} else []

    assert small > 100
    assert not pinned


def held_for_whole_years() -> set[tuple[int, str]]:
    """Institutions that were members in all months of a year."""
    return {
        (each.institution_id, str(year))
        for each in Membership.objects.all()
        for year in (2024, 2025, 2026)
        if each.joined_on < date(year, 2, 1) and (each.left_on is None or each.left_on >= date(year, 12, 1))
    }


def test_the_solver_finds_just_the_counts_that_some_year_allows():
    published = ([5, 0, 5], [0, 5, 0])

    found = possible_counts(*published)

    years = [
        (whole, part)
        for whole in product(range(15), repeat=3)
        for part in product(*(range(count + 1) for count in whole))
        if any((_rounded(whole, offset), _rounded(part, offset)) == published for offset in range(5))
    ]
    assert found == [({whole[m] for whole, _p in years}, {part[m] for _w, part in years}) for m in range(3)]


def _rounded(months: tuple[int, ...], offset: int) -> list[int]:
    totals = [0] + [5 * ((total + offset) // 5) for total in accumulate(months)]
    return [after - before for before, after in pairwise(totals)]


def test_staff_read_their_own_line_exactly_and_published_ones_in_sums(delivered):
    consortium = Consortium.objects.first()
    own = consortium.memberships.order_by("pk").first().institution
    staff = make_user(Role.STAFF, institution=own)
    months = [month for place, month in delivered.exact if place == own.pk]
    period = f"{max(months):%Y-%m}"

    [mine] = fetched(staff, indicator="SURG", institution=own.code, period=period)
    [total] = fetched(staff, indicator="SURG", consortium=consortium.code, period=period)

    assert mine["denominator"] == delivered.exact[own.pk, max(months)]["discharges"]
    assert (mine["published"], total["published"]) == (False, True)
    assert total["denominator"] % 5 == 0


def test_a_late_sheet_changes_the_published_months_after_it_and_gives_what_a_rebuild_gives(delivered):
    place = Institution.objects.get(pk=min(place for place, _month in delivered.exact))
    month = min(month for who, month in delivered.exact if who == place.pk)
    world = make_world(SEEDS[0])
    late = [
        case_row(case) | {"institution": place.code, "record_no": f"late{number}", "patient_id": f"late{number}",
                          "admitted_at": f"{month:%Y-%m}-02", "discharged_at": f"{month:%Y-%m}-05"}
        for number, case in enumerate(world.cases[:7])
    ]  # fmt: skip

    deliver("cases", late)
    recompute_all_stale()
    incremental = _stored()
    recompute_everything()

    assert incremental == _stored()


def _stored() -> tuple[list, list]:
    facts = PublishedFact.objects.order_by("source", "institution", "partner", "month")
    values = PublishedValue.objects.order_by("indicator", "period", "institution", "consortium", "level")
    return (
        list(facts.values_list("source", "institution", "partner", "month", "facts")),
        list(
            values.values_list(
                "indicator", "period", "institution", "consortium", "level", "numerator", "value", "light"
            )
        ),
    )


def test_how_numbers_are_rounded_is_chosen_once(delivered):
    before = list(Publication.objects.order_by("pk").values("institution", "partner", "year", "offset", "units"))

    CaseCell.objects.update(cost=1)
    recompute_everything()

    assert (
        list(Publication.objects.order_by("pk").values("institution", "partner", "year", "offset", "units")) == before
    )


# ---- every page, download, chart and answer ------------------------------------------------------------------------

EXACT_TABLES = (
    "evaluation_casecell", "evaluation_inpatientcase", "evaluation_indicatorvalue", "evaluation_readmission",
    "evaluation_uploadmonth", "referrals_referral",
)  # fmt: skip


def outsiders_urls() -> list[str]:
    code = Institution.objects.filter(memberships__isnull=False).first().code
    month = PublishedValue.objects.filter(period__regex=r"^\d{4}-\d\d$").latest("period").period
    year = month[:4]
    pages = [
        f"/?period={period}&columns=all&indicator={indicator}"
        for period in (month, year, f"{month}R12")
        for indicator in ("MORT", "DRG_N")
    ]
    pages += [f"/institutions/{code}/?period={month}", f"/referrals/?period={year}", f"/budgets/?period={month}"]
    pages += [f"/indicators/{indicator}/?period={month}" for indicator in ("MORT", "REF_DONE", "COST_GR", "DRG_TW")]
    tables = {"/": ("lights", "trend", "flows"), "/referrals/": ("flows", "exchanges"), "/institutions/": ("values",)}
    downloads = [
        f"{page}&download={kind}&table={table}"
        for page in pages
        for start, names in tables.items()
        for table in names
        for kind in ("csv", "xlsx")
        if page.startswith(start + "?") or (start == "/institutions/" and page.startswith(start))
    ]
    answers = [
        f"/api/v1/indicator-values/?indicator=MORT,DRG_N,REF_RATIO&institution={code}&period={month},{year}",
        f"/api/v1/indicator-values/?indicator=MORT&consortium={Consortium.objects.first().code}&period={month}",
    ]
    return [
        *pages,
        *downloads,
        *answers,
        "/institutions/",
        "/definitions/",
        "/api/v1/institutions/",
        "/api/v1/indicators/",
    ]


def test_whatever_a_regulator_opens_reads_no_exact_table(delivered):
    """Pages, downloads, charts and the API alike; the one place that rounds DRG lines is looked at below."""
    client = browser(regulator())
    read = {}

    for url in outsiders_urls():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url)
        assert answer.status_code == 200, url
        found = {table for table in EXACT_TABLES for query in queries if table in query["sql"]}
        if found:
            read[url] = found

    assert not read


def test_the_groups_of_a_year_are_shown_in_published_numbers_from_thirty_on(settings):
    settings.STORAGES = PLAIN_STATIC_FILES
    world = make_world(1)
    case = case_row(world.cases[0])
    deliver_world(world)
    lead = world.institutions[0].code
    rows = [
        case | {"institution": lead, "record_no": f"g{number}", "patient_id": f"g{number}", "drg_code": drg,
                "admitted_at": "2025-03-02", "discharged_at": "2025-03-05", "disposition": "1"}
        for number, drg in enumerate(["AA11"] * 41 + ["AA13"] * 12)
    ]  # fmt: skip
    deliver("cases", rows)
    recompute_everything()
    outsider, office = regulator(), make_user(Role.CONSORTIUM_MANAGER, *Consortium.objects.all())
    url = f"/indicators/IP_COST/?period=2025&institution={lead}&consortium=C1&download=csv&table=groups"

    def groups(user) -> dict[str, int]:
        lines = browser(user).get(url).content.decode("utf-8-sig").splitlines()
        return {line.split(",")[0]: int(line.split(",")[2]) for line in lines if line[:2] == "AA"}

    assert groups(office) == {"AA11": 41, "AA13": 12}
    assert groups(outsider).keys() == {"AA11"}
    assert groups(outsider)["AA11"] in (40, 45)
    assert groups(make_user(Role.BOARD, *Consortium.objects.all())) == groups(outsider)


def test_flows_between_others_are_published_and_the_own_ones_exact(settings):
    settings.STORAGES = PLAIN_STATIC_FILES
    deliver_world(make_world(2))
    recompute_everything()
    [consortium, *_] = Consortium.objects.all()
    pairs = Referral.objects.filter(
        sender__memberships__consortium=consortium, receiver__memberships__consortium=consortium
    )
    own = pairs.order_by("pk").first().sender
    staff, board = make_user(Role.STAFF, institution=own), make_user(Role.BOARD, consortium)

    def flows(user) -> dict[tuple[str, str, str], list[str]]:
        url = f"/referrals/?period=2025&consortium={consortium.code}&download=csv&table=flows"
        lines = [line.split(",") for line in browser(user).get(url).content.decode("utf-8-sig").splitlines()]
        return {tuple(line[:3]): line[3:] for line in lines if len(line) == 6 and line[3] != "Referrals"}

    exact, told = flows(board), flows(staff)

    assert exact
    for ends, numbers in told.items():
        if own.name in ends[:2]:
            assert numbers == exact[ends]
        else:
            assert all(number == "0–4" or int(number) % 5 == 0 for number in numbers)


def test_a_share_of_fewer_than_thirty_published_referrals_is_not_told():
    few, enough = Exchange(1, 2, taken=25, returned=5), Exchange(1, 2, taken=30, returned=15)

    assert NamedExchange("A", "B", few, is_published=True).share == "—"
    assert NamedExchange("A", "B", enough, is_published=True).share == "0.50"
    assert NamedExchange("A", "B", few, is_published=False).share == "0.20"


def test_outsiders_are_told_that_figures_are_rounded_and_others_are_not(settings):
    settings.STORAGES = PLAIN_STATIC_FILES
    world = make_small_world()
    note = "rounded to fives"

    for role, is_told in ((Role.REGULATOR, True), (Role.STAFF, True), (Role.BOARD, False)):
        for path in ("/", "/indicators/MORT/", f"/institutions/{world.own.code}/", "/referrals/"):
            assert (note in browser(world.people[role]).get(path).content.decode()) is is_told, (role, path)
