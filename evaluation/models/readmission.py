from django.db import models

from evaluation.models.case import InpatientCase
from evaluation.models.institution import Institution


class ReadmissionQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(stay__in=InpatientCase.objects.visible_to(user))


class Readmission(models.Model):
    """An index stay that was followed by another admission within 30 days (READM30, READM_SAME).

    Derived from the current cases like the cells, and written by services/cells.py only. `institution` and `month` are
    those of the stay.
    """

    stay = models.OneToOneField(InpatientCase, models.CASCADE, primary_key=True, related_name="readmission")
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+", db_index=False)
    month = models.DateField()
    same = models.BooleanField()  # unplanned and with the same disease

    objects = ReadmissionQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("institution", "month"), name="readmission_partition"),)

    def __str__(self):
        return str(self.stay_id)
