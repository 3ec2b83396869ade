"""The way of a sheet into the database, on tiny sheets."""

import io
import sys
from collections import Counter
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone, translation

from evaluation.access.roles import Role
from evaluation.datasets import dataset_by_name
from evaluation.importing import master_checks
from evaluation.importing.problems import SheetRefused
from evaluation.importing.reader.records import column_letters
from evaluation.models import (
    AuditEvent,
    Benchmark,
    Department,
    InpatientCase,
    Institution,
    RecordVersion,
    StagedChunk,
    StaleMark,
    Upload,
    UploadMonth,
    User,
)
from evaluation.services import uploads
from evaluation.services.uploads import check as checking
from evaluation.services.uploads.staging import rows_of
from evaluation.signals import upload_changed
from referrals.models import Referral
from tests.importing.sheets import written
from tests.importing.test_master_checks import GROUP, HOSPITAL, MEMBER
from tests.referrals.test_checks import GOOD as REFERRAL
from tests.services.deliveries import APRIL, H1, H2, H3, MARCH, Status, case, confirmed, current, delivered, stored

# --- the steps ---


def test_a_checked_sheet_says_what_was_read_accepted_flagged_and_refused(world):
    rows = [
        case(1),
        case(2, age="121"),
        case(3, main_dx="R50.900", patient_id="P3"),
        case(4, sex="x"),
        case(5, patient_id="P5"),
    ]

    upload = delivered(rows, institution=world.first, month=MARCH)

    assert upload.status == Status.CHECKED
    assert (upload.rows_read, upload.rows_checked, upload.rows_accepted) == (5, 5, 3)
    assert (upload.rows_flagged, upload.rows_rejected, upload.rows_stored) == (1, 2, 0)
    assert {(group["rule"], group["count"]) for group in upload.problem_groups} == {("V1", 1), ("V4", 1), ("V15", 1)}
    assert list(upload.problems.values_list("row", "rule")) == [(3, "V1"), (4, "V15"), (5, "V4")]
    assert not InpatientCase.objects.exists()


def test_refused_rows_are_not_stored_and_the_staged_rows_go(world):
    upload = stored([case(1), case(2, age="121"), case(3)], institution=world.first)

    assert current() == {"1": 36, "3": 36}
    assert upload.rows_stored == 2
    assert upload.months == [MARCH]
    assert not StagedChunk.objects.exists()


def test_what_is_stored_is_what_the_sheet_says(world):
    row = case(
        1, sex="1", total_cost="¥6,800.50", cost_bed="6800.50", surgery_level="4", elective="是", rw="0.654321",
        admitted_at="2026/3/2 8:05", other_dx="I10.x00 | E11.900", receiving_inst='a "b", c', resident_region="330106",
    )  # fmt: skip

    stored([row])

    found = InpatientCase.objects.get()
    assert timezone.localtime(found.admitted_at).isoformat() == "2026-03-02T08:05:00+08:00"
    assert (found.month, found.los, found.sex) == (MARCH, 7, "1")
    assert (found.total_cost, found.cost_bed, found.cost_exam, found.self_pay) == (680_050, 680_050, None, None)
    assert (found.surgery_level, found.elective, found.day_surgery, str(found.rw)) == (4, True, None, "0.654321")
    assert (found.other_dx, found.receiving_inst, found.came_by_referral) == ("I10.x00|E11.900", 'a "b", c', "")


def test_an_upload_of_only_refused_rows_cannot_be_submitted(world):
    upload = delivered([case(1, age="121")])

    with pytest.raises(ValidationError, match="No row can be stored"):
        uploads.submit(upload=upload, by=None)


def test_a_withdrawn_upload_leaves_nothing_and_cannot_be_submitted(world):
    upload = uploads.withdraw(upload=delivered([case(1)]), by=None)

    assert upload.status == Status.WITHDRAWN
    assert not StagedChunk.objects.exists()
    with pytest.raises(ValidationError, match="withdrawn: this step is not possible any more"):
        uploads.submit(upload=upload, by=None)


