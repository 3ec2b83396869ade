from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from config import views
from config.accounts import ForgottenPassword
from config.api import urlpatterns as api
from evaluation.views import account

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("account/", account.account, name="account"),
    path("account/email/", account.address_change, name="account_email"),
    path("account/tokens/", account.token_create, name="token-create"),
    path("account/tokens/<int:pk>/revoke/", account.token_revoke, name="token-revoke"),
    path("account/sessions/end/", account.session_end, name="session-end"),
    path("account/password/reset/", ForgottenPassword.as_view(), name="account_reset_password"),
    path("account/second-factor/", account.account, name="mfa_index"),
    path("account/second-factor/", include("allauth.mfa.urls")),
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
handler429 = "config.views.too_many_requests"  # of allauth, for mails
handler500 = "config.views.server_error"
