"""What a sheet will do is said before it does it, and it does just that."""

from collections import Counter
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.models import InpatientCase, Upload
from evaluation.services import uploads
from tests.services.deliveries import APRIL, H1, H2, MARCH, case, confirmed, delivered, stored
from tests.services.test_versions import REFERRAL, rolled_back

FEBRUARY = date(2026, 2, 1)
COUNTED = ("rows", "new", "replaced", "identical", "removed", "moved", "stored")


def told(upload: Upload) -> dict[tuple, tuple]:
    """By institution and month what is said of the sheet, in the order of COUNTED."""
    lines = uploads.foresee(upload).effect_lines
    return {(line["institution"], line["month"]): tuple(line[name] for name in COUNTED) for line in lines}


def whole(world, rows, **more) -> Upload:
    return delivered(rows, institution=world.first, month=MARCH, mode="replace", **more)


def test_new_replaced_and_identical_rows_are_told_by_institution_and_month(world):
    stored([case(1), case(2), case(3, institution=H2)])

    upload = delivered([case(1), case(2, age="40"), case(4), case(5, "2026-04-02"), case(6, institution=H2)])

    assert told(upload) == {
        (H1, "2026-03"): (3, 1, 1, 1, 0, 0, 2),
        (H1, "2026-04"): (1, 1, 0, 0, 0, 0, 0),
        (H2, "2026-03"): (1, 1, 0, 0, 0, 0, 1),
    }


def test_the_total_cost_is_told_to_the_fen_beside_what_is_stored(world):
    stored([case(1, total_cost="0.10"), case(2, total_cost="99999999.99")])

    [line] = uploads.foresee(delivered([case(1, total_cost="0.30"), case(3, total_cost="7.05")])).effect_lines

    assert (line["total_cost"], line["stored_cost"]) == (735, 10_000_000_009)


def test_replacing_a_month_tells_how_many_cases_go(world):
    stored([case(number) for number in range(5)] + [case(9, "2026-04-02"), case(8, institution=H2)])

    upload = whole(world, [case(1), case(7)])

    assert told(upload) == {(H1, "2026-03"): (2, 1, 0, 1, 4, 0, 5)}
    assert (uploads.removal_of(upload).removed, uploads.removal_of(upload).stored) == (4, 5)


def test_a_case_that_gets_another_month_leaves_its_old_one(world):
    stored([case(1), case(2)])

    assert told(delivered([case(1, "2026-04-02")])) == {
        (H1, "2026-03"): (0, 0, 0, 0, 0, 1, 2),
        (H1, "2026-04"): (1, 0, 1, 0, 0, 0, 0),
    }


def test_refused_rows_have_no_effect(world):
    assert told(delivered([case(1), case(2, age="121")])) == {(H1, "2026-03"): (1, 1, 0, 0, 0, 0, 0)}


def test_records_of_other_datasets_are_told_too(world):
    lines = [
        {"month": "2026-03", "institution": H1, "category": category, "amount": "1"}
        for category in ("training", "project", "treatment")
    ]
    stored(lines, "expenditures")
    changed = [lines[0] | {"amount": "2"}, lines[1]]

    replacing = delivered(changed, "expenditures", institution=world.first, month=MARCH, mode="replace")
    adding = delivered([*changed, lines[0] | {"month": "2026-02"}], "expenditures")

    assert told(replacing) == {(H1, "2026-03"): (2, 0, 1, 1, 1, 0, 3)}
    assert told(adding) == {(H1, "2026-02"): (1, 1, 0, 0, 0, 0, 0), (H1, "2026-03"): (2, 0, 1, 1, 0, 0, 0)}


def test_master_data_have_no_month(world):
    rows = [{"institution": H1, "code": "9", "name": "x", "bed_type": ""}]

    assert told(delivered(rows, "departments")) == {(H1, None): (1, 1, 0, 0, 0, 0, 0)}


def test_referrals_are_told_by_the_month_in_which_they_were_requested(world):
    row = REFERRAL | {
        "sender": H1,
        "receiver": H2,
        "requested_at": "2026-03-05",
        "accepted_at": "",
        "status": "requested",
    }
    row |= {"arrived_at": "", "completed_at": ""}

    assert told(delivered([row], "referrals", institution=world.first)) == {(H1, "2026-03"): (1, 1, 0, 0, 0, 0, 0)}


# --- the decision ---


def test_taking_out_more_than_half_of_a_month_is_confirmed_first(world):
    stored([case(number, patient_id=f"P{number}") for number in range(5)])
    upload = whole(world, [case(1, patient_id="P1"), case(2, patient_id="P2")], by=world.staff)

    with pytest.raises(ValidationError, match=r"3 of the 5 cases of March 2026 will be taken out\. Confirm it"):
        uploads.submit(upload=upload, by=world.staff)

    assert uploads.submit(upload=upload, by=world.staff, removal_confirmed=True).status == "storing"


