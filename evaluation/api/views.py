"""The REST API of the base app (design §4). Every queryset starts from what the person may see."""

from functools import partial

from django.db.models import Prefetch, Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.api.pagination import ValuePages
from evaluation.api.parsers import FormParser, JSONParser, MultiPartParser
from evaluation.api.permissions import Delivers, SeesCases, SeesValues
from evaluation.api.reading import AuditedReading
from evaluation.api.serializers import (
    CaseSerializer,
    IndicatorListSerializer,
    IndicatorSerializer,
    InstitutionSerializer,
    SubmitSerializer,
    UploadRequestSerializer,
    UploadSerializer,
    ValueListSerializer,
    ValueSerializer,
)
from evaluation.api.values import as_record
from evaluation.datasets import dataset_by_name
from evaluation.importing.problems import Problem, SheetRefused
from evaluation.indicators.periods import Period, PeriodKind, months_between
from evaluation.models import InpatientCase, Institution, Membership, Upload
from evaluation.pages.values import NoSuchValue, find_values
from evaluation.services import uploads
from evaluation.services.values import indicators
from evaluation.tasks import carry_on

MOST_MONTHS, MOST_CODES, MOST_VALUES = 120, 500, 100_000  # of one question


class InstitutionViewSet(viewsets.ReadOnlyModelViewSet):
    """Institutions of the own consortia; of former members the name, level and type only."""

    serializer_class = InstitutionSerializer
    permission_classes = (SeesValues,)
    lookup_field = "code"
    filterset_fields = ("level", "type", "region_code")
    queryset = Institution.objects.none()

    def _own_memberships(self) -> Prefetch:
        """Those in consortia that the person sees."""
        return Prefetch("memberships", Membership.objects.visible_to(self.request.user).select_related("consortium"))

    def get_queryset(self):
        user = self.request.user
        is_shown_whole = Q(pk__in=Institution.objects.belonging_to(user).values("pk"))
        seen = Institution.objects.visible_to(user).annotate(is_shown_whole=is_shown_whole)
        return seen.prefetch_related(self._own_memberships()).order_by("code")


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
            _text("indicator", f"Codes, comma-separated, at most {MOST_CODES}", required=True),
            _text("institution", f"Codes, comma-separated, at most {MOST_CODES}"),
            _text("consortium", f"Codes, comma-separated, at most {MOST_CODES}"),
            _text("level", "With a consortium: L3 … VC or PRIMARY"),
            _text("period", f"2026-03, 2026-Q1, 2026 or 2026-03R12; several comma-separated, at most {MOST_CODES}"),
            _text("from", f"First period of a span of at most {MOST_MONTHS} months, in the form of `to`"),
            _text("to", "Last period of a span"),
            OpenApiParameter("page", OpenApiTypes.INT, description="Page of the results"),
            OpenApiParameter("page_size", OpenApiTypes.INT, description="Values on a page, at most 1,000"),
        ],
    )
    def list(self, request: Request) -> Response:
        query = request.query_params
        if not query.get("indicator"):
            raise ValidationError({"indicator": [_("Name at least one indicator.")]})
        asked = {name: _codes(query, name) for name in ("indicator", "institution", "consortium")}
        periods = _periods(query)
        if len(asked["indicator"]) * len(asked["institution"] + asked["consortium"]) * len(periods) > MOST_VALUES:
            raise ValidationError(
                {
                    "indicator": [
                        _("These are more than %(count)s values. Ask in parts.") % {"count": f"{MOST_VALUES:,}"}
                    ]
                }
            )
        try:
            found = find_values(
                indicators=asked["indicator"],
                institutions=asked["institution"],
                consortia=asked["consortium"],
                level=query.get("level", ""),
                periods=periods,
                user=request.user,
            )
        except NoSuchValue as error:
            raise ValidationError({error.field: [str(error)]}) from None
        pages = ValuePages()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response([as_record(each) for each in page])


class UploadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Deliver sheets: POST a file, read its problems, submit, withdraw or undo it."""

    serializer_class = UploadSerializer
    permission_classes = (Delivers,)
    parser_classes = (MultiPartParser,)
    filterset_fields = ("dataset", "status", "institution__code")
    queryset = Upload.objects.none()

    def get_queryset(self):
        return Upload.objects.visible_to(self.request.user).select_related("institution", "consortium", "by")

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
            raise ValidationError({"file": [_placed(each) for each in refused.problems]}) from None
        upload = carry_on(upload)
        location = request.build_absolute_uri(reverse("api-upload-detail", args=[upload.pk]))
        return Response(self._shown(upload), status=status.HTTP_202_ACCEPTED, headers={"Location": location})

    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        """As what is stored now wants it: checked again if the sheet would do something else than was said."""
        return Response(self._shown(carry_on(uploads.renewed(self.get_object()))))

    @extend_schema(request=SubmitSerializer, responses={202: UploadSerializer})
    @action(detail=True, methods=["post"], parser_classes=(JSONParser, FormParser, MultiPartParser))
    def submit(self, request: Request, pk: str) -> Response:
        """Store the accepted rows. `accept_warnings` and `confirm_removal` answer what the upload asks for."""
        decided = SubmitSerializer(data=request.data)
        decided.is_valid(raise_exception=True)
        said = decided.validated_data
        submit = partial(uploads.submit, accepted=said["accept_warnings"], removal_confirmed=said["confirm_removal"])
        return self._moved(submit)

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


class CaseViewSet(AuditedReading):
    """Current case rows, record numbers masked; reading them is written to the audit trail."""

    action_seen = "cases seen"
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


def _placed(problem: Problem) -> str:
    """The sentence with its row and column, as far as it has them."""
    places = [f"{_('row')} {problem.row}"] if problem.row else []
    places += [problem.column] if problem.column else []
    return f"{', '.join(places)}: {problem.sentence}" if places else problem.sentence


def _codes(query, name: str) -> list[str]:
    """The codes of a parameter, each once."""
    codes = list(dict.fromkeys(code.strip() for code in query.get(name, "").split(",") if code.strip()))
    if len(codes) > MOST_CODES:
        raise ValidationError({name: [_("At most %(count)s codes at a time.") % {"count": MOST_CODES}]})
    return codes


def _periods(query) -> list[str]:
    """The periods of a request: named, or all of the kind from … to."""
    named = _codes(query, "period")
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
    begin = first.last if first.kind is PeriodKind.ROLLING else first.first
    if len(months_between(begin, last.last)) > MOST_MONTHS:
        raise ValidationError(
            {"to": [_("The span is longer than %(count)s months. Ask for it in parts.") % {"count": MOST_MONTHS}]}
        )
    spans = [first]
    while spans[-1] < last:
        spans.append(spans[-1].shifted(1))
    return [span.code for span in spans]
