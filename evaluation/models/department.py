from django.db import models
from django.utils.translation import gettext_lazy as _

from evaluation.models.institution import Institution


class DepartmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Master data: of the institutions that belong to the user's consortia today."""
        return self.filter(institution__in=Institution.objects.belonging_to(user))


class Department(models.Model):
    """A ward or unit of an institution (科室); the bed type says which bed class it owns."""

    class BedType(models.TextChoices):
        ACUTE = "acute", _("Acute")
        DAY_SURGERY = "day_surgery", _("Day surgery")
        REHAB = "rehab", _("Rehabilitation")

    institution = models.ForeignKey(
        Institution, models.CASCADE, related_name="departments", verbose_name=_("institution")
    )
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    bed_type = models.CharField(_("bed type"), max_length=12, choices=BedType, blank=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ("institution", "code")
        constraints = (models.UniqueConstraint(fields=("institution", "code"), name="department_code_once"),)

    def __str__(self):
        return self.name
