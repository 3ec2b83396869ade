"""Nothing hidden can be worked out from what is shown."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.indicators.scopes import band
from evaluation.pages.suppression import Group, hide_small_counts, is_small
from evaluation.pages.values import ShownValue, indicator_by_code, no_value

MARCH = "2026-03"
MORT, STAY, SPENT = "MORT", "ALOS", "BUD_EXEC"


def of_member(pk: int, count: int, code: str = MORT, cases: int = 200) -> ShownValue:
    return counted(code, count, cases, institution_id=pk)


def of_consortium(count: int, code: str = MORT, level: str = "", consortium: int = 1, cases: int = 900) -> ShownValue:
    return counted(code, count, cases, consortium_id=consortium, level=level)


def counted(code: str, count: int, cases: int, **scope) -> ShownValue:
    empty = no_value(indicator_by_code(code), MARCH, **scope)
    fields = {name: getattr(empty, name) for name in ShownValue.__slots__}
    return ShownValue(
        **fields | {"numerator": count, "denominator": cases, "cases": cases, "value": count / (cases or 1)}
    )


def hidden(values: list[ShownValue], groups: dict[Group, set[int]], own: int | None = None) -> set[object]:
    """Institutions and (consortium, level) that are hidden when everything is shown on one page."""
    frozen = {group: frozenset(inside) for group, inside in groups.items()}
    answer = hide_small_counts(values, values, {MARCH: frozen}, own)
    return {each.institution_id or (each.consortium_id, each.level) for each in answer if each.is_hidden}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_count_from_1_to_4_is_hidden(count):
    assert hidden([of_member(1, count)], {}) == {1}


@pytest.mark.parametrize("count", [0, 5, 60])
def test_none_and_five_are_shown(count):
    assert hidden([of_member(1, count)], {}) == set()


def test_a_value_is_hidden_when_it_rests_on_1_to_4_cases():
    assert hidden([of_member(1, 27, STAY, cases=3)], {}) == {1}


def test_a_value_is_hidden_when_its_light_rests_on_1_to_4_cases():
    few, enough = (
        replace(of_member(pk, 900, STAY, cases=100), rated_denominator=acute) for pk, acute in ((1, 3), (2, 0))
    )

    assert hidden([few, enough], {}) == {1}


def test_the_numerator_of_what_is_no_count_of_people_hides_nothing():
    assert hidden([of_member(1, 3, STAY, cases=300), of_member(2, 3, SPENT, cases=0)], {}) == set()


def test_the_own_institution_sees_its_own_small_count():
    assert hidden([of_member(1, 2), of_member(2, 2)], {}, own=1) == {2}


def test_beside_a_single_hidden_count_the_smallest_other_one_is_hidden_too():
    values = [of_member(1, 3, cases=50), of_member(2, 40, cases=400), of_member(3, 20, cases=100), of_consortium(63)]

    assert hidden(values, {(1, ""): {1, 2, 3}}) == {1, 3}


def test_where_only_the_own_count_is_left_the_sum_is_hidden():
    values = [of_member(1, 3), of_member(2, 40), of_consortium(43)]

    assert hidden(values, {(1, ""): {1, 2}}, own=2) == {1, (1, "")}


def test_two_hidden_counts_whose_sum_is_small_need_a_third():
    values = [of_member(1, 1), of_member(2, 1), of_member(3, 30), of_consortium(32)]

    assert hidden(values, {(1, ""): {1, 2, 3}}) == {1, 2, 3}


def test_a_level_of_one_member_shows_no_more_than_the_member():
    values = [of_member(1, 3), of_member(2, 40), of_consortium(43), of_consortium(40, level="L2")]

    assert hidden(values, {(1, ""): {1, 2}, (1, "L2"): {2}}) == {1, 2, (1, "L2")}


def test_two_consortia_that_share_members_do_not_tell_by_their_difference():
    values = [of_member(1, 3), of_member(2, 3), of_member(3, 40), of_consortium(46), of_consortium(6, consortium=2)]

    found = hidden(values, {(1, ""): {1, 2, 3}, (2, ""): {1, 2}})

    assert {1, 2} <= found


def test_what_is_asked_for_alone_is_hidden_as_on_the_page_with_all():
    values = [of_member(1, 3, cases=50), of_member(2, 40, cases=400), of_member(3, 20, cases=100), of_consortium(63)]
    groups = {MARCH: {(1, ""): frozenset({1, 2, 3})}}

    each_alone = [hide_small_counts([value], values, groups)[0].is_hidden for value in values]

    assert each_alone == [True, False, True, False]


@dataclass(frozen=True)
class Published:
    """A table as an outsider finds it, and what stands in it."""

    values: list[ShownValue]
    groups: dict[Group, frozenset[int]]
    own: int | None


@st.composite
def tables(draw) -> Published:
    """Up to seven members of levels, in one or two consortia, with their sums over consortium and levels."""
    counts = draw(st.lists(st.integers(0, 9), min_size=1, max_size=7))
    levels = draw(st.lists(st.sampled_from(["L3", "L2", "THC", "CHC"]), min_size=len(counts), max_size=len(counts)))
    second = draw(st.sets(st.integers(1, len(counts))))
    values = [of_member(pk, count, cases=100 + 7 * pk) for pk, count in enumerate(counts, start=1)]
    groups: dict[Group, set[int]] = {}
    for pk, level in enumerate(levels, start=1):
        for consortium in (1, 2) if pk in second else (1,):
            for part in {"", level, band(level)}:
                groups.setdefault((consortium, part), set()).add(pk)
    for (consortium, level), inside in groups.items():
        deaths, cases = sum(counts[pk - 1] for pk in inside), sum(100 + 7 * pk for pk in inside)
        values.append(of_consortium(deaths, level=level, consortium=consortium, cases=cases))
    own = draw(st.none() | st.integers(1, len(counts)))
    return Published(values, {group: frozenset(inside) for group, inside in groups.items()}, own)


@given(tables())
def test_no_hidden_count_can_be_computed_from_what_is_shown_and_the_sums(table):
    shown = hide_small_counts(table.values, table.values, {MARCH: table.groups}, table.own)

    members = {each.institution_id: each for each in shown if each.institution_id}
    unknown = [pk for pk, each in members.items() if each.is_hidden]
    sums = [table.groups[each.consortium_id, each.level] for each in shown if each.consortium_id and not each.is_hidden]
    equations = np.array([[pk in inside for pk in unknown] for inside in sums], dtype=float).reshape(
        len(sums), len(unknown)
    )
    rank = np.linalg.matrix_rank(equations) if equations.size else 0
    for place, pk in enumerate(unknown):
        unit = np.zeros((1, len(unknown)))
        unit[0, place] = 1
        assert np.linalg.matrix_rank(np.vstack([equations, unit])) > rank, f"{members[pk]} can be worked out"


@given(tables())
def test_no_small_count_is_shown_nor_what_a_sum_leaves_for_the_hidden_together(table):
    shown = hide_small_counts(table.values, table.values, {MARCH: table.groups}, table.own)

    members = {each.institution_id: each for each in shown if each.institution_id}
    for each in shown:
        assert each.is_hidden or not is_small(each) or each.institution_id == table.own
        if each.consortium_id and not each.is_hidden:
            inside = table.groups[each.consortium_id, each.level]
            levels = [
                table.groups[other.consortium_id, other.level]
                for other in shown
                if other.consortium_id == each.consortium_id and other.level and not other.is_hidden
            ]
            rest = {pk for pk in inside if members[pk].is_hidden}
            rest -= {pk for level in levels if level < inside for pk in level}
            assert sum(members[pk].numerator for pk in rest) not in range(1, 5)


@given(tables())
def test_hiding_leaves_the_numbers_and_their_order_alone(table):
    shown = hide_small_counts(table.values, table.values, {MARCH: table.groups}, table.own)

    assert [(each.institution_id, each.numerator) for each in shown] == [
        (each.institution_id, each.numerator) for each in table.values
    ]


@given(tables())
def test_the_own_institution_is_never_hidden(table):
    shown = hide_small_counts(table.values, table.values, {MARCH: table.groups}, table.own)

    assert not any(each.is_hidden for each in shown if table.own and each.institution_id == table.own)
