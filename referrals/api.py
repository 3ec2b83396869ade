from rest_framework import serializers

from evaluation.access.roles import Permission
from evaluation.api.permissions import Delivers
from evaluation.api.reading import AuditedReading
from referrals.models import Referral


class ReferralSerializer(serializers.ModelSerializer):
    """A referral without its patient."""

    sender = serializers.SlugRelatedField("code", read_only=True)
    receiver = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = Referral
        fields = (
            "code", "direction", "sender", "receiver", "main_dx", "reason", "green_channel", "needs_rehab", "requested_at",
            "accepted_at", "arrived_at", "completed_at", "status", "decline_reason",
        )  # fmt: skip


class SeesReferrals(Delivers):
    """Rows of single patients: for those who handle them, not for board or regulator."""

    permissions = (Permission.SEE_CASES,)


class ReferralViewSet(AuditedReading):
    """Referrals that the own institution sends or receives; the office sees those of its members; reading them is
    written to the audit trail."""

    action_seen = "referrals seen"
    serializer_class = ReferralSerializer
    permission_classes = (SeesReferrals,)
    lookup_field = "code"
    filterset_fields = {"direction": ["exact"], "status": ["exact"], "month": ["exact", "gte", "lte"]}
    queryset = Referral.objects.none()

    def get_queryset(self):
        return Referral.objects.visible_to(self.request.user).select_related("sender", "receiver")
