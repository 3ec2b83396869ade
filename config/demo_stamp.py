"""Whether the demo stands prepared as it was left: a look at a few files and tables instead of five starts of Django."""

import hashlib
import json
from pathlib import Path

import psycopg

from config import embedded
from config.env import Environment

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "*/migrations/*.py",
    "static/**/*",
    "config/settings.py",
    "config/static_files.py",
    "evaluation/management/commands/load_demo.py",
    "requirements.txt",
)
TABLES = """
    SELECT (SELECT json_agg(app || '.' || name ORDER BY app, name) FROM django_migrations),
           to_regclass('cache') IS NOT NULL,
           EXISTS (SELECT FROM evaluation_user WHERE username = 'admin')
"""


def logins_if_prepared(environment: Environment) -> str | None:
    """The log-ins to show, if tables, static files and demo are as `remember` found them."""
    try:
        remembered = json.loads(_path(environment).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return remembered["logins"] if remembered["state"] == _state(environment) else None


def remember(environment: Environment, logins: str) -> None:
    with embedded.private_file(_path(environment)) as file:
        json.dump({"state": _state(environment), "logins": logins}, file)


def forget(environment: Environment) -> None:
    _path(environment).unlink(missing_ok=True)


def _path(environment: Environment) -> Path:
    return environment.home / "prepared.json"


def _state(environment: Environment) -> list[str]:
    made = [environment.home / "static" / "staticfiles.json", environment.home / "demo-password"]
    sources = sorted(path for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file())
    files = [f"{path} {_file(path)}" for path in [*sources, *made]]
    return [hashlib.sha256(text.encode()).hexdigest() for text in ("\n".join(files), _tables(environment))]


def _file(path: Path) -> str:
    found = path.stat() if path.exists() else None
    return f"{found.st_size} {found.st_mtime_ns}" if found else "missing"


def _tables(environment: Environment) -> str:
    at = environment.database
    try:
        with psycopg.connect(
            host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
        ) as connection:
            return str(connection.execute(TABLES).fetchone())
    except psycopg.errors.UndefinedTable:
        return "none"
