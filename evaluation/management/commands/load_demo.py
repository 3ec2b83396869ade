"""Load the demo consortium: ordinary sheets through the ordinary import, and one person per role."""

import csv
import secrets
import tempfile
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from evaluation.access.roles import Role
from evaluation.models import Consortium, Institution, Level, Upload, User
from evaluation.services import uploads
from evaluation.services.recompute import recompute_everything

PEOPLE = (
    ("board", "陈岚", Role.BOARD),
    ("manager", "周启明", Role.CONSORTIUM_MANAGER),
    ("hospital", "赵青", Role.INSTITUTION_MANAGER),
    ("staff", "吴敏", Role.STAFF),
    ("regulator", "林监管", Role.REGULATOR),
    ("auditor", "何审计", Role.AUDITOR),
    ("admin", "管理员", Role.ADMINISTRATOR),
)
STAFF_ROLES = (Role.ADMINISTRATOR, Role.CONSORTIUM_MANAGER, Role.INSTITUTION_MANAGER)


class Command(BaseCommand):
    help = "Load the demo consortium if it is not there yet; --reset starts over; --logins prints one login per role."

    def add_arguments(self, parser):
        parser.add_argument("--reset", action="store_true")
        parser.add_argument("--logins", action="store_true")
        parser.add_argument("--institutions", type=int, default=8)
        parser.add_argument("--months", type=int, default=36)
        parser.add_argument("--cases", type=int, default=120_000)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, reset, logins, institutions, months, cases, seed, **options):
        if not settings.IS_EMBEDDED:
            raise CommandError("The demo is loaded into the embedded database only: unset DATABASE_URL and REDIS_URL.")
        if logins:
            self.stdout.write(" | ".join(f"{role.value}: {name} / {_password()}" for name, _shown, role in PEOPLE))
            return
        if reset:
            _start_over()
        if User.objects.filter(username="admin").exists():
            self.stdout.write("The demo is loaded.")
            return
        with tempfile.TemporaryDirectory() as folder:
            self._say("writing the demo's sheets …")
            call_command(
                "make_demo_data",
                out=folder,
                institutions=institutions,
                months=months,
                cases=cases,
                seed=seed,
                stdout=self.stderr,
            )
            self._import(Path(folder))
        self._say("computing all indicators …")
        recompute_everything()
        _make_people()  # last: their presence says that the demo is whole

    def _import(self, folder: Path) -> None:
        with (folder / "manifest.csv").open(encoding="utf-8-sig") as manifest:
            sheets = list(csv.DictReader(manifest))
        for place, sheet in enumerate(sheets, start=1):
            upload = _deliver(folder, sheet)
            self._say(
                f"{place}/{len(sheets)} {sheet['file']}: {upload.rows_stored:,} rows stored, {upload.rows_rejected} refused"
            )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _deliver(folder: Path, sheet: dict[str, str]) -> Upload:
    institution = Institution.objects.filter(code=sheet["institution"]).first() if sheet["institution"] else None
    with (folder / sheet["file"]).open("rb") as file:
        upload = uploads.receive(
            dataset=sheet["dataset"], file=file, filename=sheet["file"], by=None, institution=institution,
            month=date.fromisoformat(f"{sheet['month']}-01") if sheet["month"] else None,
        )  # fmt: skip
    upload = uploads.check_upload(upload)
    upload = uploads.store(uploads.submit(upload=upload, by=None))
    if upload.failure:
        raise CommandError(f"{sheet['file']}: {upload.failure}")
    return upload


def _start_over() -> None:
    """An append-only audit trail cannot be emptied: the whole schema goes."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def _password() -> str:
    """Made anew for every installation, kept beside its other secrets."""
    path = settings.ENVIRONMENT.home / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()


def _make_people() -> None:
    consortium = Consortium.objects.get(code="YUNLING")
    hospital = (
        Institution.objects.members_of(consortium, date.today(), date.today()).filter(level=Level.SECONDARY).first()
    )
    for name, shown, role in PEOPLE:
        of_institution = role in (Role.STAFF, Role.INSTITUTION_MANAGER)
        user = User.objects.create_user(
            name, f"{name}@example.org", _password(), first_name=shown, role=role.value,
            institution=hospital if of_institution else None, is_staff=role in STAFF_ROLES,
        )  # fmt: skip
        if role in (Role.BOARD, Role.CONSORTIUM_MANAGER, Role.REGULATOR):
            user.consortia.set(Consortium.objects.all() if role is Role.CONSORTIUM_MANAGER else [consortium])
