"""The benchmarks themselves, at a hundredth of a hundredth of their size: they run and report; no time is judged."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def home():
    """A YILIAN_HOME that the service user can reach; the benchmarks end their services themselves."""
    home = Path(tempfile.mkdtemp(prefix="yilian-bench-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


def test_benchmarks_report_what_they_measured(home):
    report = home / "performance.md"
    command = [sys.executable, "-m", "tests.bench", "import", "recompute", "--scale", "0.001", "--out", str(report)]

    subprocess.run(command, cwd=ROOT, env={**os.environ, "YILIAN_HOME": str(home)}, check=True, timeout=300)

    rows = [line for line in report.read_text().splitlines() if line.startswith("| ")][1:]
    expected = ("bare COPY", "django-import-export", "Peak memory", "newest month", "months back", "API and Overview")
    assert len(rows) == len(expected)
    for row, words in zip(rows, expected, strict=True):
        assert words in row
        assert row.count("|") == 7
