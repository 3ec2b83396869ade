"""The directions of the house (docs/architecture.md), read from the imports; the offending one is named."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("evaluation", "referrals", "budgets")
SEES = {
    "evaluation": {"evaluation"},
    "referrals": {"referrals", "evaluation"},
    "budgets": {"budgets", "evaluation"},
    "config": {"config", "evaluation", "referrals", "budgets"},
}

# From the top to the bottom of an app; a line imports from its own and those below.
LINES = (
    ("urls",),
    ("admin", "panels", "apps"),
    ("views", "api", "tasks", "management", "templatetags"),
    ("forms", "pages"),
    ("services", "datasets"),
    ("frames",),
    ("models", "migrations"),
    ("access", "signals", "discovery", "shown"),
)
PURE = (
    "evaluation.access.roles",
    "evaluation.charts",
    "evaluation.demo",
    "evaluation.drg",
    "evaluation.importing",
    "evaluation.indicators",
    "evaluation.rating",
    "evaluation.storable",
    *(f"referrals.{name}" for name in ("charts", "checks", "flows", "indicators", "layouts")),
    *(f"budgets.{name}" for name in ("charts", "checks", "indicators", "layouts")),
)
BEYOND_PURE = ("django.db", "django.conf", "django.contrib", "django.core.cache", "rest_framework", "celery", "config")
EXCEPTIONS = {
    # Django calls `ready` to join what apps add; nothing imports apps.py.
    ("referrals.apps", "referrals.services"),
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "misc"}


@dataclass(frozen=True)
class Import:
    """`target` is the module named, or the name imported from it, whichever is a module."""

    path: str
    line: int
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.source} imports {self.target}"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def imports_of(path: Path) -> Iterator[Import]:
    source, place = module_of(path), str(path.relative_to(ROOT))
    package = source if path.name == "__init__.py" else source.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(place, node.lineno, source, alias.name)
        if isinstance(node, ast.ImportFrom):
            above = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            for alias in node.names:
                name = f"{module}.{alias.name}"
                yield Import(place, node.lineno, source, name if is_module(name) else module)


def all_imports(*folders: str) -> list[Import]:
    return [found for path in files(*folders) for found in imports_of(path)]


def is_pure(module: str) -> bool:
    return any(module == pure or module.startswith(f"{pure}.") for pure in PURE)


def line_of(module: str) -> int:
    """The place of a module's line, the highest being 0; PURE modules lie below all."""
    if is_pure(module):
        return len(LINES)
    name = module.split(".")[1] if "." in module else ""
    for place, line in enumerate(LINES):
        if name in line:
            return place
    return len(LINES)


def named(found: list[Import]) -> str:
    return "\n".join(str(each) for each in found)


def test_apps_import_only_towards_evaluation_and_nobody_imports_config():
    wrong = [
        found
        for found in all_imports("config", *APPS)
        if (there := found.target.split(".")[0]) in SEES and there not in SEES[found.source.split(".")[0]]
    ]

    assert not wrong, named(wrong)


def test_inside_the_apps_each_line_imports_only_from_its_own_and_from_below():
    wrong = [
        found
        for found in all_imports(*APPS)
        if found.target.split(".")[0] in APPS
        and line_of(found.source) > line_of(found.target)
        and (found.source, found.target) not in EXCEPTIONS
    ]

    assert not wrong, named(wrong)


def test_every_module_of_an_app_belongs_to_a_line():
    known = {name for line in LINES for name in line} | {""}
    modules = {module_of(path) for path in files(*APPS)}

    homeless = {module for module in modules if not is_pure(module) and f"{module}.".split(".")[1] not in known}

    assert not homeless, f"Say in tests/test_architecture.py to which line they belong: {sorted(homeless)}"


def test_pure_modules_know_neither_database_nor_settings_nor_what_does():
    wrong = [
        found
        for path in files(*APPS)
        if is_pure(module_of(path))
        for found in imports_of(path)
        if found.target.startswith(BEYOND_PURE) or (found.target.split(".")[0] in APPS and not is_pure(found.target))
    ]

    assert not wrong, named(wrong)


def test_services_never_import_tasks():
    wrong = [found for found in all_imports("evaluation/services") if found.target.startswith("evaluation.tasks")]

    assert not wrong, named(wrong)


def test_every_pure_module_is_still_there():
    assert [pure for pure in PURE if not is_module(pure)] == []


def test_no_module_has_a_name_that_says_nothing():
    vague = [
        str(path.relative_to(ROOT))
        for path in files("config", *APPS, "tests")
        if VAGUE & set(path.with_suffix("").parts)
    ]

    assert not vague


def test_what_the_type_checker_is_told_to_ignore_has_a_reason():
    """In the product the error and a sentence, in tests the error."""
    unexplained = {
        "product": re.compile(r"#\s*type:\s*ignore(?!\[[\w, -]+\]\s+#\s*\w)"),
        "tests": re.compile(r"#\s*type:\s*ignore(?!\[[\w, -]+\])"),
    }
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {text.strip()}"
        for folders, pattern in ((("config", *APPS), unexplained["product"]), (("tests",), unexplained["tests"]))
        for path in files(*folders)
        if path != Path(__file__)
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(text)
    ]

    assert not wrong, "\n".join(wrong)


def public(path: Path) -> list[ast.FunctionDef | ast.ClassDef]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node for node in body if isinstance(node, kinds) and not node.name.startswith("_")]


def test_every_public_function_and_class_of_the_indicators_says_what_it_is():
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path in files("evaluation/indicators")
        for node in public(path)
        if not ast.get_docstring(node)
    ]

    assert not silent, "\n".join(silent)


@pytest.mark.parametrize("source", ["referrals", "budgets", "evaluation", "config"])
def test_the_rules_meet_modules_at_all(source):
    assert len(all_imports(source)) > 10
