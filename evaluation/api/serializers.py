from datetime import date

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from evaluation.datasets import Dataset
from evaluation.importing.problems import Problem, Severity
from evaluation.indicators.definition import THEME_NAMES
from evaluation.models import Consortium, InpatientCase, Institution, Membership, Upload
from evaluation.services import staleness

MOST_PROBLEMS = 1000


class MembershipSerializer(serializers.ModelSerializer):
    consortium = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = Membership
        fields = ("consortium", "role", "joined_on", "left_on", "agreement_no")


class InstitutionSerializer(serializers.ModelSerializer):
    memberships = MembershipSerializer(many=True, read_only=True)

    class Meta:
        model = Institution
        fields = (
            "code", "name", "level", "type", "region_code", "uscc", "approved_beds", "served_population",
            "risk_coefficient", "rate_coefficient", "legal_independent", "memberships",
        )  # fmt: skip


class IndicatorSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    theme = serializers.SerializerMethodField()
    unit = serializers.CharField()
    better = serializers.CharField()
    why_it_matters = serializers.CharField()
    how_calculated = serializers.CharField()
    source = serializers.CharField()
    version = serializers.IntegerField()

    def get_theme(self, indicator) -> str:
        return str(THEME_NAMES[indicator.theme])


@extend_schema_serializer(many=False)
class OnePageSerializer(serializers.Serializer):
    """The envelope of all lists, around one that comes whole."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


@extend_schema_serializer(many=False)
class IndicatorListSerializer(OnePageSerializer):
    results = IndicatorSerializer(many=True)


class ValueSerializer(serializers.Serializer):
    """A value with everything that belongs to it."""

    indicator = serializers.CharField()
    institution = serializers.CharField(allow_null=True)
    consortium = serializers.CharField(allow_null=True)
    period = serializers.CharField()
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    cases = serializers.IntegerField(allow_null=True)
    light = serializers.CharField()
    reason = serializers.CharField()
    version = serializers.IntegerField()
    computed_at = serializers.DateTimeField(allow_null=True)
    level = serializers.CharField(allow_null=True)
    small_sample = serializers.BooleanField()


@extend_schema_serializer(many=False)
class ValueListSerializer(OnePageSerializer):
    results = ValueSerializer(many=True)


class ProblemSerializer(serializers.Serializer):
    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    severity = serializers.CharField()
    rule = serializers.CharField()
    message = serializers.CharField()


class UploadSerializer(serializers.ModelSerializer):
    institution = serializers.SlugRelatedField("code", read_only=True)
    month = serializers.SerializerMethodField()
    by = serializers.SlugRelatedField("username", read_only=True)
    url = serializers.HyperlinkedIdentityField("api-upload-detail")
    accepted = serializers.IntegerField(source="rows_accepted", read_only=True)
    flagged = serializers.IntegerField(source="rows_flagged", read_only=True)
    rejected = serializers.IntegerField(source="rows_rejected", read_only=True)
    computed = serializers.SerializerMethodField()
    ignored_columns = serializers.JSONField(source="ignored", read_only=True)
    problems = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = (
            "id", "url", "dataset", "institution", "month", "mode", "filename", "by", "created_at", "submitted_at",
            "status", "failure", "rows_read", "rows_checked", "accepted", "flagged", "rejected", "rows_stored", "computed",
            "ignored_columns", "problems",
        )  # fmt: skip
        read_only_fields = fields

    def get_month(self, upload: Upload) -> str | None:
        return f"{upload.month:%Y-%m}" if upload.month else None

    def get_computed(self, upload: Upload) -> bool:
        return staleness.is_computed(upload)

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, upload: Upload) -> list[dict]:
        """The first 1,000 problems, errors and warnings."""
        if self.parent is not None:  # in a list the counts are enough
            return []
        stored = upload.problems.all()[:MOST_PROBLEMS]
        return [
            {
                "row": each.row, "column": each.column, "severity": each.severity, "rule": each.rule,
                "message": Problem(each.row, each.column, Severity(each.severity), each.rule, each.message, each.values).sentence,
            }
            for each in stored
        ]  # fmt: skip


@extend_schema_field(OpenApiTypes.STR)
class MonthField(serializers.Field):
    """A month as YYYY-MM."""

    default_error_messages = {"invalid": "Write the month as YYYY-MM."}

    def to_internal_value(self, data) -> date:
        try:
            return date.fromisoformat(f"{data}-01")
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


class UploadRequestSerializer(serializers.Serializer):
    dataset = serializers.ChoiceField(choices=[])
    institution = serializers.SlugRelatedField(
        "code", queryset=Institution.objects.none(), required=False, allow_null=True
    )
    consortium = serializers.SlugRelatedField(
        "code", queryset=Consortium.objects.none(), required=False, allow_null=True
    )
    month = MonthField(required=False)
    mode = serializers.ChoiceField(choices=Upload.Mode.choices, default=Upload.Mode.MERGE)
    file = serializers.FileField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["dataset"].choices = [(dataset.code, dataset.code) for dataset in Dataset.all()]
        request = self.context.get("request")
        if request:
            self.fields["institution"].queryset = Institution.objects.operated_by(request.user)
            self.fields["consortium"].queryset = Consortium.objects.visible_to(request.user)


class CaseSerializer(serializers.ModelSerializer):
    institution = serializers.SlugRelatedField("code", read_only=True)
    record_no = serializers.CharField(source="masked_record_no")
    total_cost = serializers.SerializerMethodField()
    drg_pay = serializers.SerializerMethodField()

    class Meta:
        model = InpatientCase
        fields = (
            "id", "institution", "record_no", "stay_no", "sex", "age", "admitted_at", "discharged_at", "los", "dis_dept",
            "main_dx", "other_dx", "procedures", "surgery_level", "disposition", "total_cost", "drg_code", "rw", "drg_pay",
            "came_by_referral",
        )  # fmt: skip

    def get_total_cost(self, case: InpatientCase) -> str:
        """Yuan."""
        return f"{case.total_cost / 100:.2f}"

    def get_drg_pay(self, case: InpatientCase) -> str | None:
        return None if case.drg_pay is None else f"{case.drg_pay / 100:.2f}"
