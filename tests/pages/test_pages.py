"""Institution, indicator and definition pages, and the health of the site."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone, translation

from evaluation.access.roles import Role
from evaluation.models import Heartbeat, StaleMark
from evaluation.pages.indicator import IndicatorPage
from evaluation.pages.institution import InstitutionPage
from evaluation.pages.values import indicator_by_code
from evaluation.services.values import indicators
from tests.factories import World, browser, make_cell, make_institution, make_value


def lines(world: World, query: str = "period=2026-03") -> dict[str, object]:
    page = InstitutionPage.build(world.people[Role.BOARD], world.consortium, world.own, QueryDict(query))
    return {line.indicator.code: line for theme in page.themes for line in theme.lines}


def test_the_place_among_the_peers_of_the_level_counts_the_best_first(world):
    third = make_institution("H33010000005", world.consortium, level="CHC")
    for member, stay, weight in ((world.own, 8, 0.7), (world.neighbour, 7, 0.6), (third, 9, 0.9), (world.lead, 1, 9.0)):
        make_value("ALOS", member, value=stay)
        make_value("DRG_CMI", member, value=weight)

    found = lines(world)

    assert found["ALOS"].place == "2 / 3"  # shorter is better
    assert found["DRG_CMI"].place == "2 / 3"  # higher is better


def test_there_is_no_place_without_peers_value_or_direction(world):
    make_value("ALOS", world.own, value=8)
    make_value("BUD_EXEC", world.own, value=0.3)
    make_value("BUD_EXEC", world.neighbour, value=0.4)

    found = lines(world)

    assert (found["ALOS"].place, found["BUD_EXEC"].place, found["MORT"].place) == ("", "", "")


def test_beside_the_value_stands_that_of_the_level(world):
    make_value("ALOS", world.own, value=8)
    make_value("ALOS", world.consortium, level="PRIMARY", value=7.25)

    assert lines(world)["ALOS"].peers.text == "7.2"


def test_what_needs_attention_comes_first_and_red_before_yellow(world):
    make_value("ALOS", world.own, value=8, light="yellow", reason="")
    make_value("DRUG", world.own, value=0.7, light="red", reason="")

    page = InstitutionPage.build(world.people[Role.BOARD], world.consortium, world.own, QueryDict("period=2026-03"))

    assert [line.indicator.code for line in page.attention] == ["DRUG", "ALOS"]


def test_the_ranking_goes_from_best_to_worst_and_ends_with_those_without_value(world):
    for member, value in ((world.lead, 9), (world.own, 7), (world.county, 8)):
        make_value("ALOS", member, value=value)

    page = IndicatorPage.build(
        world.people[Role.BOARD], world.consortium, indicator_by_code("ALOS"), QueryDict("period=2026-03")
    )

    assert [(each.place, each.name) for each in page.standings] == [
        (None, "Consortium"),
        (1, world.own.name),
        (2, world.county.name),
        (3, world.lead.name),
        (None, world.neighbour.name),
    ]


@pytest.mark.parametrize(("language", "letters"), [("en", "[a-z]"), ("zh-hans", "[一-鿿]")])
def test_the_definitions_list_every_indicator_in_both_languages(world, language, letters):
    client = browser(world.people[Role.BOARD], headers={"accept-language": language})

    page = client.get("/definitions/").content.decode()

    with translation.override(language):
        for indicator in indicators():
            assert indicator.code in page
            assert str(indicator.name).replace("&", "&amp;").replace("<", "&lt;") in page
            assert re.search(letters, str(indicator.how_calculated))


@pytest.mark.parametrize(
    "path", ["/", "/institutions/", "/institutions/H33010000003/", "/indicators/MORT/", "/referrals/", "/budgets/"]
)
def test_the_pages_speak_chinese(world, path):
    make_cell(world.own)

    page = browser(world.people[Role.BOARD], headers={"accept-language": "zh-hans"}).get(path).content.decode()

    assert '<html lang="zh-CN"' in page
    assert re.search("[一-鿿]", re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S))


def test_healthz_says_that_the_process_lives(client):
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_readyz_names_what_does_not_answer_and_visitors_come_all_the_same(client, monkeypatch):
    monkeypatch.setattr("config.views._redis", lambda: "unreachable")
    Heartbeat.objects.create(name="sweep", at=timezone.now())

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "database": "ok", "migrations": "ok", "redis": "unreachable", "worker": "ok", "figures": "ok",
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("needed", ["database", "migrations"])
def test_without_what_every_page_needs_no_visitors_are_sent(client, monkeypatch, needed):
    monkeypatch.setattr(f"config.views._{needed}", lambda: "unknown")

    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_readyz_sees_a_worker_for_a_minute(client):
    assert client.get("/readyz").json()["worker"] == "not seen"
    Heartbeat.objects.create(name="sweep", at=timezone.now())

    assert client.get("/readyz").json()["worker"] == "ok"


# ---- figures that fall behind --------------------------------------------------------------------------------------

LATE = datetime(2026, 3, 2, 9, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.django_db
def test_readyz_says_since_when_figures_are_behind_and_visitors_come_all_the_same(client):
    StaleMark.objects.create(source=StaleMark.Source.VALUES, marked_at=LATE)
    StaleMark.objects.create(source=StaleMark.Source.CASES)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["figures"]) == (200, "behind since 2026-03-02T09:05:00+0800")


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(minutes=1), None),
        (timedelta(minutes=5), "Figures are being computed since"),
        (timedelta(hours=2), "Figures are behind since"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/institutions/", "/indicators/MORT/", "/budgets/"])
def test_every_page_says_since_when_its_figures_are_late(world, path, age, said):
    make_cell(world.own, date(2026, 3, 1))
    StaleMark.objects.create(source=StaleMark.Source.VALUES, marked_at=timezone.now() - age)

    page = browser(world.people[Role.BOARD]).get(path).content.decode()

    assert ("Figures are" in page) == bool(said)
    assert (said or "") in page


# ---- nothing to show yet -------------------------------------------------------------------------------------------


def test_a_hospital_without_values_is_not_told_that_nothing_is_red(world):
    address = f"/institutions/{world.own.code}/?period=2026-03"
    board = browser(world.people[Role.BOARD])
    assert "Nothing is red or yellow." not in board.get(address).content.decode()

    make_value("ALOS", world.own, value=8, light="green", reason="")

    assert "Nothing is red or yellow." in board.get(address).content.decode()


@pytest.mark.parametrize(
    ("code", "reason"),
    [("DRG_CMI", "No grouped cases in this period."), ("REF_DONE", "This indicator is not broken down by DRG.")],
)
def test_an_empty_breakdown_says_why(world, code, reason):
    page = browser(world.people[Role.CONSORTIUM_MANAGER]).get(f"/indicators/{code}/?period=2026-03")

    assert reason in page.content.decode()


@pytest.mark.parametrize(
    ("period", "reason"), [("2026-03", "choose a year as the period"), ("2026", "No group has 30 published cases")]
)
def test_who_sees_no_cases_is_told_of_groups_by_year(world, period, reason):
    make_cell(world.own, drg="ES31")

    page = browser(world.people[Role.BOARD]).get(f"/indicators/MORT/?period={period}")

    assert reason in page.content.decode()
