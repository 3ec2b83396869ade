from allauth.account import forms
from allauth.account.adapter import get_adapter


class ChangePasswordForm(forms.ChangePasswordForm):
    """A wrong present password counts like one at the door."""

    def clean_oldpassword(self) -> str:
        given = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, given):
            raise get_adapter().validation_error("enter_current_password")
        return given
