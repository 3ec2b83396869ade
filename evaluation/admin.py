"""Administration: users by the administrator (and own staff by institution managers), master data and limits by the office.

Rights come from the roles, not from Django's permissions. Master data typed in here goes the way of a sheet.
"""

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import ROLE_NAMES, Permission, Role, managed_roles
from evaluation.access.rules import may
from evaluation.datasets import dataset_by_name
from evaluation.models import (
    Benchmark,
    Consortium,
    Department,
    Institution,
    Joining,
    Membership,
    Threshold,
    Upload,
    User,
)
from evaluation.services import audit, people, second_factor, sign_ins, staleness
from evaluation.services.typed_rows import deliver_row
from evaluation.services.values import indicators
from evaluation.tasks import recompute, ring
from evaluation.views.scope import current_consortium

admin.site.site_header = admin.site.site_title = _("Yilian administration")
admin.site.unregister((Group, EmailAddress, Authenticator))  # the last two would let somebody act as another
# One way to sign in: the site's, which people not signed in are sent to.
admin.site.login = secure_admin_login(lambda request, extra_context=None: redirect("admin:index"))


class ByRole(admin.ModelAdmin):
    """Whoever has one of the permissions may look, add and change; nobody deletes."""

    needs: tuple[Permission, ...] = ()

    def _allowed(self, request) -> bool:
        return any(may(request.user, permission) for permission in self.needs)

    def has_module_permission(self, request) -> bool:
        return self._allowed(request)

    def has_view_permission(self, request, obj=None) -> bool:
        return self._allowed(request)

    def has_add_permission(self, request) -> bool:
        return self._allowed(request)

    def has_change_permission(self, request, obj=None) -> bool:
        return self._allowed(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(User)
class PeopleAdmin(ByRole, UserAdmin):
    needs = (Permission.MANAGE_USERS, Permission.MANAGE_OWN_STAFF)
    list_display = ("username", "first_name", "role", "institution", "is_active", "last_login")
    list_filter = ("role", "is_active")
    actions = ("remove_second_factor",)
    of_others = ("role", "institution", "consortia", "is_active", "email")  # nobody changes these of the own account
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email", "is_active")}),
        (_("Rights"), {"fields": ("role", "institution", "consortia")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "first_name",
                    "email",
                    "role",
                    "institution",
                    "consortia",
                    "usable_password",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "consortia":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request):
        found = super().get_queryset(request)
        if may(request.user, Permission.MANAGE_USERS):
            return found
        return found.filter(institution=request.user.institution_id, role=Role.STAFF)

    def get_readonly_fields(self, request, obj=None):
        return self.of_others if obj is not None and obj.pk == request.user.pk else ()

    def user_change_password(self, request, id, form_url=""):
        """The own password is changed where the present one is asked for."""
        if str(id) == str(request.user.pk):
            return redirect("account_change_password")
        return super().user_change_password(request, id, form_url)

    @admin.action(description=_("Remove the second factor, whose device is lost"))
    def remove_second_factor(self, request, queryset):
        for person in queryset.exclude(pk=request.user.pk):
            second_factor.remove(user=person, by=request.user)

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if "role" in form.base_fields:
            given = managed_roles(request.user.role)
            form.base_fields["role"].choices = [(role.value, ROLE_NAMES[role]) for role in Role if role in given]
        if not may(request.user, Permission.MANAGE_USERS) and "institution" in form.base_fields:
            form.base_fields["institution"].queryset = Institution.objects.filter(pk=request.user.institution_id)
            form.base_fields["consortia"].queryset = Consortium.objects.none()
        return form

    def save_model(self, request, obj, form, change):
        if not may(request.user, Permission.MANAGE_USERS):
            obj.role, obj.institution_id = Role.STAFF.value, request.user.institution_id
        people.save_person(person=obj, by=request.user, fields=form.changed_data)

    def log_change(self, request, obj, message):
        """Django sets a password past `save_model`."""
        if request.resolver_match.url_name == "auth_user_password_change":
            people.end_everything(person=obj, by=request.user)
            sign_ins.forget_failures(user=obj)
            audit.record("password reset", by=request.user, thing=obj.key)
        return super().log_change(request, obj, message)


class TypedIn(ByRole):
    """Master data: saving delivers a sheet of one row. `columns` says how to write a field into the sheet."""

    needs = (Permission.SUBMIT_MASTER_DATA,)
    dataset = ""
    columns: dict[str, str] = {}  # sheet column → path of the value on the object, where the names differ
    key_fields: tuple[str, ...] = ()

    def get_queryset(self, request):
        found = super().get_queryset(request)
        return found.model.objects.visible_to(request.user) if hasattr(found, "visible_to") else found

    def get_readonly_fields(self, request, obj=None):
        return self.key_fields if obj else ()

    def save_model(self, request, obj, form, change):
        values = {name: _cell(obj, self.columns.get(name, name)) for name in self._names()}
        try:
            deliver_row(dataset=self.dataset, values=values, by=request.user, consortium=current_consortium(request))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            obj.is_not_stored = True
            return
        key = {field: getattr(obj, field) for field in self.key_fields}
        obj.pk = obj.pk or type(obj).objects.filter(**key).values_list("pk", flat=True).first()
        ring(recompute)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """The choices are what the person sees; of institutions those whose master data the person changes."""
        model = db_field.remote_field.model
        is_master_data = model is Institution
        found = model.objects.changeable_by(request.user) if is_master_data else model.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **{"queryset": found} | kwargs)

    def log_addition(self, request, obj, message):
        return None if _is_not_stored(obj) else super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        return None if _is_not_stored(obj) else super().log_change(request, obj, message)

    def response_add(self, request, obj, post_url_continue=None):
        if _is_not_stored(obj):
            return HttpResponseRedirect(request.get_full_path())
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        if _is_not_stored(obj):
            return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)

    def _names(self) -> list[str]:
        return [column.name for column in dataset_by_name(self.dataset).layout.columns]


