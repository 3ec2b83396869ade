from django.db import models

from evaluation.models.institution import Consortium


class LocalBenchmark(models.Model):
    """The benchmark of a year as institutions of one consortium, region and level see it, and the risk level from the
    year before. `consortium` is the one they joined last, none for those that never joined any.

    Derived from Benchmark by evaluation/drg/benchmarks.py; without a benchmark of the year the first three are empty.
    """

    consortium = models.ForeignKey(Consortium, models.CASCADE, null=True, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField()
    region = models.CharField(max_length=6)
    level = models.CharField(max_length=3)
    drg = models.CharField(max_length=4)
    rw = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    avg_cost = models.BigIntegerField(null=True)
    avg_los = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    risk = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("year", "consortium", "region", "level", "drg"),
                name="local_benchmark_once",
                nulls_distinct=False,
            ),
        )

    def __str__(self):
        return f"{self.drg} {self.year} {self.region}/{self.level}"