def test_half_of_a_month_needs_no_confirmation(world):
    stored([case(number, patient_id=f"P{number}") for number in range(4)])

    upload = whole(world, [case(1, patient_id="P1"), case(2, patient_id="P2")], by=world.staff)

    assert uploads.submit(upload=upload, by=world.staff).status == "storing"


def test_what_changed_since_it_was_said_is_said_anew_before_it_is_submitted(world):
    stored([case(1, patient_id="P1")])
    upload = uploads.foresee(whole(world, [case(1, patient_id="P1")], by=world.staff))
    stored([case(2, patient_id="P2"), case(3, patient_id="P3")])

    with pytest.raises(ValidationError, match="it would do something else now"):
        uploads.submit(upload=upload, by=world.staff, removal_confirmed=True)

    again = uploads.advance(uploads.renewed(upload))
    assert uploads.removal_of(again).removed == 2


def test_what_others_store_meanwhile_does_not_matter_if_the_sheet_still_does_the_same(world):
    upload = uploads.foresee(delivered([case(1)], by=world.staff, institution=world.first))
    stored([case(2, "2026-04-02", patient_id="P2"), case(3, institution=H2)])

    assert uploads.submit(upload=upload, by=world.staff).status == "storing"


# --- the same file ---


def test_the_same_file_again_is_said_and_nothing_would_change(world):
    options = {"by": world.staff, "institution": world.first}
    first = confirmed(uploads.foresee(delivered([case(1)], **options)), by=world.staff)

    same, other = (uploads.foresee(delivered([case(1, age=age)], **options)) for age in ("36", "37"))

    assert uploads.same_file_of(same) == first
    assert "This file was submitted on" in uploads.said_again(same)
    assert "by staff. All its rows are stored already: nothing would change." in uploads.said_again(same)
    assert uploads.said_again(other) == ""


def test_the_same_file_after_a_correction_would_change_something(world):
    stored([case(1)])
    stored([case(1, age="40")])

    again = uploads.said_again(uploads.foresee(delivered([case(1)])))

    assert "This file was submitted on" in again
    assert "nothing would change" not in again


def test_a_file_that_was_undone_or_is_of_another_institution_is_new(world):
    uploads.undo(upload=stored([case(1)], institution=world.first), by=None)
    stored([case(1, institution="")], institution=world.second)

    for place in (world.first, world.third):
        assert uploads.same_file_of(delivered([case(1, institution="")], institution=place)) is None


# --- what is said is what happens ---


def cases_now() -> dict[tuple, tuple]:
    """Month and content by key."""
    fields = [
        f.name for f in InpatientCase._meta.concrete_fields if f.name not in ("id", "upload", "row", "is_current")
    ]
    held = (
        InpatientCase.objects.filter(is_current=True)
        .order_by()
        .values_list("institution__code", "record_no", "stay_no", "month", *fields)
    )
    return {(code, record, stay): (month, str(rest)) for code, record, stay, month, *rest in held}


def what_happened(before: dict, after: dict, sheet: set[tuple]) -> dict[tuple, tuple]:
    """The lines of the effect, counted slowly from what was current before and after."""
    counts: dict[tuple, Counter] = {}

    def count(key: tuple, month: date, what: str) -> None:
        counts.setdefault((key[0], f"{month:%Y-%m}"), Counter())[what] += 1

    for key in sheet:
        month = after[key][0]
        count(key, month, "rows")
        count(key, month, "new" if key not in before else "identical" if before[key] == after[key] else "replaced")
        if key in before and before[key][0] != month:
            count(key, before[key][0], "moved")
    for key in before.keys() - after.keys():
        count(key, before[key][0], "removed")
    for key, (month, _content) in before.items():
        if (key[0], f"{month:%Y-%m}") in counts:
            count(key, month, "stored")
    return {place: tuple(counted[name] for name in COUNTED) for place, counted in counts.items()}


ROWS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from((FEBRUARY, MARCH, APRIL)), st.sampled_from(("36", "37"))),
    min_size=1, max_size=5, unique_by=lambda row: row[0],
)  # fmt: skip
SHEETS = st.lists(st.tuples(ROWS, st.booleans(), st.booleans()), min_size=2, max_size=6)


def test_in_any_history_a_sheet_does_what_was_said(world):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(SHEETS)
    def run(history):
        with rolled_back():
            for rows, replaces, is_undone in history:
                chosen = [row for row in rows if row[1] == MARCH] if replaces else rows
                if not chosen:
                    continue
                sheet = [
                    case(number, f"{month:%Y-%m}-20", admitted_at="2026-01-02", age=age)
                    for number, month, age in chosen
                ]
                upload = whole(world, sheet) if replaces else delivered(sheet)
                said, before = told(upload), cases_now()

                confirmed(upload)

                assert said == what_happened(before, cases_now(), {(H1, row["record_no"], 1) for row in sheet})
                if is_undone:
                    upload.refresh_from_db()
                    uploads.undo(upload=upload, by=None)

    run()
