"""The audit trail: chained, append-only, and tampering is found."""

import io
import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, connections, transaction

from evaluation.access.roles import Role
from evaluation.models import AuditEvent, Institution, User
from evaluation.services import audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def events() -> list[AuditEvent]:
    place = Institution.objects.create(code="H1", name="院", level="L3", type="general", region_code="330106")
    person = User.objects.create_user("zhang", role=Role.STAFF, institution=place)
    return [
        audit.record("upload received", by=person, thing="1 cases 三月.csv", rows=3),
        audit.record(
            "threshold changed", by=person, thing="BED_OCC", before={"low": 0.7}, after={"low": 0.75, "high": None}
        ),
        audit.record("login failed", by=None, by_name="nobody"),
        audit.record("upload stored", by=None, thing="x" * 300, amount=1.10, text="“ 引号 ” \\ \u2028"),
    ]


def verified() -> str:
    output = io.StringIO()
    call_command("verify_audit", stdout=output)
    return output.getvalue()


def found() -> list[str]:
    output = io.StringIO()
    with pytest.raises(CommandError, match="The audit trail was tampered with"):
        call_command("verify_audit", stdout=output)
    return output.getvalue().splitlines()


def tamper(statement: str, params: list | None = None) -> None:
    """What someone with the database's own password could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE evaluation_auditevent DISABLE TRIGGER audit_append_only")
        cursor.execute(statement, params)
        cursor.execute("ALTER TABLE evaluation_auditevent ENABLE TRIGGER audit_append_only")


def test_every_event_carries_the_hash_of_the_one_before(events):
    assert events[0].previous_hash == audit.FIRST
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert len({event.hash for event in events}) == 4
    assert verified() == "The audit trail is whole: 4 events.\n"


def test_an_empty_trail_is_whole():
    assert verified() == "The audit trail is whole: 0 events.\n"


def test_who_and_what_are_kept(events):
    event = AuditEvent.objects.get(pk=events[1].pk)

    assert (event.by_name, event.action, event.thing) == ("zhang", "threshold changed", "BED_OCC")
    assert event.details == {"before": {"low": 0.7}, "after": {"low": 0.75, "high": None}}
    assert AuditEvent.objects.get(pk=events[2].pk).by_name == "nobody"
    assert len(AuditEvent.objects.get(pk=events[3].pk).thing) == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evaluation_auditevent SET action = 'x' WHERE id = %s",
        "UPDATE evaluation_auditevent SET details = details WHERE id = %s",
        "DELETE FROM evaluation_auditevent WHERE id = %s",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_event(events, statement):
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [events[1].pk])

    assert verified() == "The audit trail is whole: 4 events.\n"


def test_the_database_refuses_to_empty_the_trail(events):
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE evaluation_auditevent ENABLE TRIGGER audit_no_truncate")
        cursor.execute("TRUNCATE evaluation_auditevent")

    assert AuditEvent.objects.count() == 4


def test_the_program_cannot_save_an_event_again_or_delete_it(events):
    for change in (events[0].save, events[0].delete, AuditEvent.objects.all().delete):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "nothing happened"),
        ("by_name", "li"),
        ("thing", ""),
        ("address", "10.0.0.1"),
        ("details", json.dumps({"rows": 4})),
        ("at", "2020-01-01 00:00:00+08"),
        ("by_id", None),
        ("hash", "0" * 64),
    ],
)
def test_a_changed_event_is_found(events, column, value):
    tamper(f"UPDATE evaluation_auditevent SET {column} = %s WHERE id = %s", [value, events[0].pk])

    assert found()[0].startswith(f"event {events[0].pk}, ")
    assert found()[0].endswith("its content was changed")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_removed_event_is_found_at_the_one_after_it(events, place):
    tamper("DELETE FROM evaluation_auditevent WHERE id = %s", [events[place].pk])

    (line,) = found()
    assert line.startswith(f"event {events[place + 1].pk}, ")
    assert line.endswith("the event before it is missing or was changed")


def test_an_event_changed_together_with_its_hash_is_found_at_the_one_after_it(events):
    changed = AuditEvent.objects.get(pk=events[1].pk)
    changed.details = {"after": "something else"}
    tamper(
        "UPDATE evaluation_auditevent SET details = %s, hash = %s WHERE id = %s",
        [json.dumps(changed.details), audit.event_hash(changed), changed.pk],
    )

    (line,) = found()
    assert line.startswith(f"event {events[2].pk}, ")


def test_an_event_pushed_in_is_found(events):
    tamper(
        "INSERT INTO evaluation_auditevent (at, by_name, address, action, thing, details, previous_hash, hash)"
        " VALUES (now(), 'li', '', 'x', '', '{}', %s, %s)",
        [events[1].hash, "f" * 64],
    )

    assert len(found()) == 1


@pytest.mark.django_db(transaction=True)
def test_events_recorded_at_the_same_time_form_one_chain():
    def record(name: str) -> None:
        for number in range(10):
            audit.record("x", by=None, by_name=name, number=number)
        connections.close_all()

    threads = [threading.Thread(target=record, args=[f"person {number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verified() == "The audit trail is whole: 40 events.\n"
