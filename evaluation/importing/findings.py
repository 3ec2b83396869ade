"""Collects what is wrong with the rows of a chunk, column-wise; an object per row is made only when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.importing.layouts import Column
from evaluation.importing.problems import Problem, Severity
from evaluation.importing.quotes import quotable

QUOTES = ("cell", "code", "date", "earlier")  # values of a message that are, or are part of, the text of a cell


@dataclass(frozen=True)
class Finding:
    """The rows of one chunk that break one rule in one column; the row None stands for the sheet as a whole."""

    column: str
    severity: Severity
    rule: str
    message: str
    rows: np.ndarray
    values: Mapping[str, np.ndarray]

    def problems(self) -> Iterator[Problem]:
        for place, row in enumerate(self.rows):
            values = {name: _plain(column[place]) for name, column in self.values.items()}
            yield Problem(
                None if row is None else int(row), self.column, self.severity, self.rule, self.message, values
            )


class Findings:
    """`headings` gives the heading that the sheet has for a column; `cells` the text that stands in the sheet; `columns`
    what may stand there, and so may be repeated."""

    def __init__(self, cells: pd.DataFrame, headings: Mapping[str, str], columns: Mapping[str, Column]) -> None:
        self.cells = cells
        self.headings = headings
        self.columns = columns
        self.found: list[Finding] = []
        self._rejected = np.zeros(len(cells), dtype=bool)

    def error(self, rule: str, column: str, where: pd.Series | np.ndarray, message: str, **values: object) -> None:
        self._add(Severity.ERROR, rule, column, where, message, values)

    def warning(self, rule: str, column: str, where: pd.Series | np.ndarray, message: str, **values: object) -> None:
        self._add(Severity.WARNING, rule, column, where, message, values)

    @property
    def rejected(self) -> pd.Series:
        return pd.Series(self._rejected, self.cells.index)

    @property
    def flagged(self) -> pd.Series:
        """Rows with a warning that are not rejected."""
        flags = np.zeros(len(self.cells), dtype=bool)
        for finding in self.found:
            if finding.severity is Severity.WARNING:
                flags |= self.cells.index.isin(finding.rows)
        return pd.Series(flags & ~self._rejected, self.cells.index)

    def _add(
        self, severity: Severity, rule: str, column: str, where: pd.Series | np.ndarray, message: str, values: dict
    ) -> None:
        mask = where.fillna(False).to_numpy(dtype=bool) if isinstance(where, pd.Series) else where
        if not mask.any():
            return
        if severity is Severity.ERROR:
            self._rejected |= mask
        picked = {name: _pick(value, mask) for name, value in values.items()}
        if column in self.cells.columns:
            picked["cell"] = self.cells[column].to_numpy(dtype=object)[mask]
        for name in picked.keys() & set(QUOTES):
            picked[name] = self._quoted(column, picked[name])
        heading = self.headings.get(column, column)
        self.found.append(Finding(heading, severity, rule, message, self.cells.index.to_numpy()[mask], picked))

    def _quoted(self, column: str, texts: np.ndarray) -> np.ndarray:
        """The texts, with None for those that a message may not repeat. Each different text is looked at once."""
        of = self.columns[column]
        allowed = {text: str(text) if quotable(of.kind, str(text), of.choices) else None for text in set(texts)}
        return np.array([allowed[text] for text in texts], dtype=object)


def _pick(value: object, mask: np.ndarray) -> np.ndarray:
    if isinstance(value, pd.Series):
        return value.to_numpy(dtype=object)[mask]
    return np.full(int(mask.sum()), value, dtype=object)


def _plain(value: object) -> object:
    """What JSON can hold."""
    if isinstance(value, np.integer | int):
        return int(value)
    if isinstance(value, np.floating | float):  # a column of whole numbers with gaps holds floats
        return int(value) if float(value).is_integer() else float(value)
    return value if value is None else str(value)
