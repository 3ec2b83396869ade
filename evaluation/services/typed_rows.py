"""A record typed into a form goes the way of a sheet with one row: same checks, same versions, same undo."""

import csv
import io

from django.core.exceptions import ValidationError
from django.db import transaction

from evaluation.datasets import dataset_by_name
from evaluation.importing.problems import Problem, Severity
from evaluation.models import Consortium, Institution, Upload, User
from evaluation.services import audit, locks, uploads


def deliver_row(
    *, dataset: str, values: dict[str, str], by: User, institution: Institution | None = None,
    consortium: Consortium | None = None,
) -> Upload:  # fmt: skip
    """Deliver one record; ValidationError with the sentences of the checks if it is refused."""
    layout = dataset_by_name(dataset).layout
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in layout.columns], restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerow(values)
    with locks.patience(locks.A_CLICK), transaction.atomic(), audit.recorded_at_the_end():
        upload = uploads.receive(
            dataset=dataset,
            file=io.BytesIO(text.getvalue().encode()),
            filename="",
            by=by,
            institution=institution,
            consortium=consortium,
        )
        upload = uploads.check_upload(upload)
        errors = [
            Problem(p.row, p.column, Severity(p.severity), p.rule, p.message, p.values)
            for p in upload.problems.filter(severity=Severity.ERROR)
        ]
        if errors:
            raise ValidationError([f"{problem.column}: {problem.sentence}" for problem in errors])
        upload = uploads.store(uploads.submit(upload=upload, by=by))
        if upload.failure:
            raise ValidationError(upload.failure)
    return upload
