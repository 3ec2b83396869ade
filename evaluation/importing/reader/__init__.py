"""Reads a delivered sheet, CSV or XLSX, into frames of text; what the text means is for the checks to say. Pure."""

from evaluation.importing.reader.deadline import Deadline
from evaluation.importing.reader.sheet import Sheet, open_sheet

__all__ = ["Deadline", "Sheet", "open_sheet"]
