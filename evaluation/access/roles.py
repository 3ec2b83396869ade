"""Who may do what: one table, roles × permissions (design §1). The database stores the short value of the role."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    STAFF = "staff"
    INSTITUTION_MANAGER = "institution_manager"
    CONSORTIUM_MANAGER = "consortium_manager"
    BOARD = "board"
    REGULATOR = "regulator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = {
    Role.STAFF: _("Data staff"),
    Role.INSTITUTION_MANAGER: _("Institution manager"),
    Role.CONSORTIUM_MANAGER: _("Consortium manager"),
    Role.BOARD: _("Board member"),
    Role.REGULATOR: _("Regulator"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}


class Scope(StrEnum):
    """How far a role sees."""

    INSTITUTION = "institution"
    CONSORTIUM = "consortium"
    ALL = "all"


SCOPES = {
    Role.STAFF: Scope.INSTITUTION,
    Role.INSTITUTION_MANAGER: Scope.INSTITUTION,
    Role.CONSORTIUM_MANAGER: Scope.CONSORTIUM,
    Role.BOARD: Scope.CONSORTIUM,
    Role.REGULATOR: Scope.CONSORTIUM,
    Role.AUDITOR: Scope.ALL,
    Role.ADMINISTRATOR: Scope.ALL,
}


class Permission(StrEnum):
    SEE_VALUES = "see_values"
    SEE_EXACT_VALUES = "see_exact_values"  # others read published values, but for their own institution
    SEE_CASES = "see_cases"
    SUBMIT_DATA = "submit_data"  # of the own institution
    SUBMIT_MASTER_DATA = "submit_master_data"
    CONFIRM_MEMBERSHIP = "confirm_membership"  # that the own institution joins a consortium, or joins it again
    UNDO_UPLOADS = "undo_uploads"
    UNLOCK_MONTHS = "unlock_months"
    SET_RULES = "set_rules"
    APPROVE_RULES = "approve_rules"
    MANAGE_OWN_STAFF = "manage_own_staff"
    MANAGE_USERS = "manage_users"
    READ_AUDIT_TRAIL = "read_audit_trail"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STAFF: frozenset(
        {Permission.SEE_VALUES, Permission.SEE_CASES, Permission.SUBMIT_DATA, Permission.UNDO_UPLOADS}
    ),
    Role.INSTITUTION_MANAGER: frozenset(
        {
            Permission.SEE_VALUES,
            Permission.SEE_CASES,
            Permission.SUBMIT_DATA,
            Permission.UNDO_UPLOADS,
            Permission.MANAGE_OWN_STAFF,
            Permission.CONFIRM_MEMBERSHIP,
        }
    ),
    Role.CONSORTIUM_MANAGER: frozenset(
        {
            Permission.SEE_VALUES,
            Permission.SEE_EXACT_VALUES,
            Permission.SEE_CASES,
            Permission.SUBMIT_MASTER_DATA,
            Permission.UNDO_UPLOADS,
            Permission.UNLOCK_MONTHS,
            Permission.SET_RULES,
        }
    ),
    Role.BOARD: frozenset({Permission.SEE_VALUES, Permission.SEE_EXACT_VALUES, Permission.APPROVE_RULES}),
    Role.REGULATOR: frozenset({Permission.SEE_VALUES}),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT_TRAIL}),
    Role.ADMINISTRATOR: frozenset({Permission.MANAGE_USERS, Permission.CONFIRM_MEMBERSHIP}),
}

# Who decides for a whole consortium or makes accounts signs in with a second factor.
NEED_SECOND_FACTOR = frozenset({Role.CONSORTIUM_MANAGER, Role.BOARD, Role.ADMINISTRATOR})

# Whose accounts somebody makes and changes; nobody changes the own role.
MANAGED_ROLES: dict[Permission, frozenset[Role]] = {
    Permission.MANAGE_USERS: frozenset(Role),
    Permission.MANAGE_OWN_STAFF: frozenset({Role.STAFF}),
}


def managed_roles(role: str) -> frozenset[Role]:
    """The roles that somebody with this role may give."""
    return frozenset().union(*(roles for needed, roles in MANAGED_ROLES.items() if allows(role, needed)))


def allows(role: str, permission: Permission) -> bool:
    """Whether the role has the permission; an unknown role has none."""
    return role in PERMISSIONS and permission in PERMISSIONS[Role(role)]