def test_an_upload_withdrawn_while_it_is_checked_stays_withdrawn(world, monkeypatch):
    upload = uploads.receive(
        dataset="cases", file=io.BytesIO(written(dataset_by_name("cases").layout, [case(1)])), filename="a.csv", by=None
    )
    finish = checking._Check._check_deaths

    def withdraw_meanwhile(check):
        uploads.withdraw(upload=Upload.objects.get(pk=upload.pk), by=None)
        finish(check)

    monkeypatch.setattr(checking._Check, "_check_deaths", withdraw_meanwhile)

    assert uploads.check_upload(upload).status == Status.WITHDRAWN


def test_storing_and_checking_again_changes_nothing(world):
    upload = stored([case(1)])

    assert uploads.store(upload).status == Status.SUBMITTED
    assert uploads.check_upload(upload).status == Status.SUBMITTED
    assert InpatientCase.objects.count() == 1


def test_what_waits_is_carried_on_by_whoever_comes(world):
    content = io.BytesIO(written(dataset_by_name("cases").layout, [case(1)]))
    upload = uploads.receive(dataset="cases", file=content, filename="a.csv", by=None)

    assert uploads.waiting_uploads() == [upload]
    upload = uploads.advance(upload)
    assert (upload.status, uploads.waiting_uploads()) == (Status.CHECKED, [])
    uploads.submit(upload=upload, by=None)
    assert uploads.advance(uploads.waiting_uploads()[0]).status == Status.SUBMITTED


def test_a_sheet_that_cannot_be_read_leaves_no_trace(world):
    with pytest.raises(SheetRefused):
        uploads.receive(dataset="cases", file=io.BytesIO(b"%PDF-1.4"), filename="a.csv", by=None)

    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"dataset": "budgets", "month": MARCH}, "has no month"),
        ({"dataset": "institutions", "institution": True}, "not of one institution"),
        ({"mode": "replace", "month": MARCH}, "give the institution and the month"),
        ({"mode": "replace", "institution": True}, "give the institution and the month"),
        ({"mode": "mangle"}, "add to the month or to replace it"),
    ],
    ids=str,
)
def test_a_request_that_does_not_fit_is_refused_with_a_sentence(world, options, sentence):
    options = {"dataset": "cases", **options}
    if "institution" in options:
        options["institution"] = world.first

    with pytest.raises(ValidationError, match=sentence):
        uploads.receive(file=io.BytesIO(b""), filename="a.csv", by=None, **options)


def test_any_day_stands_for_its_month_and_of_the_file_name_only_the_ending_is_kept(world):
    content = io.BytesIO(written(dataset_by_name("cases").layout, [case(1)]))

    upload = uploads.receive(
        dataset="cases",
        file=content,
        filename="张三\udcff\0.CSV",
        by=None,
        institution=world.first,
        month=date(2026, 3, 31),
    )

    assert (upload.month, upload.filename) == (MARCH, "cases 2026-03.csv")
    assert uploads.check_upload(upload).rows_accepted == 1


def test_a_heading_of_any_length_is_known_by_our_name(world):
    content = written(dataset_by_name("cases").layout, [case(1, age="121")]).replace(
        b",age,", b",%sage," % (b"*" * 300)
    )

    upload = uploads.check_upload(uploads.receive(dataset="cases", file=io.BytesIO(content), filename="a.csv", by=None))

    assert upload.problems.get().column == "age"


def test_the_months_of_a_sheet_are_counted_where_its_rows_belong(world):
    rows = [
        case(1),
        case(2, age="121"),
        case(3, "2026-04-01"),
        case(4, "someday"),
        case(5, "2099-03-01"),
        case(6, "1900-01-01"),
    ]

    delivered([*rows, case(7, institution=H2), case(8, institution="H0")])

    counts = UploadMonth.objects.values_list("institution__code", "month", "rows_read", "rows_accepted")
    assert set(counts) == {(H1, MARCH, 5, 1), (H1, APRIL, 1, 1), (H2, MARCH, 1, 1)}


def test_a_death_before_a_stored_admission_is_flagged(world):
    stored([case(1, "2026-03-30", admitted_at="2026-03-20", institution=H2)])

    upload = delivered(
        [case(2, disposition="5"), case(3, disposition="5", patient_id="无"), case(4, patient_id="another")]
    )

    assert list(upload.problems.values_list("row", "rule")) == [(2, "V14"), (3, "V0")]
    assert (upload.rows_flagged, upload.rows_accepted) == (1, 2)


