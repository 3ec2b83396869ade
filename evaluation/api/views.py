"""The REST API of the base app (design §4). Every queryset starts from what the person may see."""

from django.db.models import Prefetch
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.api.permissions import Delivers, SeesCases, SeesValues
from evaluation.api.serializers import (
    CaseSerializer,
    IndicatorListSerializer,
    IndicatorSerializer,
    InstitutionSerializer,
    UploadRequestSerializer,
    UploadSerializer,
    ValueListSerializer,
    ValueSerializer,
)
from evaluation.api.values import as_record
from evaluation.datasets import dataset_by_name
from evaluation.importing.problems import SheetRefused
from evaluation.indicators.periods import Period
from evaluation.models import InpatientCase, Institution, Membership, Upload
from evaluation.pages.values import NoSuchValue, find_values
from evaluation.services import audit, uploads
from evaluation.services.values import indicators
from evaluation.tasks import carry_on

MOST_PERIODS = 200


class InstitutionViewSet(viewsets.ReadOnlyModelViewSet):
    """Institutions of the own consortia."""

    serializer_class = InstitutionSerializer
    permission_classes = (SeesValues,)
    lookup_field = "code"
    filterset_fields = ("level", "type", "region_code")
    queryset = Institution.objects.none()

    def _own_memberships(self) -> Prefetch:
        """Those in consortia that the person sees."""
        return Prefetch("memberships", Membership.objects.visible_to(self.request.user).select_related("consortium"))

    def get_queryset(self):
        return (
            Institution.objects.visible_to(self.request.user).prefetch_related(self._own_memberships()).order_by("code")
        )


class IndicatorViewSet(viewsets.ViewSet):
    """The catalogue with its texts, in the language of the request."""

    permission_classes = (SeesValues,)
    serializer_class = IndicatorSerializer
    lookup_field = "code"

    @extend_schema(responses=IndicatorListSerializer)
    def list(self, request: Request) -> Response:
        every = indicators()
        records = IndicatorSerializer(every, many=True).data
        return Response({"count": len(every), "next": None, "previous": None, "results": records})

    @extend_schema(
        responses=IndicatorSerializer, parameters=[OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)]
    )
    def retrieve(self, request: Request, code: str) -> Response:
        for indicator in indicators():
            if indicator.code == code:
                return Response(IndicatorSerializer(indicator).data)
        raise Http404


def _text(name: str, description: str, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, required=required)


class IndicatorValueViewSet(viewsets.ViewSet):
    """Values of indicators: of institutions or consortia, for one or several periods or a span of them."""

    permission_classes = (SeesValues,)
    serializer_class = ValueSerializer

    @extend_schema(
        responses=ValueListSerializer,
        parameters=[
            _text("indicator", "Codes, comma-separated", required=True),
            _text("institution", "Codes, comma-separated"),
            _text("consortium", "Codes, comma-separated"),
            _text("level", "With a consortium: L3 … VC or PRIMARY"),
            _text("period", "2026-03, 2026-Q1, 2026 or 2026-03R12; several comma-separated"),
            _text("from", "First period of a span, in the form of `to`"),
            _text("to", "Last period of a span"),
        ],
    )
    def list(self, request: Request) -> Response:
        query = request.query_params
        if not query.get("indicator"):
            raise ValidationError({"indicator": [_("Name at least one indicator.")]})
        try:
            found = find_values(
                indicators=_codes(query.get("indicator", "")),
                institutions=_codes(query.get("institution", "")),
                consortia=_codes(query.get("consortium", "")),
                level=query.get("level", ""),
                periods=_periods(query),
                user=request.user,
            )
        except NoSuchValue as error:
            raise ValidationError({error.field: [str(error)]}) from None
        records = [as_record(each) for each in found]
        return Response({"count": len(records), "next": None, "previous": None, "results": records})


class UploadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Deliver sheets: POST a file, read its problems, submit, withdraw or undo it."""

    serializer_class = UploadSerializer
    permission_classes = (Delivers,)
    parser_classes = (MultiPartParser,)
    filterset_fields = ("dataset", "status", "institution__code")
    queryset = Upload.objects.none()

    def get_queryset(self):
        return Upload.objects.visible_to(self.request.user).select_related("institution", "by")

    @extend_schema(request=UploadRequestSerializer, responses={202: UploadSerializer})
    def create(self, request: Request) -> Response:
        asked = UploadRequestSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        dataset = dataset_by_name(data["dataset"])
        institution = data.get("institution") or (request.user.institution if dataset.of_institution else None)
        try:
            upload = uploads.receive(
                dataset=dataset.code, file=data["file"], filename=data["file"].name, by=request.user,
                institution=institution, consortium=data.get("consortium"), month=data.get("month"), mode=data["mode"],
            )  # fmt: skip
        except SheetRefused as refused:
            sentences = [
                f"{_('row')} {each.row}, {each.column}: {each.sentence}" if each.row else each.sentence
                for each in refused.problems
            ]
            raise ValidationError({"file": sentences}) from None
        upload = carry_on(upload)
        location = request.build_absolute_uri(reverse("api-upload-detail", args=[upload.pk]))
        return Response(self._shown(upload), status=status.HTTP_202_ACCEPTED, headers={"Location": location})

    @extend_schema(request=None, responses={202: UploadSerializer})
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        return self._moved(uploads.submit)

    @extend_schema(request=None, responses={202: UploadSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        return self._moved(uploads.withdraw)

    @extend_schema(request=None, responses={202: UploadSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        return self._moved(uploads.undo)

    def _moved(self, move) -> Response:
        upload = carry_on(move(upload=self.get_object(), by=self.request.user))
        return Response(self._shown(upload), status=status.HTTP_202_ACCEPTED)

    def _shown(self, upload: Upload) -> dict:
        return UploadSerializer(upload, context=self.get_serializer_context()).data


class CaseViewSet(viewsets.ReadOnlyModelViewSet):
    """Current case rows, record numbers masked; reading them is written to the audit trail."""

    serializer_class = CaseSerializer
    permission_classes = (SeesCases,)
    filterset_fields = {
        "institution__code": ["exact"],
        "month": ["exact", "gte", "lte"],
        "drg_code": ["exact"],
        "disposition": ["exact"],
    }
    queryset = InpatientCase.objects.none()

    def get_queryset(self):
        return InpatientCase.objects.visible_to(self.request.user).select_related("institution").order_by("-pk")

    def list(self, request: Request, *args, **kwargs) -> Response:
        audit.record("cases seen", by=request.user, thing="api", query=request.query_params.dict())
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        audit.record("cases seen", by=request.user, thing=f"api case {kwargs['pk']}")
        return super().retrieve(request, *args, **kwargs)


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _periods(query) -> list[str]:
    """The periods of a request: named, or all of the kind from … to."""
    named = _codes(query.get("period", ""))
    if not (query.get("from") or query.get("to")):
        if not named:
            raise ValidationError({"period": [_("Name a period, or from and to.")]})
        return named
    try:
        first, last = Period.parse(query.get("from") or query["to"]), Period.parse(query.get("to") or query["from"])
    except (ValueError, KeyError) as error:
        raise ValidationError({"from": [_(str(error))]}) from None
    if first.kind is not last.kind:
        raise ValidationError({"to": [_("Write from and to in the same form.")]})
    if last < first:
        raise ValidationError({"to": [_("This lies before from.")]})
    spans = [first]
    while spans[-1] < last:
        spans.append(spans[-1].shifted(1))
        if len(spans) > MOST_PERIODS:
            raise ValidationError({"to": [_("At most %(count)s periods at a time.") % {"count": MOST_PERIODS}]})
    return [span.code for span in spans]
