"""The rules for referrals."""

from dataclasses import replace
from datetime import date

import pytest

from referrals.checks import check_referrals
from referrals.layouts import REFERRALS
from tests.importing.sheets import KNOWN, Judged, Row, judge

ERROR, WARNING = "error", "warning"
GOOD: Row = {
    "id": "R1",
    "direction": "up",
    "sender": "H33010000003",
    "receiver": "H33010000001",
    "patient_id": "330106199001011234",
    "main_dx": "I21.900",
    "reason": "疑难重症",
    "green_channel": "no",
    "needs_rehab": "",
    "requested_at": "2026-03-02 09:30",
    "accepted_at": "2026-03-02 11:00",
    "arrived_at": "2026-03-02 11:00",
    "completed_at": "2026-03-09",
    "status": "completed",
    "decline_reason": "",
}


def judged(*rows: Row, **options) -> Judged:
    return judge(REFERRALS, check_referrals, rows, **options)


@pytest.mark.parametrize("chinese", [False, True], ids=["english", "chinese"])
@pytest.mark.parametrize(
    ("changes", "column", "severity", "rule", "sentence"),
    [
        ({"receiver": "H33010000003"}, "receiver", ERROR, "V20", "the same institution. Correct one of them"),
        (
            {"accepted_at": "2026-03-02 09:29", "arrived_at": ""},
            "accepted_at",
            ERROR,
            "V20",
            "lies before 2026-03-02 09:30. Put",
        ),
        ({"arrived_at": "2026-03-02 10:59"}, "arrived_at", ERROR, "V20", "in order: requested, accepted, arrived"),
        (
            {"completed_at": "2026-03-02 10:00", "arrived_at": ""},
            "completed_at",
            ERROR,
            "V20",
            "lies before 2026-03-02 11:00",
        ),
        ({"completed_at": ""}, "status", WARNING, "V20", "Accepted; fill in completed_at"),
        ({"sender": "H0"}, "sender", ERROR, "V4", "H0 is not known. Check the code"),
        ({"receiver": "H0"}, "receiver", ERROR, "V4", "H0 is not known. Check the code"),
        ({"direction": "sideways"}, "direction", ERROR, "V4", "Write one of up, down, lateral"),
        ({"status": "done"}, "status", ERROR, "V4", "Write one of requested"),
        ({"green_channel": "x"}, "green_channel", ERROR, "V4", "Write yes or no"),
        ({"main_dx": "I21900"}, "main_dx", ERROR, "V6", "Write it like J18.900"),
        ({"completed_at": "2026-04-16"}, "completed_at", ERROR, "V1", "lies in the future"),
        ({"accepted_at": "2026-13-02"}, "accepted_at", ERROR, "V1", "does not exist"),
        ({"reason": ""}, "reason", ERROR, "V0", "Fill it in"),
        ({"id": "R" * 61}, "id", ERROR, "V0", "60 characters"),
        ({"patient_id": ""}, "patient_id", ERROR, "V0", "Fill it in"),
        ({"reason": "患者 330106199001011234"}, "reason", ERROR, "V0", "identity number, which is not kept"),
    ],
    ids=str,
)
def test_a_referral_that_breaks_a_rule_is_found_at_its_cell(changes, column, severity, rule, sentence, chinese):
    result = judged(GOOD, GOOD | {"id": "R2"} | changes, GOOD | {"id": "R3"}, chinese=chinese)

    heading = REFERRALS.by_name[column].heading if chinese else column
    assert result.said == [(3, heading, severity, rule)]
    assert sentence in result.problems[0].sentence


def test_a_request_before_1990_is_refused():
    result = judged(GOOD | {"requested_at": "1900-03-02"})

    assert result.said == [(2, "requested_at", ERROR, "V1")]


def test_steps_at_the_same_moment_and_steps_left_out_pass():
    rows = [
        GOOD | {"accepted_at": GOOD["requested_at"], "arrived_at": GOOD["requested_at"]},
        GOOD
        | {"id": "R2", "accepted_at": "", "arrived_at": "", "completed_at": "", "status": "requested", "main_dx": ""},
        GOOD | {"id": "R3", "sender": "H33010000001", "receiver": "H33010000003", "direction": "down"},
    ]

    assert judged(*rows).said == []


@pytest.mark.parametrize(
    "known", [{"writable": frozenset({"H33010000001"})}, {"given_institution": "H33010000001"}], ids=str
)
def test_a_referral_between_others_is_refused_and_one_of_either_end_is_not(known):
    rows = [GOOD, GOOD | {"id": "R2", "sender": "H33010000001", "receiver": "H33010000002"}]
    between_others = GOOD | {"id": "R3", "receiver": "H33010000002"}

    result = judged(*rows, between_others, known=replace(KNOWN, **known))

    assert result.said == [(4, "sender", ERROR, "V4")]
    assert "Take the row out." in result.problems[0].sentence


def test_the_month_of_a_referral_is_that_of_its_request():
    known = replace(KNOWN, given_month=date(2026, 3, 1))
    april = GOOD | {
        "id": "R2",
        "requested_at": "2026-04-01",
        "accepted_at": "",
        "arrived_at": "",
        "completed_at": "2026-04-02",
    }

    assert judged(GOOD, april, known=known).said == [(3, "requested_at", ERROR, "V1")]


def test_the_same_number_twice_is_a_repeat_whoever_sends():
    assert judged(GOOD, GOOD | {"sender": "H33010000002"}).said == [(3, "id", ERROR, "V3")]