def test_a_stay_in_the_hours_when_clocks_were_changed_is_stored(world):
    skipped = case(1, "1990-04-15 02:50", admitted_at="1990-04-15 02:10")
    twice = case(2, "1991-09-15 01:50", admitted_at="1991-09-15 01:10")

    assert stored([skipped, twice]).rows_stored == 2


def test_the_largest_values_the_checks_let_through_fit_the_table(world):
    largest = case(
        "x" * 40, stay_no="999999999", age="0", age_days="365", birth_weight="999999999", total_cost="999999999999.99",
        cost_bed="999999999999.99", self_pay="999999999999.99", drg_pay="999999999999.99", rw="999999.999999",
        main_dx="A01.000x003+G01.000x003*", receiving_inst="院" * 100, resident_region="330106", pay_type="99",
    )  # fmt: skip

    upload = stored([largest, case(2, rw="0.000001", total_cost="0")])

    assert upload.rows_stored == 2


# --- identity ---

IDENTITY = "33010619900101123X"


def places_of(text: str) -> list[str]:
    """Tables and columns of the whole database that hold the text, staged rows decompressed."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'character', 'jsonb', 'json', 'bytea', 'ARRAY')"
        )
        for table, column, kind in cursor.fetchall():
            value = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {value} ILIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    found += ["staged" for chunk in StagedChunk.objects.all() if text.lower() in rows_of(chunk).to_csv().lower()]
    return found


def test_no_identity_number_is_kept_anywhere_however_the_sheet_is_filled_in(world, caplog):
    rows = [
        case(1, patient_id=IDENTITY),
        case(2, patient_id=IDENTITY.lower(), adm_dept=f"王小明 {IDENTITY}"),
        case(3, patient_id="x", stay_no=IDENTITY),
        case(4, patient_id=f"={IDENTITY}"),
        case(IDENTITY, patient_id=IDENTITY),
        case(6, patient_id="y", age=IDENTITY, admitted_at=IDENTITY, main_dx=IDENTITY, disposition=IDENTITY),
        case(7, patient_id="z", institution=IDENTITY, total_cost=IDENTITY, other_dx=IDENTITY, elective=IDENTITY),
    ]
    content = written(dataset_by_name("cases").layout, rows).decode().splitlines()
    sheet = "\n".join([f"{content[0]},身份证号", *(f"{line},{IDENTITY}" for line in content[1:])]).encode()

    upload = uploads.check_upload(uploads.receive(dataset="cases", file=io.BytesIO(sheet), filename="a.csv", by=None))

    assert upload.ignored == [column_letters(len(content[0].split(",")))]
    assert (upload.rows_accepted, upload.rows_rejected) == (1, 6)
    assert places_of(IDENTITY) == []
    upload = confirmed(upload)
    assert places_of(IDENTITY) == []
    uploads.undo(upload=upload, by=None)
    assert places_of(IDENTITY) == []
    assert places_of("王小明") == []
    assert IDENTITY not in caplog.text


def test_the_search_for_an_identity_number_would_find_one(world):
    Department.objects.create(institution=world.first, code="x", name=f"a{IDENTITY}b")

    assert places_of(IDENTITY) == ["evaluation_department.name"]


def test_an_identifier_means_the_same_patient_however_it_is_typed(world):
    stored([case(1, patient_id=IDENTITY), case(2, patient_id=f" {IDENTITY.lower()} "), case(3, patient_id="other")])

    hashes = Counter(bytes(each) for each in InpatientCase.objects.values_list("patient_hash", flat=True))
    assert sorted(hashes.values()) == [1, 2]
    assert {len(each) for each in hashes} == {32}


def test_referrals_keep_no_identity_number_either(world):
    row = REFERRAL | {"sender": H2, "patient_id": IDENTITY, "reason": "骨折"}

    stored([row, row | {"id": "R2", "reason": f"见 {IDENTITY}"}], "referrals")

    assert Referral.objects.count() == 1
    assert places_of(IDENTITY) == []


# --- failures ---


def test_a_store_that_fails_leaves_nothing_stored_and_says_why(world):
    def refuse(**_kwargs):
        raise ValidationError("The month is locked.")

    upload_changed.connect(refuse)
    try:
        upload = confirmed(delivered([case(1)]))
    finally:
        upload_changed.disconnect(refuse)

    assert (upload.status, upload.failure, upload.rows_stored) == (Status.FAILED, "The month is locked.", 0)
    assert (upload.submitted_at, upload.months) == (None, [])
    assert not InpatientCase.objects.exists()
    assert not StaleMark.objects.exists()
    assert AuditEvent.objects.latest("pk").details["failed"] is True
    assert confirmed(upload).status == Status.SUBMITTED
    assert current() == {"1": 36}


def test_a_worker_tells_a_failure_in_the_language_of_who_delivered(world):
    places = stored([HOSPITAL], "institutions")
    department = {"institution": HOSPITAL["code"], "code": "0300", "name": "呼吸内科", "bed_type": ""}
    with translation.override("zh-hans"):
        upload = uploads.submit(upload=delivered([department], "departments"), by=None)
    uploads.undo(upload=places, by=None)

    upload = uploads.advance(upload)

    assert upload.status == Status.FAILED
    assert upload.failure.startswith("校验之后")


def test_a_fault_of_the_program_is_told_too_and_the_log_holds_no_value(world, caplog):
    def stumble(upload, **_kwargs):
        raise KeyError(upload.filename)

    upload_changed.connect(stumble)
    try:
        upload = confirmed(delivered([case(1)]))
    finally:
        upload_changed.disconnect(stumble)

    assert upload.status == Status.FAILED
    assert "nothing was stored. Tell the administrator" in upload.failure
    assert "KeyError" in caplog.text
    assert upload.filename not in caplog.text


def test_a_check_that_stumbles_ends_the_upload_instead_of_standing_in_the_way(world, monkeypatch):
    monkeypatch.setattr(checking, "_latest_admissions", lambda patients: 1 / 0)

    upload = delivered([case(1)])

    assert upload.status == Status.FAILED
    assert "nothing was stored" in upload.failure
    assert uploads.waiting_uploads() == []
    with pytest.raises(ValidationError, match="No row can be stored"):
        uploads.submit(upload=upload, by=None)
    assert uploads.withdraw(upload=upload, by=None).status == Status.WITHDRAWN


@pytest.mark.parametrize(
    ("bound", "row"), [("WEIGHT_BOUND", {"rw": "1000000"}), ("SMALLEST_WEIGHT", {"rw": "0.0000001"})]
)
def test_what_only_the_database_refuses_is_told_as_a_failure(world, monkeypatch, caplog, bound, row):
    monkeypatch.setattr(master_checks, bound, {"WEIGHT_BOUND": 10**12, "SMALLEST_WEIGHT": 0}[bound])

    upload = confirmed(delivered([GROUP | row], "benchmarks"))

    assert upload.status == Status.FAILED
    assert "The database refused the rows" in upload.failure
    assert not Benchmark.objects.exists()
    assert not RecordVersion.objects.exists()
    assert "ES35" not in caplog.text


def test_what_was_taken_back_after_the_check_fails_with_the_row_and_the_reason(world):
    places = stored([HOSPITAL], "institutions")
    department = {"institution": HOSPITAL["code"], "code": "0300", "name": "呼吸内科", "bed_type": ""}
    waiting, waiting_cases = delivered([department], "departments"), delivered([case(1, institution=HOSPITAL["code"])])
    UploadMonth.objects.all().delete()
    uploads.undo(upload=places, by=None)

    for upload in (confirmed(waiting), confirmed(waiting_cases)):
        assert upload.status == Status.FAILED
        assert upload.failure.startswith(
            f"Since the check something changed. Row 2, institution: {HOSPITAL['code']} is not known"
        )

    stored([HOSPITAL], "institutions")
    assert confirmed(waiting).status == Status.SUBMITTED
    assert Department.objects.filter(institution__code=HOSPITAL["code"]).exists()


# --- who may ---


def test_staff_deliver_for_their_own_institution_only(world):
    with pytest.raises(PermissionDenied, match="your own institution only"):
        delivered([case(1)], by=world.staff, institution=world.second)
    with pytest.raises(PermissionDenied):
        delivered([case(1)], by=world.staff)
    with pytest.raises(PermissionDenied, match="Only the consortium office"):
        delivered([HOSPITAL], "institutions", by=world.staff)

    upload = delivered([case(1), case(2, institution=H2)], by=world.staff, institution=world.first)
    assert list(upload.problems.values_list("row", "rule")) == [(3, "V4"), (3, "V4")]
    assert upload.rows_accepted == 1


def test_staff_of_a_neighbour_can_neither_submit_nor_undo_what_is_not_theirs(world):
    neighbour = User.objects.create_user("neighbour", role=Role.STAFF, institution=world.second)
    upload = delivered([case(1)], by=world.staff, institution=world.first)

    for step in (uploads.submit, uploads.withdraw):
        with pytest.raises(PermissionDenied, match="belongs to others"):
            step(upload=upload, by=neighbour)
    upload = confirmed(upload, by=world.staff)
    for stranger in (neighbour, world.other_manager):
        with pytest.raises(PermissionDenied, match="belongs to others"):
            uploads.undo(upload=upload, by=stranger)

    assert uploads.undo(upload=upload, by=world.manager).status == Status.UNDONE


def test_the_office_undoes_but_does_not_submit_what_a_hospital_delivers(world):
    upload = delivered([case(1)], by=world.staff, institution=world.first)

    with pytest.raises(PermissionDenied, match="Only staff of the institution"):
        uploads.submit(upload=upload, by=world.manager)


def test_staff_do_not_undo_master_data_of_their_institution(world):
    department = {"institution": H1, "code": "0400", "name": "x", "bed_type": ""}
    upload = stored([department], "departments", by=world.manager, institution=world.first)

    with pytest.raises(PermissionDenied, match="Only the consortium office"):
        uploads.undo(upload=upload, by=world.staff)


def test_a_manager_cannot_overwrite_an_institution_of_another_consortium(world):
    rows = [HOSPITAL | {"code": code} for code in (H1, H3, "H33010000009")]

    upload = delivered(rows, "institutions", by=world.manager)

    assert list(upload.problems.values_list("row", "rule")) == [(3, "V4")]
    confirmed(upload, by=world.manager)
    assert Institution.objects.get(code=H3).name == H3
    for dataset, row in (
        ("memberships", MEMBER | {"consortium": "OTHER", "joined_on": "2010-01-01", "left_on": "2011-01-01"}),
        ("consortia", {"code": "OTHER", "name": "mine", "kind": "urban_group", "compact": ""}),
        ("departments", {"institution": H3, "code": "1", "name": "x", "bed_type": ""}),
        ("budgets", {"year": "2026", "institution": H3, "category": "training", "planned_amount": "1"}),
    ):
        assert delivered([row], dataset, by=world.manager).rows_accepted == 0


def test_the_number_of_a_referral_between_others_cannot_be_taken(world):
    stored([REFERRAL | {"sender": H2, "receiver": H3}], "referrals")

    upload = confirmed(
        delivered([REFERRAL | {"sender": H1, "receiver": H2}], "referrals", by=world.staff, institution=world.first),
        by=world.staff,
    )

    assert upload.status == Status.FAILED
    assert upload.failure == "The record R1 exists already, between other institutions. Give yours another number."
    assert Referral.objects.get().sender == world.second


def test_either_end_may_complete_a_referral(world):
    stored([REFERRAL | {"sender": H2, "receiver": H1, "completed_at": "", "status": "arrived"}], "referrals")

    confirmed(
        delivered([REFERRAL | {"sender": H2, "receiver": H1}], "referrals", by=world.staff, institution=world.first),
        by=world.staff,
    )

    assert Referral.objects.get().status == "completed"


@pytest.mark.django_db
def test_people_are_told_when_reading_takes_too_long_and_the_command_line_may_take_its_time(world, monkeypatch):
    monkeypatch.setattr(sys.modules["evaluation.services.uploads.receive"], "LONGEST_READING", -1)

    with pytest.raises(SheetRefused, match="takes longer than"):
        delivered([case(1)], by=world.staff, institution=world.first)
    assert delivered([case(1)], institution=world.first).rows_read == 1
