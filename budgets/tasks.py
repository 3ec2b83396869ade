"""Budget execution is recomputed by a task of its own: spending comes in at other times than cases."""

from celery import shared_task

from evaluation.models import StaleMark
from evaluation.services.recompute import recompute_source


@shared_task
def recompute_execution() -> None:
    recompute_source(StaleMark.Source.EXPENDITURES)
