"""Work on many things at once, so that one that fails is found and stands in nobody's way."""

import logging
import traceback
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

logger = logging.getLogger("yilian")
Thing = TypeVar("Thing", bound=Hashable)
# Connection lost, rolled back for the sake of others, shut down or cancelled: it is not the thing's fault.
PASSING = ("08", "40", "57")


def is_passing(error: Exception) -> bool:
    """Whether the same work may well succeed a little later."""
    if isinstance(error, InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None) or "08"
    return isinstance(error, OperationalError) and state.startswith(PASSING)


def each_apart(work: Callable[[Sequence[Thing]], object], things: Sequence[Thing]) -> dict[Thing, str]:
    """Do the work for all things at once; if that fails, for each half by itself. Returns what failed, and why.

    Within a transaction; of what failed nothing stays written.
    """
    if not things:
        return {}
    try:
        with transaction.atomic():
            work(things)
    except Exception as error:
        if is_passing(error):
            raise
        if len(things) == 1:
            return {things[0]: reason_of(error, things[0])}
        half = len(things) // 2
        return each_apart(work, things[:half]) | each_apart(work, things[half:])
    return {}


def reason_of(error: Exception, thing: object) -> str:
    """The kind of fault and its place, which go to the log too; its message does not, since it may repeat data."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "%s cannot be computed: %s\n%s", thing, type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )
    return f"{type(error).__name__}, {where.name} line {where.lineno}"
