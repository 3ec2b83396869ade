"""Message catalogues, locale/*/LC_MESSAGES/*.po, without GNU gettext.

`python -m config.messages` compiles them, `python -m config.messages update` first brings them up to date with the
texts of the code and the templates. A new language begins with an empty .po file.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CODE = ("budgets", "config", "evaluation", "referrals")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# Django shows these, but its Chinese catalogue lacks them.
BORROWED: tuple[str | tuple[str, str], ...] = (
    "%(model)s instance with %(field)s %(value)r is not a valid choice.",
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    "Add link",
    "After you’ve created a user, you’ll be able to edit more user options.",
    "Change or view list link",
    "Error:",
    "Forgotten your login credentials?",
    "In case you’ve forgotten, you are:",
    "Model name",
)


def compile_all(root: Path = ROOT) -> list[Path]:
    """Compile every catalogue that is newer than its compiled form and return those that were compiled."""
    stale = [path for path in _catalogues(root) if _is_stale(path)]
    for path in stale:
        with path.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_catalogue(path))
    return stale


def update_all(root: Path = ROOT) -> list[Path]:
    """Add new texts to every catalogue, drop those no longer used, keep the translations; return what has changed."""
    texts = collect(root)
    return [path for path in _catalogues(root) if _update(path, texts)]


def collect(root: Path = ROOT) -> Catalog:
    """All texts to translate, each with the files it stands in; without line numbers, which would change every day."""
    texts = Catalog()
    for text in BORROWED:
        texts.add(text, locations=[("config/messages.py", 0)])
    for path, source in _sources(root):
        for _line, message, comments, context in extract("python", source, KEYWORDS):
            texts.add(message, locations=[(path.as_posix(), 0)], auto_comments=comments, context=context)
    return texts


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as source:
        # Without a locale Babel drops the plural forms of a catalogue whose heading names no language.
        return read_po(source, locale=path.parent.parent.name, abort_invalid=True)


def _sources(root: Path) -> Iterator[tuple[Path, BytesIO]]:
    for folder in CODE:
        for path in sorted(root.glob(f"{folder}/**/*.py")):
            yield path.relative_to(root), BytesIO(path.read_bytes())
    for path in sorted(root.glob("templates/**/*.html")):
        # Django turns a template into calls of gettext; indentation that is left over would not be Python.
        lines = templatize(path.read_text(), origin=path.name).splitlines()
        yield path.relative_to(root), BytesIO("\n".join(line.strip() for line in lines).encode())


def _update(path: Path, texts: Catalog) -> bool:
    catalogue, before = read_catalogue(path), path.read_bytes()
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    after = BytesIO()
    write_po(after, catalogue, width=0, sort_output=True, ignore_obsolete=True, include_lineno=False)
    if after.getvalue() == before:
        return False
    path.write_bytes(after.getvalue())
    return True


def _catalogues(root: Path) -> list[Path]:
    return sorted(root.glob("locale/*/LC_MESSAGES/*.po"))


def _is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


if __name__ == "__main__":
    if "update" in sys.argv[1:]:
        for path in update_all():
            print(f"Updated {path.relative_to(ROOT)}")
    for path in compile_all():
        print(f"Compiled {path.relative_to(ROOT)}")
