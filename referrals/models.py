from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import Permission, Scope, allows
from evaluation.models import Institution
from evaluation.models.seen_months import seen_on_the_day


class ReferralQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows of single patients: the staff of both ends, and the office of which either was a member on the day of the
        request; others none."""
        if not allows(user.role, Permission.SEE_CASES):
            return self.none()
        if user.scope is Scope.INSTITUTION:
            return self.filter(Q(sender=user.institution_id) | Q(receiver=user.institution_id))
        day = "requested_at__date"
        return self.filter(
            Q(seen_on_the_day(user, day=day, institution="sender"))
            | Q(seen_on_the_day(user, day=day, institution="receiver"))
        )


class Referral(models.Model):
    """A patient sent from one institution to another (转诊). The record arrives through the dataset `referrals`."""

    class Direction(models.TextChoices):
        UP = "up", _("up")
        DOWN = "down", _("down")
        LATERAL = "lateral", _("lateral")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        ARRIVED = "arrived", _("arrived")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    code = models.CharField(_("number"), max_length=60, unique=True)
    direction = models.CharField(_("direction"), max_length=7, choices=Direction)
    sender = models.ForeignKey(Institution, models.PROTECT, related_name="referrals_sent", verbose_name=_("sender"))
    receiver = models.ForeignKey(
        Institution, models.PROTECT, related_name="referrals_received", verbose_name=_("receiver")
    )
    patient_hash = models.BinaryField(max_length=32)
    main_dx = models.CharField(_("main diagnosis"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    green_channel = models.BooleanField(_("green channel"), null=True)
    needs_rehab = models.BooleanField(_("needs rehabilitation"), null=True)
    requested_at = models.DateTimeField(_("requested"))
    month = models.DateField()  # of the request, local time
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    arrived_at = models.DateTimeField(_("arrived"), null=True)
    completed_at = models.DateTimeField(_("completed"), null=True)
    status = models.CharField(_("status"), max_length=9, choices=Status)
    decline_reason = models.CharField(_("reason for declining"), max_length=200, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ("-requested_at",)
        constraints = (models.CheckConstraint(condition=~Q(sender=models.F("receiver")), name="referral_between_two"),)
        indexes = (
            models.Index(fields=("month", "sender", "receiver"), name="referral_flow"),
            models.Index(fields=("patient_hash",), name="referral_patient"),
        )

    def __str__(self):
        return self.code
