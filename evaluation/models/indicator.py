from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from evaluation.access.roles import Permission, Scope, allows
from evaluation.models.institution import Consortium, Institution, Membership, own_institution
from evaluation.models.seen_months import Covers, PeriodMonths, all_seen_months, last_day_of


def _of_one_scope(name: str) -> list[models.BaseConstraint]:
    return [
        models.UniqueConstraint(
            fields=("period", "institution", "consortium", "level", "indicator"),
            name=f"{name}_once",
            nulls_distinct=False,
        ),
        models.CheckConstraint(
            condition=Q(institution__isnull=True) ^ Q(consortium__isnull=True), name=f"{name}_of_one_scope"
        ),
    ]


class ValueQuerySet(models.QuerySet):
    def of_seen_months(self, user):
        """Values of institutions for periods whose months are all seen, of consortia for periods whose last month is
        (`SeenMonths` says the same for pages)."""
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


class IndicatorValueQuerySet(ValueQuerySet):
    def visible_to(self, user):
        """Office and board see the exact values of their members and consortia, an institution's people their own line's."""
        if allows(user.role, Permission.SEE_EXACT_VALUES):
            return self.of_seen_months(user)
        own = own_institution(user)
        return self.filter(institution=own) if own else self.none()


class PublishedValueQuerySet(ValueQuerySet):
    def visible_to(self, user):
        """What outsiders see of others than their own institution."""
        return self.of_seen_months(user).exclude(institution=own_institution(user) or 0)


class Value(models.Model):
    """A value of an institution, or of a consortium, or of one level of a consortium, for a period.

    `last_index_day` (days since 1970) is the latest discharge a readmission could follow; whether its 30 days are over
    is judged when the value is read. `reason` is a translatable sentence with `reason_values`. `rated_numerator` and
    `rated_denominator` make the number that the light judges, of indicators where it is not the value.
    """

    indicator = models.CharField(max_length=20)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="+", db_index=False)
    consortium = models.ForeignKey(Consortium, models.CASCADE, null=True, related_name="+", db_index=False)
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

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.indicator} {self.period}"


class IndicatorValue(Value):
    """The exact value."""

    objects = IndicatorValueQuerySet.as_manager()

    class Meta:
        constraints = _of_one_scope("value")
        indexes = (
            models.Index(fields=("institution", "indicator"), name="value_of_institution"),
            models.Index(fields=("consortium", "indicator"), name="value_of_consortium"),
        )


class PublishedValue(Value):
    """The value as outsiders read it: computed of published months alone (indicators/publishing.py)."""

    objects = PublishedValueQuerySet.as_manager()

    class Meta:
        constraints = _of_one_scope("published")
        indexes = (
            models.Index(fields=("institution", "indicator"), name="published_of_institution"),
            models.Index(fields=("consortium", "indicator"), name="published_of_consortium"),
        )
