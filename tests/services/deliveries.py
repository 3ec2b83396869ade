"""A small world and tiny sheets that are delivered to it."""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connections

from evaluation.access.roles import Role
from evaluation.datasets import dataset_by_name
from evaluation.models import (
    Consortium,
    Department,
    InpatientCase,
    Institution,
    Membership,
    StaleMark,
    Upload,
    User,
)
from evaluation.services import uploads
from tests.importing.sheets import Row, written
from tests.importing.test_case_checks import case as any_case

H1, H2, H3 = "H33010000001", "H33010000002", "H33010000003"
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
Status = Upload.Status


@dataclass(frozen=True)
class World:
    """Two hospitals in one consortium, a third one in another."""

    first: Institution
    second: Institution
    third: Institution
    staff: User
    manager: User
    other_manager: User


def make_world() -> World:
    mine, others = (
        Consortium.objects.create(code=code, name=code, kind="urban_group") for code in ("YUNLING", "OTHER")
    )
    first, second, third = (
        Institution.objects.create(code=code, name=code, level="L3", type="general", region_code="330106")
        for code in (H1, H2, H3)
    )
    for consortium, place in ((mine, first), (mine, second), (others, third)):
        Membership.objects.create(consortium=consortium, institution=place, role="member", joined_on=date(2020, 1, 1))
    Department.objects.create(institution=first, code="0300", name="呼吸内科")
    staff = User.objects.create_user("staff", role=Role.STAFF, institution=first)
    manager, other_manager = (
        User.objects.create_user(name, role=Role.CONSORTIUM_MANAGER) for name in ("manager", "other")
    )
    manager.consortia.add(mine)
    other_manager.consortia.add(others)
    return World(first, second, third, staff, manager, other_manager)


def case(number: object = 1, discharged: str = "2026-03-09", **changes: str) -> Row:
    return (
        any_case(number, admitted_at="2026-02-27", discharged_at=discharged, adm_dept="", drg_code="", rw="") | changes
    )


def delivered(rows: Sequence[Row], dataset: str = "cases", **options: object) -> Upload:
    """Received and checked; by the command line, unless `by` says otherwise."""
    content = written(dataset_by_name(dataset).layout, rows)
    sheet = uploads.receive(dataset=dataset, file=io.BytesIO(content), filename="a.csv", **{"by": None, **options})
    return uploads.check_upload(sheet)


def confirmed(upload: Upload, by: User | None = None) -> Upload:
    return uploads.store(uploads.submit(upload=upload, by=by))


def stored(rows: Sequence[Row], dataset: str = "cases", **options: object) -> Upload:
    upload = confirmed(delivered(rows, dataset, **options))
    assert upload.status == Status.SUBMITTED, upload.failure
    return upload


def current() -> dict[str, int]:
    """Age by record number of the current cases."""
    return dict(InpatientCase.objects.filter(is_current=True).values_list("record_no", "age"))


def marks() -> set[tuple[str, date]]:
    """Institution-months whose cells are stale."""
    found = StaleMark.objects.filter(source=StaleMark.Source.CASES)
    return set(found.values_list("institution__code", "month"))


def stale_stays() -> set[tuple[str, date, str]]:
    """Stays elsewhere whose readmission is stale: institution, month, record number."""
    found = StaleMark.objects.filter(source=StaleMark.Source.STAYS)
    return set(found.values_list("institution__code", "month", "stay__record_no"))


def at_once(*works) -> list[BaseException]:
    """Run in threads with connections of their own; returns what they raised."""
    gate, raised = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait()
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
