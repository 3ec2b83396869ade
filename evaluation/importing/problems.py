"""What the import says to the person who delivered a sheet."""

from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext


class Severity(StrEnum):
    ERROR = "error"  # the row is refused
    WARNING = "warning"  # the row is accepted and flagged


# Warnings that somebody has to accept by their rule before the sheet is submitted: such rows are usually mistakes.
TO_ACCEPT = frozenset({"V26", "V27"})


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one cell.

    `row` is the sheet's own row number, the heading being row 1; None means the file as a whole.
    `column` is the one of our headings that the sheet has. `message` is a translatable sentence that says what to do, with
    %(name)s places filled from `values`; it is translated when it is shown, so that each reader gets the own language.
    A value that is None was left out, since it might tell who a patient is.
    """

    row: int | None
    column: str
    severity: Severity
    rule: str
    message: str
    values: dict[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        sentence = gettext(self.message)
        if not self.values:
            return sentence
        values = dict(self.values)
        for name in (name for name, value in values.items() if value is None):
            values[name] = gettext("the text in this cell")
            sentence = sentence.replace(f"“%({name})s”", f"%({name})s")
        sentence %= values
        return sentence[:1].upper() + sentence[1:]


class SheetRefused(Exception):
    """The file cannot be read as a sheet of this dataset; nothing of it is stored."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
