"""What goes to the log: who said it, what kind of thing happened and where in the program; never what was in a request, a
sheet or a row, which exceptions and other libraries repeat."""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from gunicorn.glogging import Logger

OWN = "yilian"  # our loggers; they say what we wrote
LEFT_OUT = "…"
SAY_THEIR_TEXT = ("ConfigurationError", "DemoFailed", "ServicesUnavailable")  # ours, about the installation
KEYS = ("id", "name")  # of a task
ACCESS = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(L)ss'  # the path without the query
Trace = tuple[type[BaseException], BaseException, Any] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Exceptions with type and places, without their text; of others' warnings and errors only numbers and paths."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        if record.levelno >= logging.WARNING and record.name.split(".")[0] != OWN:
            record.message = _discreet(record)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Without the traceback that another handler may have left on the record."""
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatException(self, ei: Trace) -> str:
        return "\n".join(_described(error) for error in _chain(ei[1]))


class WebLogger(Logger):
    """The log of the web process, which tells of requests that could not even be read."""

    def _set_handler(self, log: logging.Logger, output: str | None, fmt: logging.Formatter, stream: Any = None) -> None:
        super()._set_handler(log, output, Discreet() if log is self.error_log else fmt, stream)


def _discreet(record: logging.LogRecord) -> str:
    """The message with its numbers and paths. A message that comes ready made is cut where a value may begin."""
    text = str(record.msg)
    if not record.args:
        for error in _chain(record.exc_info[1] if record.exc_info else None):
            text = text.replace(str(error), LEFT_OUT) if str(error) else text
        return re.sub(r": .*", f": {LEFT_OUT}", text.split("\n")[0])
    try:
        if isinstance(record.args, Mapping):
            return text % {name: value if name in KEYS else _plain(value) for name, value in record.args.items()}
        return text % tuple(_plain(value) for value in record.args)
    except (TypeError, ValueError, KeyError):
        return text


def _plain(value: object) -> object:
    if isinstance(value, int | float):
        return value
    path = re.match(r"/[^?#\s]*", value) if isinstance(value, str) else None
    return path[0] if path else LEFT_OUT


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, and those it followed from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _described(error: BaseException) -> str:
    name = type(error).__name__
    text = f"{name}: {error}" if name in SAY_THEIR_TEXT else name
    return f"{text}\n{''.join(traceback.format_tb(error.__traceback__))}".rstrip()
