"""Proof of life of the worker."""

from datetime import timedelta

from django.utils import timezone

from evaluation.models import Heartbeat

ALIVE = timedelta(seconds=60)


def beat(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def is_alive(name: str) -> bool:
    return Heartbeat.objects.filter(name=name, at__gte=timezone.now() - ALIVE).exists()
