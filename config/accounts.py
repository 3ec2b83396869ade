"""How people sign in: django-allauth, without sign-up; what happens goes to the audit trail."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Users are made by the administrator."""
        return False
