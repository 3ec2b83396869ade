"""Reading rows of single patients leaves an event."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from evaluation.services import audit


class AuditedReading(ReadOnlyModelViewSet):
    """Rows that were given out are noted, with the filters that found them; a request that failed showed nothing.

    What a filter compares with text is noted only when rows were found: then it is a stored code, and not a name or a
    number that somebody typed.
    """

    action_seen = ""

    def list(self, request: Request, *args, **kwargs) -> Response:
        response = super().list(request, *args, **kwargs)
        found = response.data["count"]
        audit.record(
            self.action_seen, by=request.user, thing="api", rows=len(response.data["results"]), of=found,
            page=self.paginator.page.number, filters=self._filters(request) if found else {},
        )  # fmt: skip
        return response

    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        seen = self.get_object()
        audit.record(self.action_seen, by=request.user, thing=f"api {seen._meta.model_name} {seen.pk}")
        return Response(self.get_serializer(seen).data)

    def _filters(self, request: Request) -> dict[str, str]:
        backend = self.filter_backends[0]()
        form = backend.get_filterset(request, self.get_queryset(), self).form
        return {name: str(value) for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
