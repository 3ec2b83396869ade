"""`python -m tests.bench [PART …] [--scale 0.01] [--rows N] [--keep] [--out FILE]`; without parts all of them."""

import argparse
import importlib
import os
from pathlib import Path

import django

from tests.bench import place
from tests.bench.results import Result, write

PARTS = {"import": "imports", "recompute": "recompute", "rebuild": "rebuild", "overview": "overview"}
REPORT = Path("docs/performance.md")


def main() -> None:
    options, load = _options(), os.getloadavg()[1]
    folder = place.enter(is_kept=options.keep)
    try:
        django.setup()
        from tests.bench.database import Database, postgresql_version, say

        database = Database(folder, options.scale, options.rows)
        results: list[Result] = []
        for part in options.parts or PARTS:
            for result in importlib.import_module(f"tests.bench.{PARTS[part]}").measure(database):
                say(f"  {result.what}: {result.ours}, peer {result.peer}, {result.ratio} (target {result.target})")
                results.append(result)
        write(options.out, results, postgresql=postgresql_version(), scale=options.scale, load=load)
        say(f"Written to {options.out}.")
    finally:
        place.leave(folder, is_kept=options.keep)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the speed, beside its peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default all")
    parser.add_argument("--scale", type=float, default=1, help="multiplies all sizes; for trials")
    parser.add_argument("--rows", type=int, help="rows of the imported sheet; default 200,000 × scale")
    parser.add_argument("--keep", action="store_true", help="keep database and sheets, and use those kept before")
    parser.add_argument("--out", type=Path, default=REPORT, help=f"default {REPORT}")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    return options


main()
