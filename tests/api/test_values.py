"""Indicator values by program: the contract of design §4."""

import json
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command

from evaluation.access.roles import Role
from tests.factories import api, make_cell, make_value

URL = "/api/v1/indicator-values/"
FIELDS = [
    "indicator", "institution", "consortium", "period", "numerator", "denominator", "value", "cases", "light", "reason",
    "version", "computed_at", "level", "small_sample", "published",
]  # fmt: skip


@pytest.fixture
def board(world):
    return api(world.people[Role.BOARD])


def results(client, **query) -> list[dict]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def refused(client, **query) -> dict:
    answer = client.get(URL, query)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    return answer.json()


def test_a_value_has_exactly_the_fields_of_the_contract(board, world):
    stored = make_value("MORT", world.own, numerator=20, denominator=400, cases=400, light="green")

    [value] = results(board, indicator="MORT", institution=world.own.code, period="2026-03")

    assert list(value) == FIELDS
    assert value == {
        "indicator": "MORT", "institution": world.own.code, "consortium": None, "period": "2026-03", "numerator": 20,
        "denominator": 400, "value": 0.05, "cases": 400, "light": "green", "reason": stored.reason, "version": 1,
        "computed_at": stored.computed_at.isoformat(), "level": None, "small_sample": False, "published": False,
    }  # fmt: skip


def test_a_missing_value_says_so_instead_of_being_left_out(board, world):
    [value] = results(board, indicator="MORT", institution=world.own.code, period="2026-03")

    assert (value["value"], value["light"], value["computed_at"]) == (None, "grey", None)
    assert value["reason"] == "No value: nothing was delivered for this period."


def test_fewer_than_30_cases_are_flagged(board, world):
    make_value("MORT", world.own, numerator=9, denominator=29, cases=29)

    assert results(board, indicator="MORT", institution=world.own.code, period="2026-03")[0]["small_sample"]


def test_several_codes_come_in_the_order_they_were_asked_for(board, world):
    answer = results(
        board,
        indicator="ALOS,MORT",
        institution=f"{world.own.code},{world.lead.code}",
        consortium="YUNLING",
        period="2026-03,2026",
    )

    places = [world.own.code, world.lead.code, None]
    asked = [(code, place, period) for code in ("ALOS", "MORT") for place in places for period in ("2026-03", "2026")]
    assert [(each["indicator"], each["institution"], each["period"]) for each in answer] == asked
    assert {each["consortium"] for each in answer} == {None, "YUNLING"}


@pytest.mark.parametrize("period", ["2026-03", "2026-Q1", "2026", "2026-03R12"])
def test_all_forms_of_a_period_are_understood(board, world, period):
    make_value("ALOS", world.consortium, period, value=7.5)

    [value] = results(board, indicator="ALOS", consortium="YUNLING", period=period)

    assert (value["period"], value["value"]) == (period, 7.5)


def test_a_level_of_a_consortium(board, world):
    make_value("ALOS", world.consortium, level="PRIMARY", value=5.5)

    [value] = results(board, indicator="ALOS", consortium="YUNLING", period="2026-03", level="PRIMARY")

    assert (value["level"], value["value"]) == ("PRIMARY", 5.5)


@pytest.mark.parametrize(
    ("first", "last", "periods"),
    [
        ("2025-12", "2026-02", ["2025-12", "2026-01", "2026-02"]),
        ("2025-Q3", "2026-Q1", ["2025-Q3", "2025-Q4", "2026-Q1"]),
        ("2024", "2025", ["2024", "2025"]),
        ("2026-02R12", "2026-03R12", ["2026-02R12", "2026-03R12"]),
    ],
)
def test_from_and_to_give_every_period_between(board, world, first, last, periods):
    answer = results(board, indicator="ALOS", consortium="YUNLING", **{"from": first, "to": last})

    assert [each["period"] for each in answer] == periods


