from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiTokenQuerySet(models.QuerySet):
    def usable(self, at: datetime) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=at)


class ApiToken(models.Model):
    """What a program shows instead of a password. Only its hash is kept: nobody can read a token here and use it."""

    class Scope(models.TextChoices):
        READ = "read", _("read")
        DELIVER = "deliver", _("read and deliver")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=6)  # its first characters, by which its owner knows it again
    digest = models.CharField(max_length=64, unique=True)  # SHA-256; the token is random, so that a salt adds nothing
    scope = models.CharField(_("scope"), max_length=10, choices=Scope.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to the minute
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ("-pk",)

    def __str__(self):
        return f"{self.prefix}…"