def _is_not_stored(obj) -> bool:
    """Refused, or waiting for somebody's consent."""
    return getattr(obj, "is_not_stored", False)


def _cell(obj, path: str) -> str:
    for name in path.split("."):
        obj = getattr(obj, name)
    return "" if obj is None else {True: "yes", False: "no"}.get(obj, str(obj)) if isinstance(obj, bool) else str(obj)


@admin.register(Consortium)
class ConsortiumAdmin(TypedIn):
    dataset, key_fields = "consortia", ("code",)
    list_display = ("code", "name", "kind", "compact")


@admin.register(Institution)
class InstitutionAdmin(TypedIn):
    dataset, key_fields = "institutions", ("code",)
    list_display = ("code", "name", "level", "type", "region_code")
    list_filter = ("level", "type")
    search_fields = ("code", "name", "region_code")

    def get_queryset(self, request):
        return Institution.objects.changeable_by(request.user)


@admin.register(Membership)
class MembershipAdmin(TypedIn):
    dataset, key_fields = "memberships", ("consortium", "institution", "joined_on")
    columns = {"consortium": "consortium.code", "institution": "institution.code"}
    list_display = ("consortium", "institution", "role", "joined_on", "left_on")
    search_fields = ("institution__name", "institution__code")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Former members may be asked to join again, new institutions to join."""
        if db_field.name == "institution":
            seen = Q(pk__in=Institution.objects.visible_to(request.user)) | Q(memberships__isnull=True)
            kwargs["queryset"] = Institution.objects.filter(seen)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        asked = Joining.objects.waiting().filter(**{field: getattr(obj, field) for field in self.key_fields})
        if asked.exists():
            obj.is_not_stored = True
            words = _("%(institution)s was asked. It is a member once its manager or the administrator has agreed.")
            self.message_user(request, words % {"institution": obj.institution}, messages.INFO)


@admin.register(Department)
class DepartmentAdmin(TypedIn):
    dataset, key_fields = "departments", ("institution", "code")
    columns = {"institution": "institution.code"}
    list_display = ("institution", "code", "name", "bed_type")
    search_fields = ("name", "code")

    def get_queryset(self, request):
        return Department.objects.filter(institution__in=Institution.objects.changeable_by(request.user))


@admin.register(Benchmark)
class BenchmarkAdmin(ByRole):
    """To look at; benchmarks come as a sheet of the whole table."""

    needs = (Permission.SUBMIT_MASTER_DATA,)
    list_display = ("year", "drg", "consortium", "region", "level", "name", "rw")
    list_filter = ("year",)
    search_fields = ("drg", "name")

    def get_queryset(self, request):
        return Benchmark.objects.visible_to(request.user)

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Threshold)
class ThresholdAdmin(ByRole):
    needs = (Permission.SET_RULES,)
    list_display = ("indicator", "level", "green_low", "green_high", "red_low", "red_high")
    list_filter = ("indicator", "level")

    def get_readonly_fields(self, request, obj=None):
        return ("indicator", "level") if obj else ()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "indicator":
            choices = [(each.code, f"{each.code} – {each.name}") for each in indicators()]
            return forms.ChoiceField(choices=[("", "---------"), *choices], label=db_field.verbose_name)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        before = {name: form.initial.get(name) for name in form.changed_data}
        super().save_model(request, obj, form, change)
        after = {name: form.cleaned_data.get(name) for name in form.changed_data}
        staleness.mark_lights()
        audit.record("threshold changed", by=request.user, thing=str(obj), before=before, after=after)
        ring(recompute)


@admin.register(Upload)
class UploadAdmin(ByRole):
    """To look at."""

    needs = (Permission.SUBMIT_MASTER_DATA,)
    list_display = ("pk", "dataset", "institution", "month", "status", "failure", "rows_read", "created_at")
    list_filter = ("dataset", "status")

    def get_queryset(self, request):
        return Upload.objects.visible_to(request.user)

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False
