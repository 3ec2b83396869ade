"""Deliver a sheet from the command line, by the same way as the page and the API."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from evaluation.datasets import Dataset
from evaluation.importing.problems import Problem, Severity, SheetRefused
from evaluation.management.databases import sentence_about
from evaluation.models import Consortium, Institution, Upload
from evaluation.services import uploads


class Command(BaseCommand):
    as_json, dataset = False, ""
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

    def create_parser(self, prog_name, subcommand, **kwargs):
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if self.as_json:
            parser.called_from_command_line = False  # it raises then, instead of printing how it is used
        return parser

    def run_from_argv(self, argv):
        """One JSON object whatever happens, also when the arguments are wrong or the tables are missing."""
        self.as_json = "--json" in argv
        if not self.as_json:
            return super().run_from_argv(argv)
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            self._refuse(str(error))
        except DatabaseError as error:
            self._refuse(sentence_about(error))

    def handle(self, *, dataset, file, institution, consortium, month, replace, accept_valid, dry_run, **options):
        self.as_json, self.dataset = options["json"], dataset
        try:
            upload = _received(
                dataset=dataset, file=file, institution=_institution(institution), consortium=_consortium(consortium),
                month=_month(month), mode=Upload.Mode.REPLACE if replace else Upload.Mode.MERGE,
            )  # fmt: skip
        except SheetRefused as refused:
            self._report(None, refused.problems)
            raise SystemExit(1) from None
        except CommandError as error:
            if not self.as_json:
                raise
            self._refuse(str(error))
        # a sweep may have taken it: then until that is done
        upload = uploads.foresee(uploads.check_upload(upload, wait=True))
        if upload.status != Upload.Status.CHECKED:
            self._give_up(upload)
        if dry_run or upload.rows_accepted == 0 or (upload.rows_rejected and not accept_valid):
            would_store = dry_run and (accept_valid or not upload.rows_rejected)
            self._report(upload, _problems(upload), _effect(upload, uploads.said_again(upload)) if would_store else [])
            uploads.withdraw(upload=upload, by=None)
            raise SystemExit(0 if dry_run and not upload.rows_rejected else 1)
        said_again = uploads.said_again(upload)
        upload = uploads.store(uploads.submit(upload=upload, by=None))
        if upload.status != Upload.Status.SUBMITTED:
            self._give_up(upload)
        self._report(upload, _problems(upload), _effect(upload, said_again))

    def _refuse(self, sentence: str) -> NoReturn:
        self._report(None, [_of_the_file(sentence)])
        raise SystemExit(1)

    def _give_up(self, upload: Upload) -> NoReturn:
        """Nothing was stored, for a reason that no single row has."""
        reason = upload.failure or f"Nothing was stored: the upload is {upload.get_status_display()} meanwhile."
        self._report(upload, [_of_the_file(reason), *_problems(upload)])
        if not uploads.why_not(upload, Upload.Status.WITHDRAWN):
            uploads.withdraw(upload=upload, by=None)
        raise SystemExit(1)

    def _report(self, upload: Upload | None, problems: Sequence[Problem], effect: Sequence[str] = ()) -> None:
        """The lines of the effect are for people; the JSON object has no place for them."""
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
        for line in effect:
            self.stdout.write(line)
        self.stdout.write(
            "{rows_read} rows read, {accepted} accepted ({flagged} to check), {rejected} refused".format(**counts)
        )
        if upload and upload.ignored:
            self.stdout.write(f"Columns not known and left out: {', '.join(upload.ignored)}")


def _received(*, file: Path, **request) -> Upload:
    """At the door; what is wrong with the request is a CommandError."""
    if not file.is_file():
        raise CommandError(f"{file} is not a file: check the path.")
    try:
        with file.open("rb") as source:
            return uploads.receive(file=source, filename=file.name, by=None, **request)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _of_the_file(reason: str) -> Problem:
    return Problem(None, "", Severity.ERROR, "V0", "%(reason)s", {"reason": reason})


def _effect(upload: Upload, said_again: str) -> list[str]:
    """What the sheet does, by institution and month, and whether it came before."""
    lines = [said_again] if said_again else []
    for line in upload.effect_lines:
        where = " ".join(part for part in (line["institution"], line["month"]) if part) or upload.dataset
        counts = ", ".join(
            f"{line[name]} {name}" for name in ("new", "replaced", "identical", "removed", "moved") if line[name]
        )
        cost = "" if line["total_cost"] is None else f"; {_cost(line)}"
        lines.append(f"{where}: {line['rows']} rows ({counts}){cost}")
    return lines


def _cost(line: dict) -> str:
    given, stored = (f"{line[name] / 100:,.2f}" for name in ("total_cost", "stored_cost"))
    return f"total cost {given} yuan, stored so far {stored} yuan in {line['stored']} cases"


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
