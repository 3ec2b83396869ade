"""A month far from all others: figures are computed all the same, everybody's."""

import pytest

from evaluation.models import IndicatorValue, StaleMark
from evaluation.services.recompute import recompute_all_stale
from tests.services.deliveries import H2, case, stored


@pytest.mark.parametrize("drg", ["", "BR21"])
def test_a_row_of_another_decade_keeps_nobody_from_figures(world, drg):
    stored([case(1, "2026-03-09", drg_code=drg), case(2, "2026-03-09", institution=H2, drg_code=drg)])
    recompute_all_stale()

    stored([case(3, "2016-03-09", admitted_at="2016-03-01", drg_code=drg), case(4, "2026-04-02", drg_code=drg)])
    stored([case(5, "2026-04-02", institution=H2, drg_code=drg)])
    recompute_all_stale()

    assert not StaleMark.objects.exists()
    months = {"2016-03", "2026-03", "2026-04"}
    found = IndicatorValue.objects.filter(indicator="ALOS", institution__isnull=False, period__in=months)
    assert set(found.values_list("institution__code", "period")) == {
        *(("H33010000001", month) for month in months), (H2, "2026-03"), (H2, "2026-04"),
    }  # fmt: skip
