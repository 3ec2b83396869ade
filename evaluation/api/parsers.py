"""Bodies of API requests: bounded in depth and, of files, in size, and without text that a database cannot hold."""

import io
import re

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import parsers
from rest_framework.exceptions import APIException, ParseError

from evaluation.storable import is_storable

MOST_DEPTH = 20
# A string, closed or not, or a bracket outside of strings; what was read once is not read again.
TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy(
        "The file is larger than 100 MB. Split it by month, or have it imported on the server."
    )


class JSONParser(parsers.JSONParser):
    def parse(self, stream, media_type=None, parser_context=None):
        text = stream.read()  # Django has bounded it
        if _is_deep(text):
            raise ParseError(_("The JSON is nested deeper than %(most)s levels.") % {"most": MOST_DEPTH})
        return _stored(super().parse(io.BytesIO(text), media_type, parser_context))


class FormParser(parsers.FormParser):
    def parse(self, stream, media_type=None, parser_context=None):
        fields = super().parse(stream, media_type, parser_context)
        _stored(dict(fields.lists()))
        return fields


class MultiPartParser(parsers.MultiPartParser):
    def parse(self, stream, media_type=None, parser_context=None):
        """Read to the end, too large or not: a connection cut before loses the answer."""
        parsed = super().parse(stream, media_type, parser_context)
        sent = int(parser_context["request"].META.get("CONTENT_LENGTH") or 0)
        files = [file for _name, files in parsed.files.lists() for file in files]
        if sent > settings.FILE_UPLOAD_MAX_MEMORY_SIZE or any(file.size > settings.LARGEST_UPLOAD for file in files):
            raise TooLarge
        _stored(dict(parsed.data.lists()))
        _stored([*parsed.files, *(file.name for file in files)])
        return parsed


def _is_deep(text: bytes) -> bool:
    """Asked before anything is parsed: the parser calls itself for every level."""
    depth = 0
    for token in TOKEN.finditer(text):
        if token[0] in b"[{":
            depth += 1
            if depth > MOST_DEPTH:
                return True
        elif token[0] in b"]}":
            depth -= 1
    return False


def _stored(value):
    if not is_storable(value):
        raise ParseError(_("The request holds a NUL character or a broken one. Take it out and send it again."))
    return value
