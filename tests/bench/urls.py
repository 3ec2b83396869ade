"""The site's addresses and those of a view that does nothing, for people who are signed in and for anybody."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path


def empty(request):
    return HttpResponse("ok")


urlpatterns = [
    path("bench/signed-in/", empty),
    path("bench/empty/", login_not_required(empty)),
    path("", include("config.urls")),
]
