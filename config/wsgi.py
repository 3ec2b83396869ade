import os
import re
from collections.abc import Callable, Iterable

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

handler = get_wsgi_application()
MOST_READ = 121 << 20  # what the proxy lets through
OTHER_CHARSET = re.compile(r"(charset\s*=\s*)(?![\"']?utf-?8\b)[^;\s]+", re.IGNORECASE)


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Django reads the query in the encoding that the sender names, and fails on "hex" before it handles errors: another
    one than UTF-8 becomes an unknown one, which config/refusals.py refuses."""
    environ["CONTENT_TYPE"] = OTHER_CHARSET.sub(r"\1unknown", environ.get("CONTENT_TYPE", ""))
    answer = handler(environ, start_response)
    _read_the_rest(environ)
    return answer


def _read_the_rest(environ: dict) -> None:
    """A sheet that is refused by its heading alone is still on its way: a connection that ended under it would lose the
    answer, and the proxy would say 502 in its place."""
    sent = environ.get("CONTENT_LENGTH") or ""
    if sent.isdecimal() and int(sent) <= MOST_READ:
        while environ["wsgi.input"].read(1 << 20):
            pass
