"""Print indicator values with the fields of the API."""

import csv
import json

from django.core.management.base import BaseCommand, CommandError

from evaluation.api.values import FIELDS, as_record
from evaluation.pages.values import NoSuchValue, find_values


class Command(BaseCommand):
    help = (
        "Print the values of indicators of institutions or consortia for a period (2026-03, 2026-Q1, 2026, 2026-03R12)."
    )

    def add_arguments(self, parser):
        parser.add_argument("--indicator", required=True, help="code, or several separated by commas")
        parser.add_argument("--institution", default="", help="code, or several separated by commas")
        parser.add_argument("--consortium", default="", help="code, or several separated by commas")
        parser.add_argument("--level", default="", help="with a consortium: one level of it, L3 … VC or PRIMARY")
        parser.add_argument("--period", required=True)
        parser.add_argument("--format", choices=("json", "csv"), default="json")

    def handle(self, *, indicator, institution, consortium, level, period, format, **options):
        try:
            values = find_values(
                indicators=_codes(indicator), institutions=_codes(institution), consortia=_codes(consortium),
                level=level, periods=_codes(period),
            )  # fmt: skip
        except NoSuchValue as error:
            raise CommandError(str(error)) from None
        records = [as_record(value) for value in values]
        if format == "json":
            self.stdout.write(json.dumps(records, ensure_ascii=False, default=str))
            return
        writer = csv.DictWriter(self.stdout, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]
