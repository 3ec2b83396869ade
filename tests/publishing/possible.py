"""What an attacker can know: all monthly counts that fit the published ones, found by trying every possibility.

The published months of a count, with any offset, leave at most five running totals each; from month to month only a few
fit together. Walking forwards and backwards through them gives exactly the counts that some whole year allows.
"""

from collections.abc import Sequence
from itertools import pairwise, product

STEP = 5


def possible_counts(wholes: Sequence[int], parts: Sequence[int]) -> list[tuple[set[int], set[int]]]:
    """For each month of a year which counts of a whole and of a part of it are possible, all offsets being so.

    wholes, parts: the published months. A part is never larger than its whole in any month.
    """
    found: list[tuple[set[int], set[int]]] = [(set(), set()) for _month in wholes]
    for offset in range(STEP):
        for month, (whole, part) in enumerate(_with_offset(wholes, parts, offset)):
            found[month][0].update(whole)
            found[month][1].update(part)
    return found


def _with_offset(wholes: Sequence[int], parts: Sequence[int], offset: int) -> list[tuple[set[int], set[int]]]:
    layers = [[(0, 0)]]
    published = [0, 0]
    for whole, part in zip(wholes, parts, strict=True):
        published = [published[0] + whole, published[1] + part]
        totals = [[p - offset + more for more in range(STEP) if p - offset + more >= 0] for p in published]
        layers.append(list(product(*totals)))
    forwards = [set(layers[0])]
    for before, layer in pairwise(layers):
        reached = [state for state in before if state in forwards[-1]]
        forwards.append({new for new in layer if any(_follows(old, new) for old in reached)})
    backwards = [forwards[-1]]
    for layer in reversed(forwards[:-1]):
        backwards.append({old for old in layer if any(_follows(old, new) for new in backwards[-1])})
    alive = backwards[::-1]
    months = []
    for before, after in pairwise(alive):
        steps = [(new[0] - old[0], new[1] - old[1]) for old in before for new in after if _follows(old, new)]
        months.append(({whole for whole, _part in steps}, {part for _whole, part in steps}))
    return months


def _follows(old: tuple[int, int], new: tuple[int, int]) -> bool:
    whole, part = new[0] - old[0], new[1] - old[1]
    return 0 <= part <= whole
