"""What referrals add to the datasets."""

from django.utils.translation import gettext_lazy as _

from evaluation.datasets import Dataset, Owner
from referrals.checks import check_referrals
from referrals.layouts import REFERRALS
from referrals.services import ReferralRecords

DATASETS = (
    Dataset(
        REFERRALS,
        _("Referrals"),
        Owner.INSTITUTION,
        check_referrals,
        ReferralRecords(),
        has_month=True,
        cases_at="receiver",
    ),
)
