"""`POST /api/v1/token/`: a program exchanges a person's user name and password, and the code of the app, for a token."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from config.second_factor import CodeForm
from evaluation.models import ApiToken, User
from evaluation.services import second_factor, tokens


class TokenRequest(AuthTokenSerializer):
    token = None
    code = serializers.CharField(
        required=False, write_only=True, help_text="Of the authenticator app, where the account has a second factor."
    )
    name = serializers.CharField(required=False, default="API", max_length=60)
    scope = serializers.ChoiceField(ApiToken.Scope.choices, required=False)
    days = serializers.IntegerField(
        required=False, default=tokens.DEFAULT_DAYS, min_value=1, max_value=tokens.MOST_DAYS, write_only=True
    )


class IssuedToken(serializers.Serializer):
    token = serializers.CharField(help_text="Shown here only; the site keeps its hash.")
    name = serializers.CharField()
    scope = serializers.ChoiceField(ApiToken.Scope.choices)
    expires_at = serializers.DateTimeField()


class TokenView(APIView):
    """Exchange user name and password for a token. Wrong passwords and codes are counted with those of the log-in page
    (config.accounts.CountingBackend, config.second_factor.OnceOnly)."""

    permission_classes = ()
    authentication_classes = ()

    @extend_schema(request=TokenRequest, responses={200: IssuedToken})
    def post(self, request):
        asked = TokenRequest(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        user = given["user"]
        _require_second_factor(user, given.get("code", ""))
        token, secret = tokens.issue(
            user=user, name=given["name"], scope=given.get("scope") or tokens.default_scope(user), days=given["days"],
            by=user,
        )  # fmt: skip
        return Response(
            {"token": secret, "name": token.name, "scope": token.scope, "expires_at": token.expires_at},
            headers={"Cache-Control": "no-store"},
        )


def _require_second_factor(user: User, code: str) -> None:
    if second_factor.has_one(user):
        form = CodeForm(user=user, data={"code": code})
        if not form.is_valid():
            raise ValidationError({"code": form.errors["code"]})
    elif second_factor.is_needed(user):
        raise PermissionDenied(_("Your role needs a second factor: set it up on the account page first."))
