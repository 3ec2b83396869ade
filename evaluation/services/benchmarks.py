"""Keeps the derived benchmark table in step with benchmarks, institutions and memberships."""

from collections.abc import Collection, Mapping

import pandas as pd
from django.db import transaction

from evaluation.drg.benchmarks import COMMON, local_benchmarks
from evaluation.models import Benchmark, InpatientCase, Institution, LocalBenchmark, Membership
from evaluation.services import staleness

BENCHMARK_COLUMNS = ("consortium", "year", "region", "level", "drg", "rw", "avg_cost", "avg_los", "cases", "deaths")


def consortia_joined_last() -> dict[int, int]:
    """Of each institution that ever joined one, the consortium whose benchmarks hold for it."""
    return dict(Membership.objects.joined_last().values_list("institution", "consortium"))


@transaction.atomic
def derive_local_benchmarks() -> None:
    """Derive the local benchmarks anew, for the places where institutions are."""
    rows = local_benchmarks(_benchmarks(), _places()).astype(object)
    rows = rows.where(rows.notna(), None).rename(columns={"consortium": "consortium_id"})
    LocalBenchmark.objects.all().delete()
    LocalBenchmark.objects.bulk_create(
        [
            LocalBenchmark(**row | {"consortium_id": row["consortium_id"] or None})
            for row in rows.to_dict("records")
        ],
        batch_size=5000,
    )  # fmt: skip


@transaction.atomic
def benchmarks_changed(years: Collection[int], consortia: Collection[int | None]) -> None:
    """Benchmarks of these years changed, of these consortia or the common ones (None): derive them anew, and mark the
    cases that they measure, of these years and the years after them (whose risk levels rest on them)."""
    derive_local_benchmarks()
    affected = {year + after for year in years for after in (0, 1)}
    cases = InpatientCase.objects.filter(is_current=True, month__year__in=affected)
    if None not in consortia:
        measured = [institution for institution, own in consortia_joined_last().items() if own in consortia]
        cases = cases.filter(institution__in=measured)
    staleness.mark_cases(cases.order_by().values_list("institution", "month").distinct())


@transaction.atomic
def joined_last_changed(before: Mapping[int, int]) -> None:
    """Memberships changed; `before` says who had joined what last. Who joined another one is measured by its benchmarks."""
    now = consortia_joined_last()
    moved = {
        institution for institution in before.keys() | now.keys() if before.get(institution) != now.get(institution)
    }
    if moved:
        derive_local_benchmarks()
        staleness.mark_institutions(sorted(moved))


def _benchmarks() -> pd.DataFrame:
    rows = pd.DataFrame(list(Benchmark.objects.values_list(*BENCHMARK_COLUMNS)), columns=list(BENCHMARK_COLUMNS))
    return rows.assign(consortium=rows["consortium"].astype("float64").fillna(COMMON).astype("int64"))


def _places() -> pd.DataFrame:
    last = consortia_joined_last()
    found = {
        (last.get(institution, COMMON), region, level)
        for institution, region, level in Institution.objects.order_by().values_list("pk", "region_code", "level")
    }
    return pd.DataFrame(sorted(found), columns=["consortium", "region", "level"]).astype({"consortium": "int64"})
