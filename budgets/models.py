from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Exists, Func, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from evaluation.models import Institution, Membership
from evaluation.models.institution import own_institution
from evaluation.models.seen_months import in_months_of_members, in_seen_months


class Category(models.TextChoices):
    TREATMENT = "treatment", _("treatment")
    PREVENTION = "prevention", _("prevention")
    TRAINING = "training", _("training")
    PROJECT = "project", _("projects")


class BudgetQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A plan is of a whole year: of each in which the institution was a member in some month."""
        return self.filter(Exists(_members_in_year(user)) | Q(institution=own_institution(user)))

    def of_members(self, consortium, user):
        """What counts in the consortium, for all who look at its pages."""
        return self.filter(Exists(_members_in_year(user).filter(consortium=consortium)))


def _members_in_year(user):
    year = Func(
        OuterRef("year"),
        template="daterange(make_date(%(expressions)s, 1, 1), make_date(%(expressions)s + 1, 1, 1))",
        output_field=DateRangeField(),
    )
    return Membership.objects.seen_by(user).filter(institution=OuterRef("institution"), seen__overlap=year)


class ExpenditureQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(in_seen_months(user))

    def of_members(self, consortium, user):
        """What counts in the consortium, for all who look at its pages."""
        return self.filter(in_months_of_members(user, consortium))


class Budget(models.Model):
    """The approved amount of an institution for a year and category, in yuan."""

    year = models.PositiveSmallIntegerField(_("year"))
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="budgets", verbose_name=_("institution"))
    category = models.CharField(_("category"), max_length=10, choices=Category)
    planned_amount = models.DecimalField(_("planned amount"), max_digits=14, decimal_places=2)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ("-year", "institution", "category")
        constraints = (
            models.UniqueConstraint(fields=("year", "institution", "category"), name="budget_once"),
            models.CheckConstraint(condition=models.Q(planned_amount__gte=0), name="budget_not_negative"),
        )

    def __str__(self):
        return f"{self.institution} {self.year} {self.category}"


class Expenditure(models.Model):
    """What an institution spent in a month and category, in yuan."""

    month = models.DateField(_("month"))
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="expenditures", verbose_name=_("institution")
    )
    category = models.CharField(_("category"), max_length=10, choices=Category)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)

    objects = ExpenditureQuerySet.as_manager()

    class Meta:
        verbose_name = _("expenditure")
        verbose_name_plural = _("expenditures")
        ordering = ("-month", "institution", "category")
        constraints = (
            models.UniqueConstraint(fields=("month", "institution", "category"), name="expenditure_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="expenditure_not_negative"),
        )

    def __str__(self):
        return f"{self.institution} {self.month:%Y-%m} {self.category}"
