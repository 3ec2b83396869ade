from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import Permission, Scope, allows
from evaluation.models.institution import Consortium, Institution


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see their institution's uploads; the consortium office its members' and its own; others none."""
        if user.scope is Scope.INSTITUTION:
            return self.filter(institution=user.institution_id)
        if allows(user.role, Permission.SUBMIT_MASTER_DATA):
            return self.filter(Q(institution__in=Institution.objects.visible_to(user)) | Q(by=user))
        return self.none()


class Upload(models.Model):
    """One delivered sheet and how far it has come.

    received → checked → storing → submitted; then perhaps undone. Or refused (unreadable), or withdrawn before submission.
    """

    class Status(models.TextChoices):
        RECEIVED = "received", _("being checked")
        CHECKED = "checked", _("checked, not submitted")
        STORING = "storing", _("being stored")
        SUBMITTED = "submitted", _("submitted")
        WITHDRAWN = "withdrawn", _("withdrawn")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")

    class Mode(models.TextChoices):
        MERGE = "merge", _("Add to the month: new rows are added, re-sent ones replaced")
        REPLACE = "replace", _("Replace the month: rows that are not in this sheet are taken out")

    dataset = models.CharField(_("dataset"), max_length=30)
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="uploads", verbose_name=_("institution")
    )
    consortium = models.ForeignKey(
        Consortium, models.PROTECT, null=True, blank=True, related_name="uploads", verbose_name=_("consortium")
    )
    month = models.DateField(_("month"), null=True, blank=True)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, default=Mode.MERGE)
    filename = models.CharField(_("file"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("received at"), auto_now_add=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECEIVED, db_index=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    failure = models.TextField(_("failure"), blank=True)
    language = models.CharField(max_length=10, default="en")  # of who delivered it: what the worker says is said in it

    headings = models.JSONField(default=dict)  # canonical name → the heading as the user wrote it
    ignored = models.JSONField(default=list)  # headings the layout does not know
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_checked = models.PositiveIntegerField(default=0)
    rows_flagged = models.PositiveIntegerField(_("accepted, to check"), default=0)
    rows_rejected = models.PositiveIntegerField(_("refused"), default=0)
    rows_stored = models.PositiveIntegerField(default=0)
    problem_groups = models.JSONField(default=list)  # by rule and column: count, first example
    months = ArrayField(models.DateField(), default=list)  # touched by the submission, with what it superseded

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ("-pk",)

    def __str__(self):
        return f"{self.dataset} {self.filename}"

    @property
    def rows_accepted(self) -> int:
        """Rows that are or would be stored, the flagged ones included."""
        return self.rows_checked - self.rows_rejected


class StagedChunk(models.Model):
    """Rows of an upload as they were delivered, patient identity already hashed, kept until the upload ends.

    `content` is an Arrow stream of text columns and the sheet's own row number; see services/uploads/staging.py.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="chunks")
    first_row = models.PositiveIntegerField()
    content = models.BinaryField()
    rejected = ArrayField(models.IntegerField(), default=list)
    typed = models.BinaryField(null=True)  # the accepted rows as the check typed them (cases only)

    class Meta:
        ordering = ("upload", "first_row")
        constraints = (models.UniqueConstraint(fields=("upload", "first_row"), name="chunk_once"),)

    def __str__(self):
        return f"{self.upload_id} from row {self.first_row}"


class UploadProblem(models.Model):
    """One problem of one cell, up to a bound per upload; the groups on the upload count them all."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField(null=True)
    column = models.CharField(max_length=200)
    severity = models.CharField(max_length=7)
    rule = models.CharField(max_length=4)
    message = models.TextField()
    values = models.JSONField(default=dict)

    class Meta:
        ordering = ("row", "pk")
        indexes = (models.Index(fields=("upload", "severity", "row"), name="problem_of_upload"),)

    def __str__(self):
        return f"{self.upload_id} row {self.row}: {self.rule}"


class UploadMonth(models.Model):
    """What a submitted upload read and accepted for an institution's month; the source of DATA_ACC."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="month_counts")
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    month = models.DateField()
    rows_read = models.PositiveIntegerField()
    rows_accepted = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("upload", "institution", "month"), name="upload_month_once"),)

    def __str__(self):
        return f"{self.upload_id} {self.institution_id} {self.month:%Y-%m}"


class RecordVersion(models.Model):
    """One version of a record of any dataset but cases: the row an upload delivered, under the record's key.

    The record in its own table is the newest version whose upload is submitted; without one it is gone.
    """

    upload = models.ForeignKey(Upload, models.PROTECT, related_name="records")
    dataset = models.CharField(max_length=30)
    key = models.CharField(max_length=300)
    row = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        indexes = (models.Index(fields=("dataset", "key", "-id"), name="record_versions"),)

    def __str__(self):
        return f"{self.dataset} {self.key}"
