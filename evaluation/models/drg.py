from django.db import models
from django.utils.translation import gettext_lazy as _


class Benchmark(models.Model):
    """What a DRG weighs, costs and takes in a year, for a region and level or (blank) everywhere (标杆)."""

    year = models.PositiveSmallIntegerField(_("year"))
    drg = models.CharField(_("DRG"), max_length=4)
    region = models.CharField(_("region"), max_length=6, blank=True)
    level = models.CharField(_("level"), max_length=3, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    rw = models.DecimalField(_("relative weight"), max_digits=12, decimal_places=6)
    avg_cost = models.BigIntegerField(_("average cost, fen"))
    avg_los = models.DecimalField(_("average stay, days"), max_digits=8, decimal_places=4)
    cases = models.PositiveIntegerField(_("cases"), null=True, blank=True)
    deaths = models.PositiveIntegerField(_("deaths"), null=True, blank=True)
    readmissions = models.PositiveIntegerField(_("readmissions"), null=True, blank=True)

    class Meta:
        verbose_name = _("benchmark")
        verbose_name_plural = _("benchmarks")
        ordering = ("-year", "drg", "region", "level")
        constraints = (
            models.UniqueConstraint(fields=("year", "region", "level", "drg"), name="benchmark_once"),
            models.CheckConstraint(
                condition=models.Q(rw__gt=0, avg_cost__gt=0, avg_los__gt=0), name="benchmark_positive"
            ),
        )

    def __str__(self):
        return f"{self.drg} {self.year}"
