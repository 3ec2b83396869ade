"""The files of an installation name the variables that config/env.py reads, and nothing else."""

import gettext
import re
import socket
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from config import demo, env, messages

ROOT = Path(__file__).resolve().parent.parent
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE_TEXT)["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
APPLICATION = ("web", "worker", "beat", "migrate")
ONLY_COMPOSE = {"POSTGRES_PASSWORD", "TLS_FOLDER"}
PROXY = (ROOT / "config" / "nginx.conf").read_text()
POSTGRES_CONNECTIONS = 100  # its default
OWN_SERVICES = {"DATABASE_URL": "postgresql://yilian:p%40ss@db.example.org:6432/care", "REDIS_URL": "redis://cache/1"}
SECRETS = {"SECRET_KEY": "s" * 50, "PATIENT_KEY": "p" * 32}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in env.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("YILIAN_HOME", str(tmp_path))


@pytest.fixture
def set_variables(monkeypatch):
    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def refuse_to_start():
    raise AssertionError("the embedded services must not start")


# docker-compose.yml, Dockerfile, .env.example


def test_compose_has_the_site_its_services_and_a_one_time_migration():
    assert set(SERVICES) == {*APPLICATION, "proxy", "postgres", "redis"}
    assert SERVICES["postgres"]["image"] == "postgres:16"
    assert SERVICES["redis"]["image"] == "redis:7"
    assert {SERVICES[name]["image"] for name in APPLICATION} == {"yilian:0.1.0"}
    assert SERVICES["migrate"]["restart"] == "no"


def test_the_programs_of_compose_are_those_of_the_project():
    assert SERVICES["worker"]["command"][:4] == ["celery", "--app", "config", "worker"]
    assert SERVICES["beat"]["command"][:4] == ["celery", "--app", "config", "beat"]
    assert "manage.py migrate" in SERVICES["migrate"]["command"][-1]
    assert "manage.py createcachetable" in SERVICES["migrate"]["command"][-1]
    assert '"gunicorn", "config.wsgi"' in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_site_waits_for_database_queue_and_migration(name):
    conditions = {service: needs["condition"] for service, needs in SERVICES[name]["depends_on"].items()}

    assert conditions == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "migrate": "service_completed_successfully",
    }


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("web", "/healthz"),
        ("worker", "inspect ping"),
        ("beat", "celerybeat.pid"),
        ("postgres", "pg_isready"),
        ("redis", "redis-cli ping"),
    ],
)
def test_each_lasting_service_has_a_health_check(name, check):
    assert check in " ".join(SERVICES[name]["healthcheck"]["test"])


@pytest.mark.parametrize("name", APPLICATION)
def test_compose_sets_only_variables_that_the_settings_read(name):
    assert set(SERVICES[name]["environment"]) <= set(env.VARIABLES)
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PATIENT_KEY", "ALLOWED_HOSTS"} <= set(
        SERVICES[name]["environment"]
    )


def test_only_the_proxy_is_reached_from_outside_and_it_says_itself_where_requests_come_from():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == "${TRUSTED_PROXIES:-1}"
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in PROXY
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in PROXY
    assert "./config/nginx.conf:/etc/nginx/nginx.conf:ro" in SERVICES["proxy"]["volumes"]


def test_the_proxy_takes_what_the_site_takes_and_keeps_it_off_the_disk():
    allowed = int(re.search(r"client_max_body_size (\d+)m;", PROXY)[1]) << 20

    assert allowed > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    assert SERVICES["proxy"]["tmpfs"][0].startswith("/var/cache/nginx:")
    assert re.findall(r"client_body_temp_path (\S+);", PROXY) == ["/var/cache/nginx/body"]
    assert "proxy_max_temp_file_size 0;" in PROXY


def test_threads_do_not_use_up_the_connections_of_the_database():
    command = (ROOT / "Dockerfile").read_text().splitlines()[-1]
    workers, threads = (int(re.search(rf'"--{name}", "(\d+)"', command)[1]) for name in ("workers", "threads"))

    assert '"--worker-class", "gthread"' in command
    assert (
        8 <= workers * threads <= POSTGRES_CONNECTIONS // 2
    )  # the rest is for workers, an update and an administrator


def test_compose_needs_only_variables_of_the_example():
    needed = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE_TEXT))

    assert needed <= set(env.VARIABLES) | ONLY_COMPOSE
    assert needed <= set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))


def test_the_example_lists_every_variable_and_no_secret():
    listed = dict(re.findall(r"^#?(\w+)=(.*)$", EXAMPLE, re.MULTILINE))

    assert set(listed) == set(env.VARIABLES) | ONLY_COMPOSE
    assert not any(listed[name] for name in ("SECRET_KEY", "PATIENT_KEY", "POSTGRES_PASSWORD"))


def test_every_variable_is_explained_to_operators():
    operations = (ROOT / "docs" / "operations.md").read_text()

    assert [name for name in env.VARIABLES if f"`{name}`" not in operations] == []


