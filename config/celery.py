import logging
import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("yilian")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_site_does(loglevel, **kwargs):
    """Celery's own handlers would write the arguments of tasks and the text of exceptions."""
    dictConfig(settings.LOGGING)
    logging.getLogger("celery").setLevel(loglevel)
