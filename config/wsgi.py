import os
import re
from collections.abc import Callable, Iterable

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

handler = get_wsgi_application()
OTHER_CHARSET = re.compile(r"(charset\s*=\s*)(?![\"']?utf-?8\b)[^;\s]+", re.IGNORECASE)


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Django reads the query in the encoding that the sender names, and fails on "hex" before it handles errors: another
    one than UTF-8 becomes an unknown one, which config/refusals.py refuses."""
    environ["CONTENT_TYPE"] = OTHER_CHARSET.sub(r"\1unknown", environ.get("CONTENT_TYPE", ""))
    return handler(environ, start_response)
