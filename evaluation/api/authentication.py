"""Programs come with a token: `Authorization: Token …`."""

from django.utils.translation import gettext as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS

from evaluation.models import ApiToken, User
from evaluation.services.tokens import token_of


class ByToken(TokenAuthentication):
    def authenticate(self, request) -> tuple[User, ApiToken] | None:
        found = super().authenticate(request)
        if found and found[1].scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
            raise PermissionDenied(
                _("This token only reads. Make one that may deliver on the account page, and use that.")
            )
        return found

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        token = token_of(key)
        if token is None:
            raise AuthenticationFailed(
                _("This token is unknown, expired or revoked. Make a new one on the account page.")
            )
        return token.user, token
