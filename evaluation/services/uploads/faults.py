"""What to tell a person when something happened that no rule foresaw, and what to leave in the log."""

import logging
import traceback

from django.core.exceptions import ValidationError
from django.db import DatabaseError, OperationalError
from django.utils.translation import gettext as _

from evaluation.importing.findings import Findings
from evaluation.importing.problems import Severity
from evaluation.models import Upload

logger = logging.getLogger("yilian")


def fault_of(error: Exception, upload: Upload) -> str:
    """The reason of a failure as a sentence. A rule that refused says its own."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    # Neither message nor values go to the log: those of the database repeat rows.
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Upload %s: %s %s\n%s", upload.pk, type(error).__name__, _constraint(error), where)
    if isinstance(error, OperationalError):
        return _(
            "The database could not do it (%(what)s), and trying again did not help; nothing was stored. "
            "Tell the administrator: the log says where."
        ) % {"what": type(error.__cause__ or error).__name__}
    if isinstance(error, DatabaseError):
        return _(
            "The database refused the rows (%(constraint)s); nothing was stored. "
            "Tell the administrator: a check of the sheet is missing."
        ) % {"constraint": _constraint(error) or type(error).__name__}
    return _("The sheet met a fault of the program; nothing was stored. Tell the administrator: the log says where.")


def refuse_changed(findings: Findings) -> None:
    """Rows that passed the checks are refused now: what they rest on was taken back in between."""
    for finding in findings.found:
        if finding.severity is Severity.ERROR:
            problem = next(finding.problems())
            raise ValidationError(
                _("Since the check something changed. Row %(row)s, %(column)s: %(reason)s Then upload the sheet again.")
                % {"row": problem.row, "column": problem.column, "reason": problem.sentence}
            )


def _constraint(error: Exception) -> str:
    """The constraint or column that the database names, without any value."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return (diagnosis.constraint_name or diagnosis.column_name or "") if diagnosis else ""