@pytest.mark.parametrize(
    ("changes", "field", "named"),
    [
        ({"indicator": "NOPE"}, "indicator", "NOPE"),
        ({"indicator": "MORT,NOPE"}, "indicator", "NOPE"),
        ({"indicator": ""}, "indicator", "indicator"),
        ({"consortium": "NOPE"}, "consortium", "NOPE"),
        ({"institution": "NOPE"}, "institution", "NOPE"),
        ({"consortium": ""}, "institution", "institution"),
        ({"level": "L9"}, "level", "L9"),
        ({"period": "2026-13"}, "period", "2026-Q1"),
        ({"period": ""}, "period", "period"),
        ({"from": "yesterday", "to": "2026-03"}, "from", "2026-Q1"),
        ({"from": "2026-03", "to": "2026-Q1"}, "to", "same form"),
        ({"from": "2026-03", "to": "2026-01"}, "to", "before"),
        ({"from": "2016-01", "to": "2026-01"}, "to", "120 months"),
        ({"from": "2015", "to": "2026"}, "to", "120 months"),
        ({"from": "2016-02R12", "to": "2026-02R12"}, "to", "120 months"),
        ({"indicator": ",".join(f"X{number}" for number in range(501))}, "indicator", "500 codes"),
        ({"institution": ",".join(f"X{number}" for number in range(501))}, "institution", "500 codes"),
        ({"period": ",".join(f"X{number}" for number in range(501))}, "period", "500 codes"),
        (
            {
                "indicator": ",".join(f"X{number}" for number in range(500)),
                "institution": ",".join(f"X{number}" for number in range(201)),
            },
            "indicator",
            "100,000 values",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_by_the_name_of_its_field(board, world, changes, field, named):
    problem = refused(board, **{"indicator": "MORT", "consortium": "YUNLING", "period": "2026-03"} | changes)

    assert list(problem["errors"]) == [field]
    assert named in problem["detail"]


@pytest.mark.parametrize(
    ("first", "last"), [("2016-02", "2026-01"), ("2016", "2025"), ("2016-Q1", "2025-Q4"), ("2016-02R12", "2026-01R12")]
)
def test_ten_years_are_answered(board, world, first, last):
    assert results(board, indicator="ALOS", consortium="YUNLING", **{"from": first, "to": last})


def test_values_come_in_pages(board, world):
    query = {"indicator": "ALOS,MORT", "institution": world.own.code, "period": "2026-01,2026-02,2026-03"}
    whole = results(board, **query)
    pages, address = [], f"{URL}?{urlencode(query | {'page_size': 4})}"
    while address:
        answer = board.get(address).json()
        assert answer["count"] == 6
        pages.append(answer["results"])
        address = answer["next"]

    assert [len(page) for page in pages] == [4, 2]
    assert [value for page in pages for value in page] == whole
    assert answer["previous"]


def test_a_published_value_says_that_it_is_and_why_it_is_not_shown(world):
    make_value("MORT", world.neighbour, numerator=5, denominator=20, cases=20, value=None)

    [value] = results(
        api(world.people[Role.STAFF]), indicator="MORT", institution=world.neighbour.code, period="2026-03"
    )

    assert (value["value"], value["light"], value["published"]) == (None, "grey", True)
    assert "fewer than 30 published cases" in value["reason"]


def test_outsiders_are_told_of_distinct_counts_in_years_only(world):
    [value] = results(api(world.people[Role.REGULATOR]), indicator="DRG_N", consortium="YUNLING", period="2026-03")

    assert "complete calendar years only" in value["reason"]


def printed(capsys, *arguments: str) -> str:
    call_command("indicator_values", *arguments)
    return capsys.readouterr().out


def test_the_command_prints_the_records_of_the_api(board, world, capsys):
    make_cell(world.own)
    make_value("MORT", world.own, numerator=20, denominator=400)
    query = {"indicator": "MORT,ALOS", "institution": world.own.code, "period": "2026-03,2026"}

    text = printed(capsys, *(part for name, value in query.items() for part in (f"--{name}", value)))

    assert json.loads(text) == results(board, **query)


def test_the_command_prints_csv_with_the_same_fields(world, capsys):
    make_value("MORT", world.consortium, numerator=20, denominator=400)

    text = printed(capsys, "--indicator", "MORT", "--consortium", "YUNLING", "--period", "2026-03", "--format", "csv")

    headings, line = text.splitlines()
    assert headings.split(",") == FIELDS
    assert line.startswith("MORT,,YUNLING,2026-03,20.0,400.0,0.05,")


def test_the_command_refuses_what_it_does_not_know(db):
    with pytest.raises(CommandError, match="NOPE"):
        call_command("indicator_values", "--indicator", "NOPE", "--consortium", "X", "--period", "2026")
