"""What people change of their own account; each asks for the password, since a browser may have been left open."""

from allauth.account.adapter import get_adapter
from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import ApiToken
from evaluation.services import tokens


class WithPassword(forms.Form):
    password = forms.CharField(
        label=_("Your present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.order_fields([*(name for name in self.fields if name != "password"), "password"])

    def clean_password(self):
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):  # counted like a failed sign-in
            raise forms.ValidationError(_("This is not your password."))
        return password


class AddressForm(WithPassword):
    email = forms.EmailField(label=_("New mail address"))


class TokenForm(WithPassword):
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Which program uses it."))
    scope = forms.ChoiceField(
        label=_("Scope"), choices=ApiToken.Scope.choices, widget=forms.Select(attrs={"class": "control"})
    )
    days = forms.IntegerField(
        label=_("Days until it expires"), min_value=1, max_value=tokens.MOST_DAYS, initial=tokens.DEFAULT_DAYS,
        widget=forms.NumberInput(attrs={"class": "control"}),
    )  # fmt: skip
