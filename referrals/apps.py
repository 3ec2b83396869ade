from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferralsConfig(AppConfig):
    name = "referrals"
    verbose_name = _("Referrals")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from evaluation.signals import upload_changed
        from referrals.services import link_upload

        upload_changed.connect(lambda upload, **kwargs: link_upload(upload), weak=False, dispatch_uid="link referrals")
