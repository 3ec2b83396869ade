"""Which institutions are in which scope in which month."""

from itertools import pairwise

import pandas as pd
import pytest

from evaluation.indicators.scopes import NOWHERE, PRIMARY, Scope, band, scopes_of

INSTITUTIONS = pd.DataFrame({"institution": [1, 2, 3], "level": ["L3", "CHC", "VC"]})
NEVER = 9999


def members(*rows: tuple[int, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["consortium", "institution", "first", "last"]).astype("int64")


def contents(memberships: pd.DataFrame, months: list[int]) -> dict[Scope, set[tuple[int, int]]]:
    """(institution, month) by scope."""
    scopes, table = scopes_of(INSTITUTIONS, memberships, months)
    return {
        scope: set(zip(of["institution"], of["month"], strict=True))
        for place, scope in enumerate(scopes)
        for of in [table[table["scope"] == place]]
    }


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("L3", "L3"),
        ("L2", "L2"),
        ("L1", PRIMARY),
        ("CHC", PRIMARY),
        ("THC", PRIMARY),
        ("VC", PRIMARY),
        (PRIMARY, PRIMARY),
    ],
)
def test_primary_levels_share_a_band(level, expected):
    assert band(level) == expected


def test_every_institution_is_a_scope_in_every_month():
    found = contents(members(), [10, 11])

    assert found == {Scope(institution=n): {(n, 10), (n, 11)} for n in (1, 2, 3)}


def test_a_consortium_has_scopes_for_itself_for_its_levels_and_for_primary_care():
    found = contents(members((7, 1, 0, NEVER), (7, 2, 0, NEVER), (7, 3, 0, NEVER)), [10])

    assert found[Scope(consortium=7)] == {(1, 10), (2, 10), (3, 10)}
    assert found[Scope(consortium=7, level="L3")] == {(1, 10)}
    assert found[Scope(consortium=7, level="CHC")] == {(2, 10)}
    assert found[Scope(consortium=7, level=PRIMARY)] == {(2, 10), (3, 10)}


def test_a_member_counts_from_its_first_to_its_last_month_and_again_when_it_returns():
    found = contents(members((7, 2, 10, 11), (7, 2, 13, NEVER)), [9, 10, 11, 12, 13])

    assert found[Scope(consortium=7)] == {(2, 10), (2, 11), (2, 13)}


def test_who_leaves_and_returns_within_a_month_counts_once():
    _scopes, table = scopes_of(INSTITUTIONS, members((7, 2, 10, 11), (7, 2, 11, 12)), [11])

    assert not table.duplicated(["scope", "institution", "month"]).any()


def test_a_level_lies_within_its_own_consortium():
    scopes, table = scopes_of(INSTITUTIONS, members((7, 2, 0, NEVER), (8, 1, 0, NEVER), (8, 2, 0, NEVER)), [10])

    for place, scope in enumerate(scopes):
        around = set(table.loc[table["scope"] == place, "surrounding"])
        expected = NOWHERE if scope.institution else scopes.index(Scope(consortium=scope.consortium))
        assert around == {expected}


def test_a_scope_comes_before_those_within_it():
    scopes, _table = scopes_of(INSTITUTIONS, members((7, 1, 0, NEVER), (8, 2, 0, NEVER)), [10])

    of_consortia = [(scope.consortium, scope.level) for scope in scopes if scope.consortium]
    assert all(a < b for a, b in pairwise(of_consortia))


def test_without_institutions_or_months_there_is_nothing():
    empty = INSTITUTIONS.iloc[:0]

    assert scopes_of(empty, members(), [10])[0] == []
    assert scopes_of(INSTITUTIONS, members((7, 1, 0, NEVER)), [])[1].empty
