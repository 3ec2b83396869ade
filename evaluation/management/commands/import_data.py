"""Deliver a sheet from the command line, by the same way as the page and the API."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from evaluation.datasets import Dataset
from evaluation.importing.problems import Problem, Severity, SheetRefused
from evaluation.models import Consortium, Institution, Upload
from evaluation.services import uploads


class Command(BaseCommand):
    help = "Check a sheet and store its rows. Stores nothing and exits 1 if any row is refused, unless --accept-valid."

    def add_arguments(self, parser):
        parser.add_argument("dataset", choices=[dataset.code for dataset in Dataset.all()])
        parser.add_argument("file", type=Path)
        parser.add_argument("--institution", help="code of the institution all rows belong to")
        parser.add_argument(
            "--consortium", help="code of the consortium whose benchmarks these are (default: common ones)"
        )
        parser.add_argument("--month", help="YYYY-MM; rows of another month are refused")
        parser.add_argument("--replace", action="store_true", help="replace the institution's month whole")
        parser.add_argument("--accept-valid", action="store_true", help="store the rows without errors")
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, dataset, file, institution, consortium, month, replace, accept_valid, dry_run, **options):
        self.as_json, self.dataset = options["json"], dataset
        if not file.is_file():
            raise CommandError(f"{file} is not a file: check the path.")
        try:
            with file.open("rb") as source:
                upload = uploads.receive(
                    dataset=dataset, file=source, filename=file.name, by=None,
                    institution=_institution(institution), consortium=_consortium(consortium), month=_month(month),
                    mode=Upload.Mode.REPLACE if replace else Upload.Mode.MERGE,
                )  # fmt: skip
        except SheetRefused as refused:
            self._report(None, refused.problems)
            raise SystemExit(1) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        upload = uploads.check_upload(upload)
        if upload.status == Upload.Status.FAILED:
            self._give_up(upload)
        if dry_run or upload.rows_accepted == 0 or (upload.rows_rejected and not accept_valid):
            self._report(upload, _problems(upload))
            uploads.withdraw(upload=upload, by=None)
            raise SystemExit(1 if upload.rows_rejected else 0)
        upload = uploads.store(uploads.submit(upload=upload, by=None))
        if upload.status != Upload.Status.SUBMITTED:
            self._give_up(upload)
        self._report(upload, _problems(upload))

    def _give_up(self, upload: Upload) -> None:
        """Nothing was stored, for a reason that no single row has."""
        reason = Problem(None, "", Severity.ERROR, "V0", "%(reason)s", {"reason": upload.failure})
        self._report(upload, [reason, *_problems(upload)])
        uploads.withdraw(upload=upload, by=None)
        raise SystemExit(1)

    def _report(self, upload: Upload | None, problems: Sequence[Problem]) -> None:
        counts = {
            "dataset": self.dataset,
            "rows_read": upload.rows_read if upload else 0,
            "accepted": upload.rows_accepted if upload else 0,
            "flagged": upload.rows_flagged if upload else 0,
            "rejected": upload.rows_rejected if upload else 0,
        }
        if self.as_json:
            listed = [
                {
                    "row": each.row, "column": each.column, "severity": str(each.severity), "rule": each.rule,
                    "message": each.sentence,
                }
                for each in problems
            ]  # fmt: skip
            self.stdout.write(json.dumps({**counts, "problems": listed}, ensure_ascii=False))
            return
        for each in problems:
            where = f"{each.row or 'file'}, {each.column}" if each.column else f"{each.row or 'file'}"
            self.stdout.write(f"{where}: {each.sentence}")
        self.stdout.write(
            "{rows_read} rows read, {accepted} accepted ({flagged} to check), {rejected} refused".format(**counts)
        )
        if upload and upload.ignored:
            self.stdout.write(f"Columns not known and left out: {', '.join(upload.ignored)}")


def _problems(upload: Upload) -> list[Problem]:
    return [
        Problem(each.row, each.column, Severity(each.severity), each.rule, each.message, each.values)
        for each in upload.problems.all()
    ]


def _institution(code: str | None) -> Institution | None:
    if not code:
        return None
    try:
        return Institution.objects.get(code=code)
    except Institution.DoesNotExist:
        raise CommandError(f"Institution {code} is not known: import the sheet of institutions first.") from None


def _consortium(code: str | None) -> Consortium | None:
    if not code:
        return None
    try:
        return Consortium.objects.get(code=code)
    except Consortium.DoesNotExist:
        raise CommandError(f"Consortium {code} is not known: import the sheet of consortia first.") from None


def _month(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"{text} is not a month: write it as YYYY-MM.") from None
