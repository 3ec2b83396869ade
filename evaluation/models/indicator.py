from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from evaluation.access.roles import Scope
from evaluation.models.institution import Consortium, Institution, Membership, own_institution
from evaluation.models.seen_months import Covers, PeriodMonths, all_seen_months, last_day_of


class IndicatorValueQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Values of institutions for periods whose months are all seen, of consortia for periods whose last month is
        (`SeenMonths` says the same for pages). Small counts are hidden later, by pages/values.py."""
        if user.scope not in (Scope.CONSORTIUM, Scope.INSTITUTION):
            return self.none()
        of_consortium = Q(consortium__in=Consortium.objects.visible_to(user))
        if user.scope is Scope.INSTITUTION:
            own = Membership.objects.filter(
                institution=user.institution_id, consortium=OuterRef("consortium"),
                months__contains=last_day_of(OuterRef("period")),
            )  # fmt: skip
            of_consortium = Q(Exists(own))
        return self.filter(
            of_consortium
            | Q(institution=own_institution(user), consortium__isnull=True)
            | Q(Covers(all_seen_months(user), PeriodMonths(F("period"))), consortium__isnull=True)
        )


class IndicatorValue(models.Model):
    """A value of an institution, or of a consortium, or of one level of a consortium, for a period.

    `last_index_day` (days since 1970) is the latest discharge a readmission could follow; whether its 30 days are over
    is judged when the value is read. `reason` is a translatable sentence with `reason_values`.
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
