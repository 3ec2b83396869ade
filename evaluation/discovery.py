"""How referrals and budgets join the common machinery without being imported by name: modules of agreed names."""

from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule


@cache
def collected(module: str, name: str) -> tuple[Any, ...]:
    """The tuple `name` of every installed app's `module` put together, in the order of the apps."""
    found: list[Any] = []
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, module):
            found += getattr(import_module(f"{config.name}.{module}"), name, ())
    return tuple(found)
