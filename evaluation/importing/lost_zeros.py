"""Codes that a spreadsheet took for numbers: 0301 became 301. They are recognised by comparison with what is known."""

from collections.abc import Iterable


def complete_codes(known: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Codes that begin with zeros, by (owner, code without them); of several that differ in their zeros the shortest."""
    codes = sorted((pair for pair in known if pair[1].startswith("0")), key=lambda pair: -len(pair[1]))
    return {(owner, code.lstrip("0")): code for owner, code in codes}
