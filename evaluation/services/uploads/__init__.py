"""The way of a sheet into the database, for page, API and command: receive → check → submit (or withdraw) → undo."""

from evaluation.services.uploads.advance import INLINE_ROWS, advance, advance_all, waiting_uploads
from evaluation.services.uploads.check import check_upload
from evaluation.services.uploads.effect import changes_nothing, foresee, removal_of, renewed
from evaluation.services.uploads.expire import expire_uploads
from evaluation.services.uploads.receive import receive
from evaluation.services.uploads.same_file import said_again, same_file_of
from evaluation.services.uploads.submit import store, submit, undo, why_not, withdraw

__all__ = [
    "INLINE_ROWS",
    "advance",
    "advance_all",
    "changes_nothing",
    "check_upload",
    "expire_uploads",
    "foresee",
    "receive",
    "removal_of",
    "renewed",
    "said_again",
    "same_file_of",
    "store",
    "submit",
    "undo",
    "waiting_uploads",
    "why_not",
    "withdraw",
]
