from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.models.case import InpatientCase
from evaluation.models.institution import Consortium, Institution


class StaleMark(models.Model):
    """A note, written in the transaction that changed data, that something has to be computed again.

    Marks are only added and, once worked off, deleted by who claimed them; a partition marked again while it is being
    recomputed simply has another mark (docs/decisions/0005). Empty institution, consortium or month means all. A mark of
    STAYS names one stay whose readmission may have changed through admissions elsewhere; FOLLOW_UP are the values that
    rest on readmissions only; PUBLISHED what outsiders read, computed after the exact values.

    A mark whose work failed for a reason of its own is set aside: `failure` says why, `retry_at` when it is tried again.
    """

    class Source(models.TextChoices):
        CASES = "cases", _("cells of cases")
        STAYS = "stays", _("readmissions of stays")
        FOLLOW_UP = "follow_up", _("readmission rates")
        VALUES = "values", _("indicator values")
        LIGHTS = "lights", _("lights")
        PUBLISHED = "published", _("published values")
        EXPENDITURES = "expenditures", _("budget execution")

    source = models.CharField(max_length=14, choices=Source)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="+", db_index=False)
    consortium = models.ForeignKey(Consortium, models.CASCADE, null=True, related_name="+", db_index=False)
    month = models.DateField(null=True)
    stay = models.ForeignKey(InpatientCase, models.CASCADE, null=True, related_name="+", db_index=False)
    marked_at = models.DateTimeField(default=timezone.now, db_default=models.functions.Now())
    failure = models.TextField(blank=True, default="", db_default="")
    retry_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("source", "institution", "month"), name="stale_partition"),
            models.Index(fields=("marked_at",), name="stale_since"),
        )

    def __str__(self):
        return f"{self.source} {self.institution_id or '*'} {self.month or '*'}"


class Heartbeat(models.Model):
    """When a worker last did the periodic sweep: proof that beat, broker, worker and database work together."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return f"{self.name} {self.at:%H:%M:%S}"


class DataState(models.Model):
    """One row that counts changes of what pages show, so that a page built once can be shown again while nothing changed,
    and says which months have facts and when the latest discharge was (days since 1970)."""

    version = models.BigIntegerField(default=0)
    first_month = models.DateField(null=True)
    last_month = models.DateField(null=True)
    data_end = models.IntegerField(null=True)

    def __str__(self):
        return str(self.version)
