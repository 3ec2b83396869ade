"""The log says what happened and where, never what a request, a sheet or a row held."""

import logging

import pytest

from config.logs import Discreet

NEEDLE = "张三 13800138000"


def written(logger: str, level: int, message: str, *args: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(logger, level, __file__, 1, message, args, info)
    return Discreet().format(record)


def caught() -> ValueError:
    try:
        try:
            int(NEEDLE)
        except ValueError as error:
            raise ValueError(f"Key (record_no)=({NEEDLE}) already exists") from error
    except ValueError as error:
        return error


def test_an_exception_is_told_by_type_and_place_with_those_it_followed_from():
    line = written("django.request", logging.ERROR, "Internal Server Error: %s", "/cases/?q=张三", error=caught())

    assert "Internal Server Error: /cases/" in line
    assert line.count("\nValueError") == 2
    assert "test_logs.py" in line
    assert "in caught" in line
    assert "张三" not in line and "13800138000" not in line


@pytest.mark.parametrize(
    ("logger", "message", "args"),
    [
        ("gunicorn.error", "Error handling request %s", (f"/cases/?q={NEEDLE}",)),
        ("gunicorn.error", f"Invalid request from ip=10.0.0.1: Invalid HTTP request line: 'GET /?q={NEEDLE}'", ()),
        ("django.security.DisallowedHost", f"Invalid HTTP_HOST header: '{NEEDLE}'.\nYou may need to add {NEEDLE}", ()),
        ("celery.app.trace", "Task %(name)s[%(id)s] raised unexpected: %(exc)s", ({"name": "sweep", "id": "7", "exc": NEEDLE},)),
        ("django.db.backends", "%s", (NEEDLE,)),
    ],
)  # fmt: skip
def test_warnings_of_other_libraries_are_written_without_what_they_were_about(logger, message, args):
    line = written(logger, logging.WARNING, message, *args)

    assert logger in line
    assert "张三" not in line and "13800138000" not in line


def test_a_task_that_failed_is_named():
    values = {"name": "evaluation.tasks.sweep", "id": "7", "exc": NEEDLE}

    assert "Task evaluation.tasks.sweep[7] raised: …" in written(
        "celery.app.trace", logging.ERROR, "Task %(name)s[%(id)s] raised: %(exc)s", values
    )


def test_what_we_write_ourselves_and_what_servers_tell_of_themselves_stays_whole():
    assert "The broker does not answer (refused)" in written(
        "yilian", logging.WARNING, "The broker does not answer (%s)", "refused"
    )
    assert "Listening at: http://127.0.0.1:8000 (7)" in written(
        "gunicorn.error", logging.INFO, "Listening at: %s (%s)", "http://127.0.0.1:8000", 7
    )


def test_a_traceback_that_another_handler_wrote_on_the_record_is_not_repeated():
    error = caught()
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "x", (), (type(error), error, error.__traceback__))
    logging.Formatter().format(record)

    assert NEEDLE in record.exc_text
    assert NEEDLE not in Discreet().format(record)


def test_every_handler_of_the_site_is_discreet(settings):
    handlers = settings.LOGGING["handlers"].values()

    assert {handler["formatter"] for handler in handlers} == {"discreet"}
    assert settings.LOGGING["formatters"] == {"discreet": {"()": "config.logs.Discreet"}}
