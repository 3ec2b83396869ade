from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from config import views
from config.api import urlpatterns as api

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("account/", views.account, name="account"),
    path("account/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("", include("evaluation.urls")),
    path("", include("referrals.urls")),
    path("", include("budgets.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
