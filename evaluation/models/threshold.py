from django.db import models
from django.utils.translation import gettext_lazy as _


class Threshold(models.Model):
    """The limits of an indicator at one kind of institution. Rates are 0–1. Green inside the green limits, yellow up to
    and at the red ones, red beyond; an empty limit does not exist. Changing one marks the lights stale."""

    class For(models.TextChoices):
        TERTIARY = "L3", _("tertiary")
        SECONDARY = "L2", _("secondary")
        PRIMARY = "PRIMARY", _("primary")
        CONSORTIUM = "CONSORTIUM", _("consortium")

    indicator = models.CharField(_("indicator"), max_length=20)
    level = models.CharField(_("for"), max_length=10, choices=For)
    green_low = models.FloatField(_("green from"), null=True, blank=True)
    green_high = models.FloatField(_("green to"), null=True, blank=True)
    red_low = models.FloatField(_("red below"), null=True, blank=True)
    red_high = models.FloatField(_("red above"), null=True, blank=True)

    class Meta:
        verbose_name = _("threshold")
        verbose_name_plural = _("thresholds")
        ordering = ("indicator", "level")
        constraints = (
            models.UniqueConstraint(fields=("indicator", "level"), name="threshold_once"),
            models.CheckConstraint(
                condition=(
                    (
                        models.Q(green_low__isnull=True)
                        | models.Q(red_low__isnull=True)
                        | models.Q(green_low__gte=models.F("red_low"))
                    )
                    & (
                        models.Q(green_high__isnull=True)
                        | models.Q(red_high__isnull=True)
                        | models.Q(green_high__lte=models.F("red_high"))
                    )
                ),
                name="threshold_red_beyond_green",
                violation_error_message=_("The red limit lies inside the green range."),
            ),
        )

    def __str__(self):
        return f"{self.indicator} {self.level}"
