"""Processes are killed for real; nothing that was confirmed to a person is lost, nothing is counted twice (design §6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.faults.client import Answer
from tests.faults.conftest import Disturbed


def last_upload(disturbed: Disturbed) -> tuple:
    return disturbed.site.rows("SELECT status, rows_stored, failure FROM evaluation_upload ORDER BY id DESC LIMIT 1")[0]


@pytest.mark.parametrize("table", ["evaluation_casecell", "evaluation_indicatorvalue"])
def test_a_worker_killed_while_it_computes(disturbed, table):
    delivery = disturbed.delivery()
    upload = disturbed.checked(delivery)

    with disturbed.held(table) as someone_waits:
        answer = disturbed.client().post(f"{upload}submit/")
        disturbed.site.wait_for(someone_waits, f"the worker to write to {table}")
        disturbed.site.kill("worker")
    marks_after_the_kill = disturbed.site.one("SELECT count(*) FROM evaluation_stalemark")
    disturbed.site.start("worker")
    disturbed.wait_until_computed()
    disturbed.peaceful.deliver(delivery)

    assert answer.json["status"] == "submitted"
    assert marks_after_the_kill > 0
    disturbed.equals_the_peaceful_one()


def test_a_frozen_redis_does_not_keep_anyone_from_submitting(disturbed):
    delivery = disturbed.delivery()
    upload = disturbed.checked(delivery)

    with disturbed.site.frozen("redis"):
        answer = disturbed.client().post(f"{upload}submit/")
        is_computed_before = disturbed.client().get(upload).json["computed"]
        disturbed.site.manage("recompute")
        is_computed = disturbed.client().get(upload).json["computed"]
    disturbed.peaceful.deliver(delivery)

    assert (answer.status, answer.json["status"], answer.json["rows_stored"]) == (202, "submitted", 40)
    assert (is_computed_before, is_computed) == (False, True)
    disturbed.equals_the_peaceful_one()


def test_a_submission_while_redis_is_gone_is_computed_when_it_is_back(disturbed):
    delivery = disturbed.delivery()
    upload = disturbed.checked(delivery)

    disturbed.site.kill("redis")
    answer = disturbed.client().post(f"{upload}submit/")
    disturbed.site.start("redis")
    disturbed.wait_until_computed()
    disturbed.peaceful.deliver(delivery)

    assert (answer.status, answer.json["status"], answer.json["rows_stored"]) == (202, "submitted", 40)
    disturbed.equals_the_peaceful_one()


def test_web_processes_killed_while_sheets_arrive_leave_nothing(disturbed):
    """Of one sheet half the bytes are there, of the other the rows are being staged."""
    half, whole = disturbed.delivery(), disturbed.delivery()
    client, before = disturbed.client(), disturbed.snapshot()

    connection = client.begin_upload(half)
    with ThreadPoolExecutor() as pool:
        with disturbed.held("evaluation_stagedchunk") as someone_waits:
            answer = pool.submit(client.upload, whole)
            disturbed.site.wait_for(someone_waits, "a web process to stage the rows")
            disturbed.site.kill("web")
        assert answer.result().status == 0
    connection.close()
    disturbed.site.wait_for(lambda: not disturbed.is_in_work(), "the database to end what the killed processes began")
    after = disturbed.snapshot()
    disturbed.site.start("web")
    for delivery in (half, whole):
        answer_again = disturbed.client().post(f"{disturbed.checked(delivery)}submit/")
        assert answer_again.json["status"] == "submitted", answer_again.text
    disturbed.wait_until_computed()
    disturbed.peaceful.deliver(half, whole)

    assert after == before
    disturbed.equals_the_peaceful_one()


def test_a_web_process_killed_while_it_stores_confirmed_rows_stores_them_once(disturbed):
    delivery = disturbed.delivery()
    upload = disturbed.checked(delivery)

    with ThreadPoolExecutor() as pool:
        with disturbed.held("evaluation_inpatientcase") as someone_waits:
            answer = pool.submit(disturbed.client().post, f"{upload}submit/")
            disturbed.site.wait_for(someone_waits, "the web process to store the rows")
            disturbed.site.kill("web")
        assert answer.result().status == 0
    disturbed.site.start("web")
    disturbed.wait_until_computed()
    disturbed.peaceful.deliver(delivery)

    assert last_upload(disturbed) == ("submitted", 40, "")
    disturbed.equals_the_peaceful_one()


def test_two_people_who_submit_the_same_month_at_once_come_one_after_the_other(disturbed):
    """One adds to the month, the other replaces it whole: the outcome is that of one of the two orders."""
    adds = disturbed.delivery(mark="TWO", cost=70_000)
    replaces = disturbed.delivery(mark="TWO", cost=90_000, rows=30, mode="replace")
    uploads = {
        disturbed.checked(adds): ("staff", adds),
        disturbed.checked(replaces, "hospital"): ("hospital", replaces),
    }
    clients = {upload: disturbed.client(name) for upload, (name, _delivery) in uploads.items()}
    together, confirmed = Barrier(2), {"confirm_removal": "true"}

    def submit_together(upload: str) -> Answer:
        together.wait()
        answer = clients[upload].form(f"{upload}submit/", confirmed)
        if answer.status == 400:  # the other one was stored first: look at what the sheet does now
            clients[upload].get(upload)
            answer = clients[upload].form(f"{upload}submit/", confirmed)
        return answer

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(submit_together, uploads))
    disturbed.wait_until_computed()
    order = sorted(uploads, key=lambda upload: clients[upload].get(upload).json["submitted_at"])
    disturbed.peaceful.deliver(*(uploads[upload][1] for upload in order))

    assert [answer.status for answer in answers] == [202, 202]
    assert [clients[upload].get(upload).json["status"] for upload in uploads] == ["submitted", "submitted"]
    disturbed.equals_the_peaceful_one()
