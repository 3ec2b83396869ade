"""Requests that no page or endpoint could answer, refused once for all of them."""

import re
from collections.abc import Callable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from evaluation.storable import is_storable

API = "/api/"
ENCODED_NUL = re.compile("%00|\0")
UTF_8 = {"utf-8", "utf8"}  # see config/wsgi.py


class RefuseUnstorable:
    """A NUL character in address, query, headers, cookies or form would end as an error of the database. Of the API, whose
    bodies its parsers read (evaluation/api/parsers.py), only what stands around them is looked at here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if ENCODED_NUL.search(request.META.get("QUERY_STRING", "")) or not all(map(is_storable, _around(request))):
            raise BadRequest("NUL")
        if request.content_params.get("charset", "utf-8").lower() not in UTF_8:
            raise BadRequest("charset")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, arguments, options) -> None:
        if request.method == "POST" and not request.path_info.startswith(API) and not _is_form_storable(request):
            raise BadRequest("NUL")


def _around(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for name, value in request.META.items():
        if name.startswith("HTTP_"):
            yield value
    yield from request.COOKIES.values()


def _is_form_storable(request: HttpRequest) -> bool:
    try:
        fields = dict(request.POST.lists())
    except UnreadablePostError:  # the sender is gone; who reads the form finds out
        return True
    names = [name for field, files in request.FILES.lists() for name in (field, *(file.name for file in files))]
    return is_storable(fields) and is_storable(names)
