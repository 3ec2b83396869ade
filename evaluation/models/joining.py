from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import Permission, Scope, allows
from evaluation.models.institution import Consortium, Institution, Membership


class JoiningQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Who asks and who answers: the office of the consortium, the manager of the institution, the administrator."""
        if allows(user.role, Permission.SUBMIT_MASTER_DATA):
            return self.filter(consortium__in=Consortium.objects.visible_to(user))
        if allows(user.role, Permission.CONFIRM_MEMBERSHIP):
            return self if user.scope is Scope.ALL else self.filter(institution=user.institution_id)
        return self.none()

    def waiting(self):
        return self.filter(status=Joining.Status.WAITING)


class Joining(models.Model):
    """A consortium's wish that an institution joins it, or joins again: a membership only once the institution consents.

    Until then it counts nowhere. Ending a membership needs no consent, and none of what the administrator delivers.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for consent")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")

    consortium = models.ForeignKey(Consortium, models.CASCADE, related_name="joinings", verbose_name=_("consortium"))
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="joinings", verbose_name=_("institution"))
    role = models.CharField(_("role"), max_length=14, choices=Membership.Role)
    joined_on = models.DateField(_("joined on"))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    agreement_no = models.CharField(_("agreement number"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)

    objects = JoiningQuerySet.as_manager()

    class Meta:
        verbose_name = _("joining")
        verbose_name_plural = _("joinings")
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("consortium", "institution", "joined_on"),
                condition=Q(status="waiting"),
                name="joining_waits_once",
            ),
        )

    def __str__(self):
        return f"{self.consortium} · {self.institution}"
