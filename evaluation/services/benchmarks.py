"""Keeps the derived benchmark table in step with benchmarks and institutions."""

import pandas as pd
from django.db import transaction

from evaluation.drg.benchmarks import local_benchmarks
from evaluation.models import Benchmark, InpatientCase, Institution, LocalBenchmark
from evaluation.services import staleness

BENCHMARK_COLUMNS = ("year", "region", "level", "drg", "rw", "avg_cost", "avg_los", "cases", "deaths")


@transaction.atomic
def derive_local_benchmarks(*, years: set[int]) -> None:
    """Derive the local benchmarks anew; mark the cases of the years whose benchmark changed and of the years after them
    (whose risk levels rest on it)."""
    benchmarks = pd.DataFrame(list(Benchmark.objects.values_list(*BENCHMARK_COLUMNS)), columns=list(BENCHMARK_COLUMNS))
    places = pd.DataFrame(
        list(Institution.objects.order_by().values_list("region_code", "level").distinct()), columns=["region", "level"]
    )
    rows = local_benchmarks(benchmarks, places).astype(object)
    rows = rows.where(rows.notna(), None)
    LocalBenchmark.objects.all().delete()
    LocalBenchmark.objects.bulk_create([LocalBenchmark(**row) for row in rows.to_dict("records")], batch_size=5000)
    affected = {year + after for year in years for after in (0, 1)}
    partitions = InpatientCase.objects.filter(is_current=True, month__year__in=affected)
    staleness.mark_cases(partitions.values_list("institution", "month").distinct())
