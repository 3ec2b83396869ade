from django.db import models
from django.db.models import Q

from evaluation.access.roles import Permission, allows
from evaluation.models.institution import Institution
from evaluation.models.seen_months import in_seen_months


class PublicationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Nobody: who knew the offset could narrow the rounded numbers down."""
        return self.none()


class Publication(models.Model):
    """How an institution's facts of a year (or those of a pair) are rounded for outsiders: chosen once, never changed, since
    the same numbers rounded in two ways would tell more than either. Read by nobody but the rounding."""

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    partner = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="+")
    year = models.PositiveSmallIntegerField()
    offset = models.PositiveSmallIntegerField()
    units = models.JSONField(default=dict)  # per amount, what a case amounts to

    objects = PublicationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("institution", "partner", "year"), name="publication_once", nulls_distinct=False
            ),
        )

    def __str__(self):
        return f"{self.institution_id} {self.year}"


class PublishedFactQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Months that the person sees of the institution, of pairs of both ends."""
        if not allows(user.role, Permission.SEE_VALUES):
            return self.none()
        return self.filter(Q(partner__isnull=True) | in_seen_months(user, institution="partner"), in_seen_months(user))


class PublishedFact(models.Model):
    """The published month of an institution, or of a pair: the one table that outsiders read sums of."""

    source = models.CharField(max_length=20)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+", db_index=False)
    partner = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="+")
    month = models.DateField()
    facts = models.JSONField()

    objects = PublishedFactQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source", "institution", "partner", "month"), name="published_fact_once", nulls_distinct=False
            ),
        )
        indexes = (models.Index(fields=("institution", "month"), name="published_fact_month"),)

    def __str__(self):
        return f"{self.source} {self.institution_id} {self.month:%Y-%m}"
