"""The settings that differ between installations, read from the environment; a missing one fails with the remedy."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environ import Env

from config import embedded

VARIABLES = {
    "DATABASE_URL": "PostgreSQL 15 or newer: postgresql://USER:PASSWORD@HOST:5432/NAME; with REDIS_URL, or neither",
    "REDIS_URL": "Redis 6 or newer: redis://HOST:6379/0; with DATABASE_URL, or neither",
    "SECRET_KEY": "signs sessions and links; at least 50 random characters",
    "PATIENT_KEY": "turns patient identifiers into pseudonyms; at least 32 random characters; keep a copy, safe",
    "ALLOWED_HOSTS": "host names of the site, separated by commas (default 127.0.0.1,localhost)",
    "CSRF_TRUSTED_ORIGINS": "addresses people open, with scheme, separated by commas (needed behind a proxy)",
    "HTTPS": "1 when people reach the site by https: secure cookies, redirect, HSTS (default 0)",
    "KEEP_STAGED_DAYS": "days after which sheets that were not submitted are deleted, and problems of all (default 30)",
    "TRUSTED_PROXIES": "number of proxies in front of the site, whose X-Forwarded-For is believed (default 0)",
    "EMAIL_URL": "mail server: smtp+tls://USER:PASSWORD@HOST:587 (default: no mails, and no new password by mail)",
    "EMAIL_FROM": "sender of the site's mails (default yilian@localhost)",
    "SECOND_FACTOR": "1: office, board and administrators sign in with a second factor (default 1)",
    "DEBUG": "1 shows Django's error pages; never in production (default 0)",
    "YILIAN_HOME": "folder of the embedded services and their secrets (default .yilian)",
}
SHORTEST_SECRET = {"SECRET_KEY": 50, "PATIENT_KEY": 32}
NO_MAIL = "dummymail://"
MOST = 100_000
GENERATE = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


class ConfigurationError(Exception):
    """An environment variable is missing or wrong; the message says what to set."""


@dataclass(frozen=True)
class Environment:
    secret_key: str
    patient_key: bytes
    debug: bool
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database: dict[str, Any]
    redis_url: str
    email: dict[str, Any]
    https: bool
    keep_staged_days: int
    trusted_proxies: int
    second_factor: bool
    embedded: bool
    home: Path


def load() -> Environment:
    """Read the environment; without DATABASE_URL and REDIS_URL find or start the embedded services."""
    given = {name: value for name in VARIABLES if (value := os.environ.get(name, "").strip())}
    is_embedded = not _has_own_services(given)
    if is_embedded:
        services = embedded.ensure()
        given |= {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
        given = _generated_secrets() | given
    return Environment(
        secret_key=_secret(given, "SECRET_KEY"),
        patient_key=_secret(given, "PATIENT_KEY").encode(),
        debug=_switch(given, "DEBUG"),
        allowed_hosts=_list(given.get("ALLOWED_HOSTS", "127.0.0.1,localhost")),
        csrf_trusted_origins=_list(given.get("CSRF_TRUSTED_ORIGINS", "")),
        database=_database(given["DATABASE_URL"]),
        redis_url=given["REDIS_URL"],
        email=_email(given),
        https=_switch(given, "HTTPS"),
        keep_staged_days=_number(given, "KEEP_STAGED_DAYS", default=30, least=1),
        trusted_proxies=_number(given, "TRUSTED_PROXIES"),
        second_factor=_switch(given, "SECOND_FACTOR", default="1"),
        embedded=is_embedded,
        home=embedded.home(),
    )


def _has_own_services(given: Mapping[str, str]) -> bool:
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if name not in given]
    if len(missing) == 1:
        raise ConfigurationError(f"{missing[0]} is not set ({VARIABLES[missing[0]]}).")
    return not missing


def _secret(given: Mapping[str, str], name: str) -> str:
    secret, shortest = given.get(name, ""), SHORTEST_SECRET[name]
    if len(secret) < shortest:
        problem = f"has {len(secret)} characters, fewer than {shortest}" if secret else "is not set"
        raise ConfigurationError(f"{name} {problem} ({VARIABLES[name]}). Generate one with: {GENERATE}")
    return secret


def _generated_secrets() -> dict[str, str]:
    """Secrets of a development installation: made once and kept, since a new PATIENT_KEY would lose every patient."""
    path = embedded.home() / "secrets.env"
    if not path.exists():
        text = "".join(f"{name}={secrets.token_urlsafe(48)}\n" for name in SHORTEST_SECRET)
        new = path.with_name(f"secrets.env.{os.getpid()}")
        with embedded.private_file(new) as file:
            file.write(text)
        try:
            os.link(new, path)  # unlike a rename it never replaces what another process has just written
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def _switch(given: Mapping[str, str], name: str, default: str = "0") -> bool:
    value = given.get(name, default).lower()
    if value not in {"0", "1", "false", "true", "no", "yes", "off", "on"}:
        raise ConfigurationError(f"{name} is {value!r}: set it to 1 or 0 ({VARIABLES[name]}).")
    return value in {"1", "true", "yes", "on"}


def _number(given: Mapping[str, str], name: str, *, default: int = 0, least: int = 0) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdigit() and least <= int(value) <= MOST):
        raise ConfigurationError(f"{name} is {value!r}: set it to a number, {least} or more ({VARIABLES[name]}).")
    return int(value)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _database(url: str) -> dict[str, Any]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(f"DATABASE_URL does not name a PostgreSQL database ({VARIABLES['DATABASE_URL']}).")
    return {**Env.db_url_config(url), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def _email(given: Mapping[str, str]) -> dict[str, Any]:
    """Django's EMAIL_* settings, and the sender under the two names Django has for it. Whoever reads the log must not find
    the links there with which passwords are set."""
    url = given.get("EMAIL_URL", NO_MAIL)
    if url.startswith("consolemail"):
        raise ConfigurationError(f"EMAIL_URL would write mails to the log ({VARIABLES['EMAIL_URL']}).")
    try:
        server = Env.email_url_config(url)
    except Exception as error:
        raise ConfigurationError(f"EMAIL_URL cannot be read ({VARIABLES['EMAIL_URL']}).") from error
    sender = given.get("EMAIL_FROM", "yilian@localhost")
    return {**server, "MAIL_IS_SENT": url != NO_MAIL, "DEFAULT_FROM_EMAIL": sender, "SERVER_EMAIL": sender}
