from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import Permission, Scope, allows
from evaluation.models.institution import Institution
from evaluation.models.seen_months import seen_on_the_day
from evaluation.models.upload import Upload


class InpatientCaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Current rows: staff those of their institution, the office its members' discharges while they were members."""
        if not allows(user.role, Permission.SEE_CASES):
            return self.none()
        current = self.filter(is_current=True)
        if user.scope is Scope.INSTITUTION:
            return current.filter(institution=user.institution_id)
        return current.filter(seen_on_the_day(user, day="discharged_at__date"))


class InpatientCase(models.Model):
    """One version of one discharge (住院病例). Money is in fen; no raw patient identity.

    Of all versions of (institution, record, stay) at most one is current: the newest whose upload is submitted.
    """

    upload = models.ForeignKey(Upload, models.PROTECT, related_name="cases")
    row = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="cases", db_index=False)
    record_no = models.CharField(_("record number"), max_length=40)
    stay_no = models.PositiveIntegerField(_("stay"))
    patient_hash = models.BinaryField(max_length=32)
    sex = models.CharField(_("sex"), max_length=1)
    age = models.PositiveSmallIntegerField(_("age"))
    age_days = models.PositiveSmallIntegerField(null=True)
    birth_weight = models.PositiveIntegerField(null=True)
    resident_region = models.CharField(max_length=6)
    adm_route = models.CharField(max_length=1)
    pay_type = models.CharField(max_length=2)
    admitted_at = models.DateTimeField(_("admitted"))
    discharged_at = models.DateTimeField(_("discharged"))
    month = models.DateField(_("month"))  # of the discharge, local time
    los = models.PositiveIntegerField(_("days"))  # discharge date − admission date, the same day being 1
    adm_dept = models.CharField(max_length=40)
    dis_dept = models.CharField(_("department"), max_length=40)
    main_dx = models.CharField(_("main diagnosis"), max_length=40)
    other_dx = models.TextField()
    procedures = models.TextField(_("procedures"))
    surgery_level = models.PositiveSmallIntegerField(null=True)
    elective = models.BooleanField(null=True)
    day_surgery = models.BooleanField(null=True)
    disposition = models.CharField(_("disposition"), max_length=1)
    receiving_inst = models.CharField(max_length=100)
    readmit_plan = models.CharField(max_length=1)
    complication = models.BooleanField(null=True)
    mdt = models.BooleanField(null=True)
    pathway = models.BooleanField(null=True)
    antibacterial = models.BooleanField(null=True)
    total_cost = models.BigIntegerField(_("total cost"))
    self_pay = models.BigIntegerField(null=True)
    fund_pay = models.BigIntegerField(null=True)
    cost_bed = models.BigIntegerField(null=True)
    cost_consultation = models.BigIntegerField(null=True)
    cost_exam = models.BigIntegerField(null=True)
    cost_lab = models.BigIntegerField(null=True)
    cost_treatment = models.BigIntegerField(null=True)
    cost_surgery = models.BigIntegerField(null=True)
    cost_nursing = models.BigIntegerField(null=True)
    cost_material = models.BigIntegerField(null=True)
    cost_western_drug = models.BigIntegerField(null=True)
    cost_herbal = models.BigIntegerField(null=True)
    cost_patent_drug = models.BigIntegerField(null=True)
    cost_general = models.BigIntegerField(null=True)
    cost_registration = models.BigIntegerField(null=True)
    cost_other = models.BigIntegerField(null=True)
    drg_code = models.CharField(_("DRG"), max_length=4)
    rw = models.DecimalField(_("relative weight"), max_digits=12, decimal_places=6, null=True)
    drg_pay = models.BigIntegerField(null=True)
    came_by_referral = models.CharField(max_length=7, default="", db_default="")

    objects = InpatientCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("inpatient case")
        verbose_name_plural = _("inpatient cases")
        constraints = (
            models.UniqueConstraint(
                fields=("institution", "record_no", "stay_no"), condition=Q(is_current=True), name="case_current_once"
            ),
            models.CheckConstraint(
                condition=Q(discharged_at__gte=F("admitted_at")), name="case_discharged_after_admission"
            ),
            models.CheckConstraint(condition=Q(total_cost__gte=0), name="case_cost_not_negative"),
        )
        indexes = (
            models.Index(fields=("institution", "month"), condition=Q(is_current=True), name="case_partition"),
            models.Index(fields=("patient_hash", "admitted_at"), condition=Q(is_current=True), name="case_patient"),
            models.Index(
                fields=("institution", "record_no", "stay_no"), condition=Q(is_current=False), name="case_superseded"
            ),
        )

    def __str__(self):
        return f"{self.masked_record_no}/{self.stay_no}"

    @property
    def masked_record_no(self) -> str:
        return "****" + self.record_no[-4:] if len(self.record_no) > 4 else "****"
