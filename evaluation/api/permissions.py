from rest_framework.permissions import BasePermission

from evaluation.access.roles import Permission
from evaluation.access.rules import may, refusal


class _Needs(BasePermission):
    """Refuses in the words of access/rules.py."""

    permissions: tuple[Permission, ...] = ()

    def has_permission(self, request, view) -> bool:
        self.message = refusal(self.permissions[0])
        return any(may(request.user, permission) for permission in self.permissions)


class SeesValues(_Needs):
    permissions = (Permission.SEE_VALUES,)


class SeesCases(_Needs):
    permissions = (Permission.SEE_CASES,)


class Delivers(_Needs):
    permissions = (Permission.SUBMIT_DATA, Permission.SUBMIT_MASTER_DATA)
