from django.db import models

from evaluation.models.institution import Consortium, Institution


class IndicatorValueQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Values of visible institutions and consortia; small counts are hidden later, by pages/values.py."""
        return self.filter(
            models.Q(consortium__isnull=True, institution__in=Institution.objects.visible_to(user))
            | models.Q(consortium__in=Consortium.objects.visible_to(user))
        )


class IndicatorValue(models.Model):
    """A value of an institution, or of a consortium, or of one level of a consortium, for a period.

    `last_index_day` (days since 1970) is the latest discharge a readmission could follow; whether its 30 days are over
    is judged when the value is read. `reason` is a translatable sentence with `reason_values`. `rated_numerator` and
    `rated_denominator` make the number that the light judges, of indicators where it is not the value.
    """

    indicator = models.CharField(max_length=20)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="values", db_index=False)
    consortium = models.ForeignKey(Consortium, models.CASCADE, null=True, related_name="values", db_index=False)
    level = models.CharField(max_length=7, default="")
    period = models.CharField(max_length=10)
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    value = models.FloatField(null=True)
    cases = models.BigIntegerField(null=True)
    rated_numerator = models.FloatField(null=True)
    rated_denominator = models.FloatField(null=True)
    last_index_day = models.IntegerField(null=True)
    light = models.CharField(max_length=6)
    reason = models.CharField(max_length=200)
    reason_values = models.JSONField(default=dict)
    version = models.PositiveSmallIntegerField()
    computed_at = models.DateTimeField()

    objects = IndicatorValueQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("period", "institution", "consortium", "level", "indicator"),
                name="value_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(institution__isnull=True) ^ models.Q(consortium__isnull=True),
                name="value_of_one_scope",
            ),
        )
        indexes = (
            models.Index(fields=("institution", "indicator"), name="value_of_institution"),
            models.Index(fields=("consortium", "indicator"), name="value_of_consortium"),
        )

    def __str__(self):
        return f"{self.indicator} {self.period}"