def test_the_image_does_not_run_as_root_and_pins_its_packages():
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert re.search(r"^USER (?!root)\w+", dockerfile, re.MULTILINE)
    assert "--require-hashes -r requirements.txt" in dockerfile


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pinned_requirements_have_hashes_and_name_no_address(name):
    text = (ROOT / name).read_text()
    pins = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)

    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert not re.search(r"--(index|extra-index|find-links|trusted-host)", text)


# config/env.py


def test_own_services_are_used_and_nothing_embedded_starts(set_variables, monkeypatch):
    monkeypatch.setattr(env.embedded, "ensure", refuse_to_start)
    set_variables(
        **OWN_SERVICES, **SECRETS, HTTPS="1", TRUSTED_PROXIES="2", ALLOWED_HOSTS="a.example.org, b.example.org"
    )

    environment = env.load()

    assert not environment.embedded
    assert environment.https
    assert not environment.debug
    assert environment.trusted_proxies == 2
    assert environment.allowed_hosts == ["a.example.org", "b.example.org"]
    assert environment.patient_key == b"p" * 32
    assert environment.redis_url == "redis://cache/1"
    assert environment.database["PASSWORD"] == "p@ss"
    assert environment.database["HOST"] == "db.example.org"
    assert environment.database["CONN_MAX_AGE"] == 60


def test_without_a_mail_server_no_mail_is_written_anywhere(set_variables):
    set_variables(**OWN_SERVICES, **SECRETS)

    email = env.load().email

    assert (email["MAIL_IS_SENT"], email["EMAIL_BACKEND"]) == (False, "django.core.mail.backends.dummy.EmailBackend")


@pytest.mark.parametrize(("value", "needed"), [("", True), ("1", True), ("0", False)])
def test_the_second_factor_is_needed_unless_switched_off(set_variables, value, needed):
    set_variables(**OWN_SERVICES, **SECRETS, SECOND_FACTOR=value)

    assert env.load().second_factor is needed


@pytest.mark.parametrize("missing", ["SECRET_KEY", "PATIENT_KEY"])
def test_a_missing_secret_fails_with_the_way_to_make_one(set_variables, missing):
    set_variables(**OWN_SERVICES, **(SECRETS | {missing: ""}))

    with pytest.raises(env.ConfigurationError, match=rf"{missing} is not set .*Generate one with: python3"):
        env.load()


def test_a_short_secret_is_refused_without_showing_it(set_variables):
    set_variables(**OWN_SERVICES, **(SECRETS | {"PATIENT_KEY": "hunter2"}))

    with pytest.raises(env.ConfigurationError, match="PATIENT_KEY has 7 characters") as refusal:
        env.load()

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL"])
def test_one_own_service_without_the_other_is_refused(set_variables, missing):
    set_variables(**(OWN_SERVICES | {missing: ""}))

    with pytest.raises(env.ConfigurationError, match=f"{missing} is not set"):
        env.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("HTTPS", "maybe"),
        ("EMAIL_URL", "pigeon://loft"),
        ("TRUSTED_PROXIES", "one"),
        ("TRUSTED_PROXIES", "-1"),
        ("EMAIL_URL", "consolemail://"),
    ],
)
def test_a_wrong_value_is_named(set_variables, name, value):
    set_variables(**(OWN_SERVICES | SECRETS | {name: value}))

    with pytest.raises(env.ConfigurationError, match=name):
        env.load()


def test_embedded_services_come_with_secrets_that_are_made_once(monkeypatch, tmp_path):
    services = env.embedded.Services(database_url="postgresql://yilian:x@127.0.0.1:5/yilian", redis_url="redis://x")
    monkeypatch.setattr(env.embedded, "ensure", lambda: services)

    first, second = env.load(), env.load()

    assert first.embedded
    assert (first.secret_key, first.patient_key) == (second.secret_key, second.patient_key)
    assert (tmp_path / "secrets.env").stat().st_mode & 0o077 == 0


# The launcher of the demo, and the message catalogues


def test_the_demo_refuses_a_port_that_is_taken():
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()

        with pytest.raises(demo.DemoFailed, match="is taken by another program"):
            demo.refuse_taken(stranger.getsockname()[1])


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_the_demo_refuses_what_is_no_port(monkeypatch, port):
    monkeypatch.setenv("PORT", port)

    with pytest.raises(demo.DemoFailed, match="give a number from 1 to 65535"):
        demo.port_number()


def test_a_catalogue_is_compiled_once_with_its_plurals_and_without_guesses(tmp_path):
    catalogue = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "%(n)s bed"\nmsgid_plural "%(n)s beds"\nmsgstr[0] "%(n)s 张床位"\n\n'
        '#, fuzzy\nmsgid "Ward"\nmsgstr "病房？"\n'
    )

    first, second = messages.compile_all(tmp_path), messages.compile_all(tmp_path)

    assert (first, second) == ([catalogue], [])
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    assert translations.ngettext("%(n)s bed", "%(n)s beds", 2) == "%(n)s 张床位"
    assert translations.gettext("Ward") == "Ward"
