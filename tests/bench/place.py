"""Where the benchmarks run: embedded services of their own, and a database of their own in them."""

import os
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from config import embedded

DATABASE = "bench"
NO_SECRET = "of the benchmarks only, the same in every run so that kept data fit"


def enter(*, is_kept: bool) -> Path:
    """Start services in a folder beside the demo's and point the settings to them. Returns the folder for sheets.

    Must come before Django reads its settings. With `is_kept` the database of an earlier run stays as it is.
    """
    home = embedded.home() / "bench"
    os.environ["YILIAN_HOME"] = str(home)
    for name in ("DATABASE_URL", "REDIS_URL", "HTTPS", "ALLOWED_HOSTS"):
        os.environ.pop(name, None)
    services = embedded.ensure()
    _create_database(services.database_url, is_kept=is_kept)
    os.environ |= {
        "DATABASE_URL": services.database_url.rsplit("/", 1)[0] + f"/{DATABASE}",
        "REDIS_URL": services.redis_url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": NO_SECRET,
        "PATIENT_KEY": NO_SECRET,
    }
    sheets = home / "sheets"
    if not is_kept:
        shutil.rmtree(sheets, ignore_errors=True)  # of a run that was killed
    sheets.mkdir(exist_ok=True)
    return sheets


def leave(sheets: Path, *, is_kept: bool) -> None:
    """Remove what was measured on, unless it is kept for another run, and end the services."""
    if not is_kept:
        address = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/yilian"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(_drop())
        shutil.rmtree(sheets)
    embedded.stop()


def _create_database(address: str, *, is_kept: bool) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found and is_kept:
            return
        connection.execute(_drop())
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _drop() -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
