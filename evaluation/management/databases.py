"""What to tell an operator whose command met a database that is not ready."""

from django.db import DatabaseError
from psycopg import errors

NOT_MIGRATED = "The tables of the database are missing or not up to date: run `manage.py migrate`."
AWAY = "The database does not answer: see that it runs and that DATABASE_URL is right."
FAULT = "The database refused the command; see its log."


def is_not_migrated(error: DatabaseError) -> bool:
    return isinstance(error.__cause__, errors.UndefinedTable | errors.UndefinedColumn)


def sentence_about(error: DatabaseError) -> str:
    if is_not_migrated(error):
        return NOT_MIGRATED
    is_away = isinstance(error.__cause__, errors.OperationalError) and not getattr(error.__cause__, "sqlstate", None)
    return AWAY if is_away else FAULT
