from django.db import models
from django.utils.translation import gettext_lazy as _

from evaluation.models.institution import Consortium


class BenchmarkQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The own consortia's and the common ones."""
        return self.filter(
            models.Q(consortium__isnull=True) | models.Q(consortium__in=Consortium.objects.visible_to(user))
        )


class Benchmark(models.Model):
    """What a DRG weighs, costs and takes in a year, for a region and level or (blank) everywhere (标杆).

    It is a consortium's, or common (none). Who is measured by which says evaluation/drg/benchmarks.py.
    """

    consortium = models.ForeignKey(
        Consortium, models.PROTECT, null=True, blank=True, related_name="benchmarks", verbose_name=_("consortium")
    )

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

    objects = BenchmarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("benchmark")
        verbose_name_plural = _("benchmarks")
        ordering = ("-year", "drg", "region", "level")
        constraints = (
            models.UniqueConstraint(
                fields=("consortium", "year", "region", "level", "drg"), name="benchmark_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(rw__gt=0, avg_cost__gt=0, avg_los__gt=0), name="benchmark_positive"
            ),
        )

    def __str__(self):
        return f"{self.drg} {self.year}"
