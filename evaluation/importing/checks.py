"""Rules that hold for sheets of every dataset, and the frame in which the rules of one dataset run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.findings import Findings
from evaluation.importing.known import Known
from evaluation.importing.layouts import Kind, Layout
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
    """Keys seen so far in a sheet that comes in chunks, as 64-bit hashes with their row numbers (V3)."""

    def __init__(self) -> None:
        self.hashes = np.empty(0, dtype=np.uint64)
        self.rows = np.empty(0, dtype=np.int64)

    def first_rows(self, keys: pd.DataFrame) -> pd.Series:
        """For each row the sheet row that had the same key before, or NA; remembers the new keys."""
        hashes = pd.util.hash_pandas_object(keys, index=False).to_numpy()
        everything = np.concatenate([self.hashes, hashes])
        rows = np.concatenate([self.rows, keys.index.to_numpy(dtype=np.int64)])
        order = pd.Series(rows).groupby(everything, sort=False).transform("first").to_numpy()
        first = pd.Series(order[len(self.hashes) :], keys.index, dtype="Int64")
        earlier = first.mask(first == keys.index)
        fresh = earlier.isna().to_numpy()
        self.hashes = np.concatenate([self.hashes, hashes[fresh]])
        self.rows = np.concatenate([self.rows, keys.index.to_numpy(dtype=np.int64)[fresh]])
        return earlier


class SheetCheck:
    """Checks a sheet chunk by chunk."""

    def __init__(self, layout: Layout, rules: Rules, known: Known, headings: Mapping[str, str]) -> None:
        self.layout, self.rules, self.known, self.headings = layout, rules, known, headings
        self.keys = KeyMemory()
        self.hidden = frozenset(layout.names(Kind.PATIENT))

    def check(self, cells: pd.DataFrame) -> Checked:
        """Type and judge the rows of a chunk; the index is the sheet's own row number."""
        findings = Findings(cells, self.headings, self.hidden)
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
            _("The row is of %(cell)s, but the upload is for %(given)s. Take the row out or upload it separately."),
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
        _("Institution %(code)s is not known. Check the code, or ask the consortium office to enter it first."),
        code=codes,
    )  # fmt: skip
    findings.error(
        "V4", column, unknown & meant.notna(),
        _("Institution %(code)s is not known. It is probably %(meant)s, which lost its leading zeros: format the column as text."),
        code=codes, meant=meant,
    )  # fmt: skip
    if known.writable is not None:
        foreign = (codes != "") & ~unknown & ~codes.isin(list(known.writable))
        findings.error(
            "V4", column, foreign, _("You do not deliver data for institution %(code)s. Take the row out."), code=codes
        )
    return codes


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
