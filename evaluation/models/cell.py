from django.db import models

from evaluation.models.institution import Institution
from evaluation.models.seen_months import in_seen_months


class CaseCellQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(in_seen_months(user))


class CaseCell(models.Model):
    """What the current cases of an institution, month, department and DRG add up to; see indicators/facts.py.

    `drg` is empty for ungrouped cases. Written by services/cells.py only, a whole institution-month at a time.
    """

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+", db_index=False)
    month = models.DateField()
    department = models.CharField(max_length=40)
    drg = models.CharField(max_length=4)
    discharges = models.IntegerField()
    grouped = models.IntegerField()
    weighted = models.IntegerField()
    heavy = models.IntegerField()
    surgical = models.IntegerField()
    surgical_4 = models.IntegerField()
    elective = models.IntegerField()
    day_surgery = models.IntegerField()
    complication_known = models.IntegerField()
    complications = models.IntegerField()
    mdt_known = models.IntegerField()
    mdt = models.IntegerField()
    pathway_known = models.IntegerField()
    pathway = models.IntegerField()
    antibacterial_known = models.IntegerField()
    antibacterial = models.IntegerField()
    deaths = models.IntegerField()
    risk1_cases = models.IntegerField()
    risk1_deaths = models.IntegerField()
    risk2_cases = models.IntegerField()
    risk2_deaths = models.IntegerField()
    index_stays = models.IntegerField()
    readmitted = models.IntegerField()
    readmitted_same = models.IntegerField()
    benched = models.IntegerField()
    itemised = models.IntegerField()
    paid = models.IntegerField()
    acute_stays = models.IntegerField()
    weight = models.BigIntegerField()
    bed_days = models.BigIntegerField()
    acute_bed_days = models.BigIntegerField()
    cost = models.BigIntegerField()
    weighted_cost = models.BigIntegerField()
    itemised_cost = models.BigIntegerField()
    drug_cost = models.BigIntegerField()
    herbal_cost = models.BigIntegerField()
    material_cost = models.BigIntegerField()
    exam_cost = models.BigIntegerField()
    payment = models.BigIntegerField()
    paid_cost = models.BigIntegerField()
    cost_index = models.FloatField()
    time_index = models.FloatField()
    last_index_day = models.IntegerField()
    last_discharge_day = models.IntegerField()

    objects = CaseCellQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("institution", "month", "department", "drg"), name="cell_once"),)
        indexes = (models.Index(fields=("month",), name="cell_month"),)

    def __str__(self):
        return f"{self.institution_id} {self.month:%Y-%m} {self.drg}"
