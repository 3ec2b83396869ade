from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"
    verbose_name = _("Evaluation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """What apps add to the common machinery joins the way Django finds admin.py."""
        from evaluation.services import second_factor, sessions, sign_ins

        autodiscover_modules("datasets", "frames", "panels")
        for service in (sign_ins, sessions, second_factor):
            service.connect()
