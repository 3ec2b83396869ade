"""The REST API under /api/v1/: all apps' endpoints, token, schema and its offline page."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.exceptions import NotFound
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from budgets.api import BudgetViewSet, ExpenditureViewSet
from evaluation.api import views
from referrals.api import ReferralViewSet


class TokenView(ObtainAuthToken):
    """Exchange user name and password for a token."""

    parser_classes = APIView.parser_classes  # bounded ones
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "token"


@extend_schema(exclude=True)
class NothingView(APIView):
    """Addresses that the API does not have: a problem document, not a page."""

    permission_classes = ()

    def initial(self, request, *args, **kwargs):
        raise NotFound


router = SimpleRouter()
router.register("institutions", views.InstitutionViewSet, "api-institution")
router.register("indicators", views.IndicatorViewSet, "api-indicator")
router.register("indicator-values", views.IndicatorValueViewSet, "api-indicator-value")
router.register("uploads", views.UploadViewSet, "api-upload")
router.register("cases", views.CaseViewSet, "api-case")
router.register("referrals", ReferralViewSet, "api-referral")
router.register("budgets/plans", BudgetViewSet, "api-budget")
router.register("budgets/expenditures", ExpenditureViewSet, "api-expenditure")

urlpatterns = [
    path("token/", login_not_required(TokenView.as_view()), name="api-token"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    *router.urls,
    path("<path:rest>", NothingView.as_view()),
]
for pattern in urlpatterns:
    # The session middleware would redirect to the log-in page; the API answers 401 itself.
    if hasattr(pattern, "callback"):
        pattern.callback.login_required = False
