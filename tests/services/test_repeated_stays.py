"""A month delivered twice under other record numbers, and months that do not belong (V26, V27)."""

import pytest
from django.core.exceptions import ValidationError

from evaluation.models import Department, Membership, UploadProblem
from evaluation.services import uploads
from tests.services.deliveries import MARCH, case, confirmed, current, delivered, stored

TO_ACCEPT = {"accepted": ["V26", "V27"]}


def said(upload, rule: str = "V26") -> list[tuple[int | None, str]]:
    """Row and sentence of each problem of the rule."""
    found = UploadProblem.objects.filter(upload=upload, rule=rule).order_by("row")
    return [(each.row, each.message % each.values) for each in found]


def stays(first: str, second: str) -> list[dict[str, str]]:
    return [case(first, patient_id="A"), case(second, patient_id="B")]


def test_numbers_that_lost_their_zeros_are_recognised_by_row_and_for_the_sheet(world):
    stored(stays("0000070001", "0000070002"))

    upload = delivered(stays("70001", "70002"))

    [first, second, whole] = said(upload)
    assert (first[0], second[0], whole[0]) == (2, 3, None)
    assert "stored under 0000070001, stay 1: the record number here has lost its leading zeros" in first[1]
    assert "2 of 2 record numbers are stored for their month with leading zeros (0000070001, here 70001)" in whole[1]
    assert (upload.rows_accepted, upload.rows_flagged, upload.warnings_to_accept) == (2, 2, {"V26": 2})


def test_lost_zeros_are_recognised_also_when_the_cases_were_corrected(world):
    stored(stays("0000070001", "0000070002"))

    upload = delivered([{**row, "total_cost": "7000.00", "self_pay": ""} for row in stays("70001", "70002")])

    assert [row for row, _sentence in said(upload)] == [None]


def test_numbers_that_are_complete_again_lead_to_replacing_the_month(world):
    stored(stays("70001", "70002"))
    whole = {"institution": world.first, "month": MARCH, "mode": "replace"}

    adding, replacing = delivered(stays("0070001", "0070002")), delivered(stays("0070001", "0070002"), **whole)

    assert "stored under 70001, stay 1, which has lost its leading zeros. Replace the month" in said(adding)[0][1]
    assert said(replacing) == []


def test_the_same_stay_under_any_other_number_names_the_earlier_record(world):
    stored([case(1)])

    upload = delivered([case("X"), case(1, stay_no="2"), case(1)])

    assert [(row, "under 1, stay 1" in sentence) for row, sentence in said(upload)] == [
        (2, True),
        (3, True),
        (4, False),
    ]
    assert "as row 2, under another record number or stay" in said(upload)[2][1]


@pytest.mark.parametrize(
    "other",
    [
        {"patient_id": "B"}, {"total_cost": "6800.01"}, {"admitted_at": "2026-02-26"}, {"discharged_at": "2026-03-10"},
        {"institution": "H33010000002"},
    ],
)  # fmt: skip
def test_another_patient_cost_day_or_institution_is_another_stay(world, other):
    stored([case(1)])

    assert said(delivered([case(2, **other)])) == []


def test_what_is_stored_no_more_repeats_nothing(world):
    uploads.undo(upload=stored([case(1)]), by=None)

    assert said(delivered([case(2)])) == []


def test_the_time_of_day_does_not_matter(world):
    stored([case(1, admitted_at="2026-03-02 09:30", discharged_at="2026-03-09")])

    assert len(said(delivered([case(2, admitted_at="2026-03-02", discharged_at="2026-03-09 23:59")]))) == 1


# --- acceptance ---


def test_repeated_stays_are_submitted_only_when_they_were_accepted(world):
    stored([case("001")])
    upload = delivered([case("1")], by=world.staff, institution=world.first)

    with pytest.raises(ValidationError, match="1 row has a warning of rule V26"):
        uploads.submit(upload=upload, by=world.staff)
    assert current() == {"001": 36}

    uploads.store(uploads.submit(upload=upload, by=world.staff, **TO_ACCEPT))
    assert current() == {"001": 36, "1": 36}


def test_of_two_sheets_checked_beside_each_other_the_second_is_not_submitted_unseen(world):
    options = {"by": world.staff, "institution": world.first}
    first, second = (uploads.foresee(delivered([case(number)], **options)) for number in ("001", "1"))
    confirmed(first, by=world.staff)

    with pytest.raises(ValidationError, match="it would do something else now"):
        uploads.submit(upload=second, by=world.staff, **TO_ACCEPT)

    again = uploads.advance(uploads.renewed(second))
    assert (again.status, again.warnings_to_accept) == ("checked", {"V26": 1})
    confirmed_again = uploads.submit(upload=again, by=world.staff, **TO_ACCEPT)
    assert confirmed_again.status == "storing"


# --- months ---


def test_a_month_far_from_the_rest_of_the_sheet_has_to_be_accepted(world):
    rows = [case(number, patient_id=f"P{number}") for number in range(3)]
    far = [case(7, "2025-02-20", admitted_at="2025-02-11"), case(8, "2025-03-20", admitted_at="2025-03-11")]

    upload = delivered([*rows, *far], by=world.staff, institution=world.first)

    assert said(upload, "V27") == [
        (
            5,
            "Discharged in 2025-02, more than 12 months from most of the sheet (2026-03). "
            "Correct the year, or accept the row if it is right.",
        )
    ]
    with pytest.raises(ValidationError, match="1 row has a warning of rule V27"):
        uploads.submit(upload=upload, by=world.staff)


def test_a_month_before_the_institution_joined_is_a_warning_and_its_first_month_is_none(world):
    Membership.objects.filter(institution=world.first).update(joined_on="2026-03-20")

    upload = delivered([case(1), case(2, "2026-02-28")])

    [(row, sentence)] = said(upload, "V27")
    assert (row, "before the institution joined a consortium (2026-03-20)" in sentence) == (3, True)


# --- departments ---


def test_a_department_without_its_zero_is_recognised_and_another_is_not(world):
    Department.objects.create(institution=world.first, code="0301", name="心内科")

    upload = delivered([case(1, adm_dept="301"), case(2, patient_id="B", adm_dept="999")], institution=world.first)

    sentences = dict(said(upload, "V4"))
    assert "It is probably 0301, which lost its leading zeros: format the column as text" in sentences[2]
    assert "have it entered under departments" in sentences[3]
