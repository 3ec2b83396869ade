"""make_demo_data: writes the sheets of an invented consortium for the ordinary import."""

import re
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from evaluation.demo.generator import make_demo, month_before

MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
MOST_INSTITUTIONS = 50


class Command(BaseCommand):
    help = "Writes sheets of an invented consortium and manifest.csv, which lists them in the order of import."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the sheets")
        parser.add_argument("--institutions", type=int, default=8, metavar="N")
        parser.add_argument("--months", type=int, default=36, metavar="N")
        parser.add_argument("--cases", type=int, default=120_000, metavar="N", help="discharges of all institutions")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same sheets")
        parser.add_argument("--until", metavar="YYYY-MM", help="last month; default: the last complete month")

    def handle(self, *args: object, **options: object) -> None:
        today = np.datetime64(timezone.localdate())
        until = str(options["until"] or month_before(today))
        if not MONTH.match(until):
            raise CommandError(f"--until {until}: write a month as YYYY-MM, for example 2026-03.")
        if until > month_before(today):
            raise CommandError(f"--until {until}: the month is not over yet; discharges cannot lie in the future.")
        sizes = {name: int(str(options[name])) for name in ("institutions", "months", "cases", "seed")}
        if not 1 <= sizes["institutions"] <= MOST_INSTITUTIONS:
            raise CommandError(f"--institutions: choose a number from 1 to {MOST_INSTITUTIONS}.")
        if sizes["months"] < 1 or sizes["cases"] < 1 or sizes["seed"] < 0:
            raise CommandError("--months and --cases must be at least 1, --seed at least 0.")
        folder = Path(str(options["out"]))
        entries = make_demo(folder, until=until, **sizes)
        self.stdout.write(f"{len(entries)} sheets written to {folder}; manifest.csv lists them in the order of import.")
