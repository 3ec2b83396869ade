"""Benchmarks of consortia: who is measured by which, what makes cases stale, and whose rows are replaced and undone."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from evaluation.models import (
    Benchmark,
    Consortium,
    IndicatorValue,
    InpatientCase,
    LocalBenchmark,
    Membership,
    StaleMark,
    Upload,
    User,
)
from evaluation.pages.cases import with_benchmark
from evaluation.services import uploads
from evaluation.services.recompute import recompute_all_stale
from tests.factories import PLAIN_STATIC_FILES, api, browser, sheet
from tests.importing.sheets import Row
from tests.importing.test_master_checks import GROUP, MEMBER
from tests.services.deliveries import H1, H2, H3, MARCH, case, delivered, marks, stored


def stay(number: object, institution: str, **changes: str) -> Row:
    """Of the group of the benchmarks, 6,500 yuan."""
    return case(number, institution=institution, drg_code="ES35", total_cost="6500.00", **changes)


def benchmark(**changes: str) -> Row:
    return GROUP | {"rw": "0.6500", "deaths": "", "cases": "", "readmissions": ""} | changes


def by_office(rows: list[Row], user: User, **options: object) -> Upload:
    return uploads.store(uploads.submit(upload=delivered(rows, "benchmarks", by=user, **options), by=user))


def indices() -> dict[str, float]:
    found = IndicatorValue.objects.filter(indicator="CEI", period="2026-03", institution__isnull=False)
    return dict(found.values_list("institution__code", "value"))


def test_each_consortium_is_measured_by_its_own_benchmarks_and_common_ones_serve_both(world):
    stored([benchmark(avg_cost="13000.00")], "benchmarks")
    stored([stay(1, H1), stay(2, H3)])
    recompute_all_stale()
    assert indices() == {H1: 0.5, H3: 0.5}

    by_office([benchmark(avg_cost="6500.00")], world.manager)
    assert marks() == {(H1, MARCH)}
    by_office([benchmark(avg_cost="3250.00")], world.other_manager)
    assert marks() == {(H1, MARCH), (H3, MARCH)}
    recompute_all_stale()

    assert indices() == {H1: 1, H3: 2}


def test_undoing_the_benchmarks_of_one_office_leaves_those_of_the_other(world):
    stored([stay(1, H1), stay(2, H3)])
    mine = by_office([benchmark(avg_cost="6500.00")], world.manager)
    by_office([benchmark(avg_cost="3250.00")], world.other_manager)

    uploads.undo(upload=mine, by=world.manager)
    recompute_all_stale()

    assert list(Benchmark.objects.values_list("consortium__code", "avg_cost")) == [("OTHER", 325_000)]
    assert indices() == {H1: None, H3: 2}


def test_what_an_office_delivers_again_replaces_its_own_rows_only(world):
    stored([benchmark(avg_cost="1.00")], "benchmarks")
    by_office([benchmark(avg_cost="2.00")], world.other_manager)
    first = by_office([benchmark(avg_cost="3.00")], world.manager)
    by_office([benchmark(avg_cost="4.00")], world.manager)

    uploads.undo(upload=first, by=world.manager)

    found = Benchmark.objects.values_list("consortium__code", "avg_cost")
    assert set(found) == {(None, 100), ("OTHER", 200), ("YUNLING", 400)}


def test_who_joins_another_consortium_is_measured_by_its_benchmarks(world):
    by_office([benchmark(avg_cost="6500.00")], world.manager)
    by_office([benchmark(avg_cost="3250.00")], world.other_manager)
    stored([stay(1, H1)])
    recompute_all_stale()

    joined = MEMBER | {"consortium": "OTHER", "institution": H1, "joined_on": "2025-01-01", "left_on": "2025-06-30"}
    joining = stored([joined], "memberships")
    assert marks() == {(H1, MARCH)}
    recompute_all_stale()
    assert indices() == {H1: 2}  # it left again, but joined none since

    uploads.undo(upload=joining, by=None)
    recompute_all_stale()
    assert indices() == {H1: 1}


def test_a_membership_that_changes_no_ones_last_consortium_leaves_the_cases_alone(world):
    stored([stay(1, H1)])
    recompute_all_stale()

    stored([MEMBER | {"institution": H1, "joined_on": "2020-01-01", "left_on": "2030-12-31"}], "memberships")

    assert marks() == set()
    assert StaleMark.objects.filter(consortium__code="YUNLING").exists()


def test_a_weight_is_compared_with_the_benchmark_of_the_own_consortium(world):
    stored([benchmark(rw="0.6500")], "benchmarks")
    by_office([benchmark(rw="0.7000")], world.other_manager)

    upload = delivered([stay(1, H1, rw="0.65"), stay(2, H3, rw="0.65"), stay(3, H3, rw="0.7")])

    assert list(upload.problems.filter(rule="V24").values_list("row", flat=True)) == [3]


def test_the_cases_behind_a_figure_are_weighed_by_the_own_consortiums_benchmark(world):
    Membership.objects.filter(institution=world.second).delete()
    stored([benchmark(rw="0.6500")], "benchmarks")
    by_office([benchmark(rw="0.7000")], world.other_manager)
    stored([stay(1, H1), stay(2, H3), stay(3, H2)])

    found = with_benchmark(InpatientCase.objects.all()).values_list("record_no", "weight")

    assert {record: float(weight) for record, weight in found} == {"1": 0.65, "2": 0.7, "3": 0.65}


def test_an_office_sees_its_own_benchmarks_and_the_common_ones(world, settings):
    settings.STORAGES = PLAIN_STATIC_FILES
    stored([benchmark(avg_cost="1.00")], "benchmarks")
    by_office([benchmark(avg_cost="2.00")], world.other_manager)
    by_office([benchmark(avg_cost="3.00")], world.manager)

    seen = Benchmark.objects.visible_to(world.manager)

    assert set(seen.values_list("consortium__code", flat=True)) == {None, "YUNLING"}
    User.objects.filter(pk=world.manager.pk).update(is_staff=True)
    page = browser(world.manager).get("/admin/evaluation/benchmark/").content.decode()
    assert "OTHER" not in page and "YUNLING" in page


def test_an_office_of_several_consortia_delivers_for_the_one_that_it_looks_at(world, settings):
    settings.STORAGES = PLAIN_STATIC_FILES
    world.manager.consortia.add(Consortium.objects.get(code="OTHER"))
    client = browser(world.manager)
    client.get("/", {"consortium": "OTHER"})

    client.post("/uploads/new/", {"dataset": "benchmarks", "file": sheet(benchmark(), dataset="benchmarks")})

    assert Upload.objects.get().consortium.code == "OTHER"


def test_a_program_names_the_consortium_that_it_delivers_benchmarks_for(world):
    world.manager.consortia.add(Consortium.objects.get(code="OTHER"))

    answer = api(world.manager).post(
        "/api/v1/uploads/",
        {"dataset": "benchmarks", "consortium": "OTHER", "file": sheet(benchmark(), dataset="benchmarks")},
    )

    assert answer.status_code == 202
    assert Upload.objects.get().consortium.code == "OTHER"


def test_an_office_delivers_neither_for_others_nor_for_everyone(world):
    other = Consortium.objects.get(code="OTHER")

    with pytest.raises(PermissionDenied):
        delivered([benchmark()], "benchmarks", by=world.manager, consortium=other)

    assert delivered([benchmark()], "benchmarks", by=world.manager).consortium.code == "YUNLING"


def test_a_consortium_is_named_only_where_records_are_of_one(world):
    with pytest.raises(ValidationError, match="leave the consortium out"):
        delivered([case(1)], consortium=Consortium.objects.get(code="OTHER"))


def test_a_place_of_which_no_one_is_any_more_has_no_local_benchmarks(world):
    stored([benchmark()], "benchmarks")
    assert set(LocalBenchmark.objects.values_list("consortium__code", flat=True)) == {"YUNLING", "OTHER"}

    stored([MEMBER | {"institution": H3, "joined_on": "2021-01-01"}], "memberships")

    assert set(LocalBenchmark.objects.values_list("consortium__code", flat=True)) == {"YUNLING"}
    assert Membership.objects.joined_last().get(institution=world.third).joined_on == date(2021, 1, 1)
