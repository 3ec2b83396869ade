"""How people sign in: django-allauth, without sign-up; what happens goes to the audit trail."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from config.addresses import client_address
from evaluation.models import User
from evaluation.services import sign_ins


class CountingBackend(AuthenticationBackend):
    """Compares passwords for whoever asks Django who somebody is (page, API, any door to come), and so counts the wrong
    ones of all of them."""

    def authenticate(self, request: HttpRequest | None, **credentials) -> User | None:
        name = credentials.get("username")
        if not name or not credentials.get("password"):
            return None
        attempt = sign_ins.begin_attempt(name=name)
        user = super().authenticate(request, **credentials)
        if user is not None:
            attempt.give_back()
        return user


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Users are made by the administrator."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """The backend counts, not allauth's cache."""

    def authenticate(self, request: HttpRequest, **credentials) -> User | None:
        try:
            return super().authenticate(request, **credentials)
        except sign_ins.SignInsClosed as closed:
            raise ValidationError(str(closed)) from None
