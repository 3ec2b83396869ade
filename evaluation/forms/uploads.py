"""The form that takes a sheet."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import Permission, Scope
from evaluation.access.rules import may
from evaluation.datasets import Dataset, Owner
from evaluation.models import Institution, Upload

TOO_LARGE = _("The file is larger than 100 MB. Split it by month, or have it imported on the server.")


def datasets_for(user) -> list[Dataset]:
    """The datasets that the person delivers."""
    owners = []
    if may(user, Permission.SUBMIT_DATA):
        owners.append(Owner.INSTITUTION)
    if may(user, Permission.SUBMIT_MASTER_DATA):
        owners.append(Owner.CONSORTIUM)
    return [dataset for dataset in Dataset.all() if dataset.owner in owners]


class MonthField(forms.DateField):
    def __init__(self, **options):
        widget = forms.DateInput(attrs={"type": "month", "class": "control"}, format="%Y-%m")
        errors = {"invalid": _("Write the month as YYYY-MM.")}
        super().__init__(input_formats=["%Y-%m"], widget=widget, error_messages=errors, **options)


class UploadForm(forms.Form):
    dataset = forms.ChoiceField(label=_("Dataset"), widget=forms.Select(attrs={"class": "control"}))
    institution = forms.ModelChoiceField(
        Institution.objects.none(), to_field_name="code", required=False, label=_("Institution"),
        widget=forms.Select(attrs={"class": "control"}),
    )  # fmt: skip
    month = MonthField(
        required=False,
        label=_("Month"),
        help_text=_("Optional: rows of another month are then refused. Needed to replace a month."),
    )
    mode = forms.ChoiceField(
        choices=Upload.Mode.choices, initial=Upload.Mode.MERGE, required=False, label=_("If the month has data already")
    )
    file = forms.FileField(
        label=_("Sheet"),
        error_messages={
            "required": _("Choose a CSV or XLSX file of at most 100 MB."),
            "missing": _("Choose a CSV or XLSX file of at most 100 MB."),
            "empty": _("The file is empty: it has no bytes at all. Save the sheet again and choose it anew."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.datasets = datasets_for(user)
        self.fields["dataset"].choices = [(dataset.code, dataset.name) for dataset in self.datasets]
        self.fields["institution"].queryset = Institution.objects.operated_by(user)
        if user.scope is Scope.INSTITUTION:
            self.fields["institution"].initial = user.institution

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.LARGEST_UPLOAD:
            raise forms.ValidationError(TOO_LARGE, code="too_large")
        return file
