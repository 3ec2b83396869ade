from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import ROLE_NAMES, SCOPES, Role, Scope


class User(AbstractUser):
    """A person who signs in. The role says what they may do, institution or consortia how far they see."""

    role = models.CharField(_("role"), max_length=20, choices=[(role.value, ROLE_NAMES[role]) for role in Role])
    institution = models.ForeignKey(
        "evaluation.Institution",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("institution"),
    )
    consortia = models.ManyToManyField(
        "evaluation.Consortium", blank=True, related_name="people", verbose_name=_("consortia")
    )

    objects = UserManager()
    REQUIRED_FIELDS = ("email", "role")

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(role__in=[Role.STAFF, Role.INSTITUTION_MANAGER])
                | models.Q(institution__isnull=False),
                name="user_of_institution_has_one",
                violation_error_message=_("Staff and institution managers belong to an institution: choose it."),
            ),
        )

    @property
    def role_name(self) -> str:
        return str(ROLE_NAMES.get(Role(self.role), "")) if self.role in ROLE_NAMES else ""

    @property
    def scope(self) -> Scope | None:
        return SCOPES.get(Role(self.role)) if self.role in ROLE_NAMES else None

    @property
    def key(self) -> str:
        """What the audit trail calls the account: names change, and some are people's."""
        return f"user {self.pk}"

    @property
    def shown_name(self) -> str:
        return self.get_full_name() or self.username
