"""Several people deliver at the same time, each with a connection of their own."""

import threading

import pytest
from django.db import connection

from evaluation.models import Readmission, RecordVersion, Upload
from evaluation.services import uploads
from evaluation.services.recompute import recompute_all_stale, recompute_everything
from evaluation.signals import upload_changed
from referrals.models import Referral
from tests.browser.processes import wait_for
from tests.referrals.test_checks import GOOD as REFERRAL
from tests.services.deliveries import H1, H2, MARCH, at_once, case, confirmed, current, delivered, make_world, stored


@pytest.mark.django_db(transaction=True)
def test_two_people_submitting_the_same_month_at_once_give_one_consistent_month():
    world = make_world()
    options = {"institution": world.first, "month": MARCH}
    stored([case(number, age="1") for number in range(20)], **options)
    merging = delivered([case(number, age="2") for number in range(10, 30)], **options)
    replacing = delivered([case(number, age="3") for number in reversed(range(5, 25))], **options, mode="replace")

    raised = at_once(lambda: confirmed(merging), lambda: confirmed(replacing))

    assert raised == []
    merging.refresh_from_db()
    replacing.refresh_from_db()
    if merging.submitted_at < replacing.submitted_at:
        wanted = {str(number): 3 for number in range(5, 25)}
    else:
        wanted = {str(number): 3 for number in range(5, 10)} | {str(number): 2 for number in range(10, 30)}
    assert current() == wanted


@pytest.mark.django_db(transaction=True)
def test_submitting_undoing_and_submitting_the_same_upload_twice_at_once_do_not_clash():
    world = make_world()
    options = {"institution": world.first, "month": MARCH}
    for turn in range(2):
        old = stored([case(number, age="1") for number in range(30)], **options)
        new = delivered([case(number, age="2") for number in range(10, 40)], **options)
        uploads.submit(upload=new, by=None)

        raised = at_once(
            lambda old=old: uploads.undo(upload=old, by=None),
            lambda new=new: uploads.store(new),
            lambda new=new: uploads.store(new),
        )

        assert raised == [], turn
        assert current() == {str(number): 2 for number in range(10, 40)}
        uploads.undo(upload=Upload.objects.get(pk=new.pk), by=None)
        assert current() == {}


@pytest.mark.django_db(transaction=True)
def test_both_ends_delivering_the_same_referrals_at_once_do_not_clash():
    world = make_world()
    numbers = [f"R{number}" for number in range(40)]
    sent = delivered(
        [REFERRAL | {"id": each, "sender": H1, "receiver": H2} for each in numbers],
        "referrals",
        institution=world.first,
    )
    received = delivered(
        [REFERRAL | {"id": each, "sender": H1, "receiver": H2, "reason": "2"} for each in reversed(numbers)],
        "referrals",
        institution=world.second,
    )

    raised = at_once(lambda: confirmed(sent), lambda: confirmed(received))

    assert raised == []
    newest = RecordVersion.objects.latest("pk").content["reason"]
    assert set(Referral.objects.values_list("reason", flat=True)) == {newest}


@pytest.mark.django_db(transaction=True)
def test_a_stay_and_the_readmission_after_it_delivered_at_once_find_each_other():
    """The readmission is written but not committed while the stay comes, is committed and its figures are computed."""
    make_world()
    stored([case(number, patient_id=f"other {number}") for number in range(10, 60)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE evaluation_inpatientcase")  # else the upload does, and keeps a lock to its end
    stay = delivered([case(1, "2026-01-21", admitted_at="2026-01-02", institution=H2)])
    readmission = delivered([case(2, admitted_at="2026-01-30")])
    uploads.submit(upload=stay, by=None)
    uploads.submit(upload=readmission, by=None)
    written, go_on, computed = (threading.Event() for _ in range(3))

    def pause(upload, **_kwargs):
        if upload.pk == readmission.pk:
            written.set()
            assert go_on.wait(60)

    def store_the_stay():
        assert written.wait(60)
        uploads.store(stay)
        recompute_all_stale()
        computed.set()

    def commit_the_readmission():
        wait_for(lambda: computed.is_set() or someone_waits_for_a_lock(), "the stay, computed or waiting")
        go_on.set()

    upload_changed.connect(pause)
    try:
        raised = at_once(lambda: uploads.store(readmission), store_the_stay, commit_the_readmission)
    finally:
        upload_changed.disconnect(pause)

    assert raised == []
    recompute_all_stale()
    assert list(Readmission.objects.values_list("stay__record_no", flat=True)) == ["1"]


def someone_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_everything_and_what_is_stale_computed_at_once_do_not_clash():
    make_world()
    stays = [
        case(number, "2026-01-21", admitted_at="2026-01-02", institution=H2, patient_id=f"P{number}")
        for number in range(30)
    ]
    stored(stays)
    recompute_all_stale()
    for turn in range(4):
        upload = stored([case(100 + number, admitted_at="2026-01-30", patient_id=f"P{number}") for number in range(30)])

        raised = at_once(recompute_everything, recompute_all_stale, recompute_all_stale)

        assert raised == [], turn
        recompute_all_stale()
        assert Readmission.objects.count() == 30
        uploads.undo(upload=upload, by=None)
        assert at_once(recompute_all_stale, recompute_everything) == [], turn
        recompute_all_stale()
        assert not Readmission.objects.exists()
