"""V4: departments that the institution does not have. A code that lost its leading zeros is recognised."""

from __future__ import annotations

import numpy as np
import pandas as pd
from django.utils.translation import gettext_noop as _

from evaluation.importing.findings import Findings
from evaluation.importing.known import Known
from evaluation.importing.lost_zeros import complete_codes

UNLISTED = _("%(cell)s is not listed for the institution. Accepted; have it entered under departments.")
SHORTENED = _(
    "%(cell)s is not listed for the institution. It is probably %(listed)s, which lost its leading zeros: "
    "format the column as text and write %(listed)s. Accepted as it is."
)


def check_departments(rows: pd.DataFrame, findings: Findings, known: Known) -> None:
    placed = rows["institution"].isin(list(known.institutions))
    for name in ("adm_dept", "dis_dept"):
        pairs = pd.MultiIndex.from_arrays([rows["institution"], rows[name]])
        listed = pairs.isin(list(known.departments)) if known.departments else np.zeros(len(rows), dtype=bool)
        unlisted = (rows[name] != "") & placed & ~listed
        meant = _meant(rows.loc[unlisted, ["institution", name]], known).reindex(rows.index)
        findings.warning("V4", name, unlisted & meant.notna(), SHORTENED, listed=meant)
        findings.warning("V4", name, unlisted & meant.isna(), UNLISTED)


def _meant(pairs: pd.DataFrame, known: Known) -> pd.Series:
    """The listed department that has leading zeros before the same sign, or None."""
    complete = complete_codes(known.departments) if len(pairs) else {}
    found = [complete.get((institution, code)) for institution, code in pairs.itertuples(index=False)]
    return pd.Series(found, pairs.index, dtype=object)
