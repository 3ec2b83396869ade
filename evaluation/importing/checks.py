"""Rules that hold for sheets of every dataset, and the frame in which the rules of one dataset run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.findings import Findings
from evaluation.importing.known import Known
from evaluation.importing.layouts import Layout
from evaluation.importing.lost_zeros import complete_codes
from evaluation.importing.parsing import parse

Rules = Callable[[pd.DataFrame, Findings, Known], None]


@dataclass(frozen=True)
class Checked:
    """Typed rows of a chunk (refused ones included) and what was found in them."""

    rows: pd.DataFrame
    findings: Findings

    @property
    def accepted(self) -> pd.DataFrame:
        return self.rows[~self.findings.rejected]


class KeyMemory:
    """Keys seen so far in a sheet that comes in chunks, as 64-bit hashes with their row numbers (V3).

    They lie in a few sorted runs, each at least twice as long as the next, so that a chunk costs the logarithm of what was
    seen before and not all of it.
    """

    def __init__(self) -> None:
        self.runs: list[tuple[np.ndarray, np.ndarray]] = []  # hashes, sorted, and their rows

    def first_rows(self, keys: pd.DataFrame) -> pd.Series:
        """For each row the sheet row that had the same key before, or NA; remembers the new keys."""
        rows = keys.index.to_numpy(dtype=np.int64)
        hashes = pd.util.hash_pandas_object(keys, index=False).to_numpy()
        order = np.argsort(hashes, kind="stable")
        hashes, sheet_rows = hashes[order], rows[order]
        is_new = np.ones(len(hashes), dtype=bool)
        is_new[1:] = hashes[1:] != hashes[:-1]
        first = sheet_rows[np.maximum.accumulate(np.where(is_new, np.arange(len(hashes)), 0))]
        for seen, their_rows in self.runs:
            places = np.minimum(np.searchsorted(seen, hashes), len(seen) - 1)
            found = seen[places] == hashes
            first[found] = their_rows[places[found]]
        fresh = first == sheet_rows
        self._remember(hashes[fresh], sheet_rows[fresh])
        found = pd.Series(first, sheet_rows, dtype="Int64").mask(fresh)
        return found.reindex(keys.index)

    def _remember(self, hashes: np.ndarray, rows: np.ndarray) -> None:
        if not len(hashes):
            return
        self.runs.append((hashes, rows))
        while len(self.runs) > 1 and len(self.runs[-2][0]) < 2 * len(self.runs[-1][0]):
            pair = self.runs[-2:]
            hashes, rows = (np.concatenate([run[part] for run in pair]) for part in (0, 1))
            order = np.argsort(hashes, kind="stable")
            self.runs[-2:] = [(hashes[order], rows[order])]


class SheetCheck:
    """Checks a sheet chunk by chunk."""

    def __init__(self, layout: Layout, rules: Rules, known: Known, headings: Mapping[str, str]) -> None:
        self.layout, self.rules, self.known, self.headings = layout, rules, known, headings
        self.keys = KeyMemory()

    def check(self, cells: pd.DataFrame) -> Checked:
        """Type and judge the rows of a chunk; the index is the sheet's own row number."""
        findings = Findings(cells, self.headings, self.layout.by_name)
        rows = parse(cells, self.layout, findings)
        if "institution" in self.layout.by_name:
            rows["institution"] = check_institution(rows["institution"], findings, self.known)
        self.rules(rows, findings, self.known)
        self._check_repeats(rows, findings)
        return Checked(rows, findings)

    def _check_repeats(self, rows: pd.DataFrame, findings: Findings) -> None:
        """V3: the key of a row stands in an earlier row of the sheet. Rows refused anyway do not count as the first."""
        sound = ~findings.rejected
        keys = rows.loc[sound, list(self.layout.key)]
        earlier = self.keys.first_rows(keys).reindex(rows.index)
        findings.error(
            "V3", next(name for name in self.layout.key if name != "institution"), earlier.notna(),
            _("Same record as row %(first)s. Keep one of them."), first=earlier,
        )  # fmt: skip


def check_institution(codes: pd.Series, findings: Findings, known: Known, column: str = "institution") -> pd.Series:
    """V4: the institution exists, is the one the upload is for and one the sender answers for. Returns filled codes."""
    if known.given_institution:
        other = (codes != "") & (codes != known.given_institution)
        findings.error(
            "V4", column, other,
            _("%(cell)s is not the institution of the upload, %(given)s. Take the row out or upload it separately."),
            given=known.given_institution,
        )  # fmt: skip
        codes = codes.mask(codes == "", known.given_institution)
    findings.error(
        "V4", column, codes == "", _("No institution. Fill in its code, or choose the institution with the upload.")
    )
    unknown = (codes != "") & ~codes.isin(list(known.institutions))
    complete = {
        code: full for (_owner, code), full in complete_codes(("", each) for each in known.institutions).items()
    }
    meant = codes.where(unknown).map(complete)
    findings.error(
        "V4", column, unknown & meant.isna(),
        _("%(code)s is not known. Check the code, or ask the consortium office to enter the institution first."),
        code=codes,
    )  # fmt: skip
    findings.error(
        "V4", column, unknown & meant.notna(),
        _("%(code)s is not known. It is probably %(meant)s, which lost its leading zeros: format the column as text."),
        code=codes, meant=meant,
    )  # fmt: skip
    if known.writable is not None:
        foreign = (codes != "") & ~unknown & ~codes.isin(list(known.writable))
        findings.error(
            "V4",
            column,
            foreign,
            _("%(code)s is not an institution you deliver data for. Take the row out."),
            code=codes,
        )
    return codes


def check_member_years(codes: pd.Series, years: pd.Series, findings: Findings, known: Known) -> None:
    """V4: the office delivers what is of a year for institutions that were its member in some month of it."""
    foreign = [
        pd.notna(year) and code in known.institutions and not known.is_member_in_year(code, int(year))
        for code, year in zip(codes, years, strict=True)
    ]
    findings.error(
        "V4", "year", pd.Series(foreign, codes.index, dtype=bool),
        _("Institution %(code)s was not a member of your consortium in %(cell)s. Take the row out."), code=codes,
    )  # fmt: skip


def check_month(month: pd.Series, column: str, findings: Findings, known: Known) -> None:
    """A month given with the upload refuses rows of another."""
    if known.given_month is None:
        return
    other = month.notna() & (month != pd.Timestamp(known.given_month))
    findings.error(
        "V1", column, other,
        _("Another month than the upload's, %(given)s. Take the row out or upload it for its month."),
        given=f"{known.given_month:%Y-%m}",
    )  # fmt: skip
