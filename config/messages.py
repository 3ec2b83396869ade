"""Compile the message catalogues, locale/*/LC_MESSAGES/*.po, without GNU gettext: `python -m config.messages`."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def compile_all(root: Path = ROOT) -> list[Path]:
    """Compile every catalogue that is newer than its compiled form and return those that were compiled."""
    stale = [path for path in sorted(root.glob("locale/*/LC_MESSAGES/*.po")) if _is_stale(path)]
    for path in stale:
        with path.open("rb") as source:
            # Without a locale Babel drops the plural forms of a catalogue whose heading names no language.
            catalogue = read_po(source, locale=path.parent.parent.name, abort_invalid=True)
        with path.with_suffix(".mo").open("wb") as target:
            write_mo(target, catalogue)
    return stale


def _is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


if __name__ == "__main__":
    for path in compile_all():
        print(f"Compiled {path.relative_to(ROOT)}")
