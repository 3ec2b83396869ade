from rest_framework import serializers, viewsets

from budgets.models import Budget, Expenditure
from evaluation.api.permissions import SeesValues


class BudgetSerializer(serializers.ModelSerializer):
    institution = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = Budget
        fields = ("year", "institution", "category", "planned_amount")


class ExpenditureSerializer(serializers.ModelSerializer):
    institution = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = Expenditure
        fields = ("month", "institution", "category", "amount")


class BudgetViewSet(viewsets.ReadOnlyModelViewSet):
    """Approved amounts, yuan."""

    serializer_class = BudgetSerializer
    permission_classes = (SeesValues,)
    filterset_fields = ("year", "institution__code", "category")
    queryset = Budget.objects.none()

    def get_queryset(self):
        return Budget.objects.visible_to(self.request.user).select_related("institution")


class ExpenditureViewSet(viewsets.ReadOnlyModelViewSet):
    """Monthly spending, yuan."""

    serializer_class = ExpenditureSerializer
    permission_classes = (SeesValues,)
    filterset_fields = {"month": ["exact", "gte", "lte"], "institution__code": ["exact"], "category": ["exact"]}
    queryset = Expenditure.objects.none()

    def get_queryset(self):
        return Expenditure.objects.visible_to(self.request.user).select_related("institution")
