"""Delivering sheets by program: POST a file, read its problems, submit, withdraw, undo."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.access.roles import Role
from evaluation.models import InpatientCase, Upload
from evaluation.services import staleness
from tests.factories import FEBRUARY, MARCH, api, case_row, delivered, make_upload, sheet

URL = "/api/v1/uploads/"


@pytest.fixture
def staff(world):
    return api(world.people[Role.STAFF])


def post(client, *rows, dataset="cases", **fields):
    file = sheet(*(rows or (case_row(1), case_row(2))), dataset=dataset)
    return client.post(URL, {"dataset": dataset, "file": file, **fields})


def bad(number: int = 9) -> dict[str, str]:
    return case_row(number, sex="no such sex")


def test_a_sheet_is_accepted_with_its_address_and_checked_at_once(staff, world):
    answer = post(staff, month="2026-03")

    assert answer.status_code == 202
    told = answer.json()
    assert answer["Location"] == told["url"]
    assert staff.get(told["url"]).json() == told
    assert {name: told[name] for name in ("dataset", "institution", "month", "mode", "status", "by")} == {
        "dataset": "cases",
        "institution": world.own.code,
        "month": "2026-03",
        "mode": "merge",
        "status": "checked",
        "by": world.people[Role.STAFF].username,
    }


def test_the_counts_and_the_problems_name_row_column_and_what_to_do(staff):
    told = post(staff, case_row(1), bad()).json()

    assert [told[name] for name in ("rows_read", "rows_checked", "accepted", "flagged", "rejected")] == [2, 2, 1, 0, 1]
    [problem] = told["problems"]
    assert (problem["row"], problem["column"], problem["severity"]) == (3, "sex", "error")
    assert problem["message"].startswith("The text in this cell is not in the list. Write one of")


def test_a_list_tells_the_counts_and_not_the_problems(staff):
    post(staff, case_row(1), bad())

    listed = staff.get(URL).json()

    assert listed["count"] == 1
    assert listed["results"][0]["rejected"] == 1
    assert listed["results"][0]["problems"] == []


def test_submitting_stores_the_accepted_rows(staff, world):
    url = post(staff, case_row(1), bad()).json()["url"]

    answer = staff.post(f"{url}submit/")

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["rows_stored"]) == ("submitted", 1)
    assert InpatientCase.objects.filter(institution=world.own, is_current=True).count() == 1


def test_withdrawing_stores_nothing_and_undoing_takes_back(staff):
    first, second = (post(staff, case_row(number)).json()["url"] for number in (1, 2))

    assert staff.post(f"{first}withdraw/").json()["status"] == "withdrawn"
    staff.post(f"{second}submit/")
    assert staff.post(f"{second}undo/").json()["status"] == "undone"
    assert not InpatientCase.objects.filter(is_current=True).exists()


@pytest.mark.parametrize("step", ["submit", "withdraw", "undo"])
def test_a_step_that_is_not_possible_any_more_is_refused_in_words(staff, step):
    url = post(staff).json()["url"]
    staff.post(f"{url}withdraw/")

    answer = staff.post(f"{url}{step}/")

    assert answer.status_code == 400
    assert "withdrawn" in answer.json()["detail"]


def test_a_sheet_without_a_row_that_can_be_stored_is_not_submitted(staff):
    url = post(staff, bad()).json()["url"]

    assert staff.post(f"{url}submit/").status_code == 400


def test_rows_of_another_month_than_the_given_one_are_refused(staff):
    told = post(staff, case_row(1), case_row(2, "2026-02-28", admitted_at="2026-02-20"), month="2026-03").json()

    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert told["problems"][0]["column"] == "discharged_at"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"dataset": "nonsense"}, "dataset"),
        ({"month": "March"}, "month"),
        ({"month": "2026-13"}, "month"),
        ({"mode": "erase"}, "mode"),
        ({"mode": "replace"}, "mode"),  # without the month that it would replace
        ({"institution": "H33010000004"}, "institution"),  # the neighbour
        ({"institution": "nowhere"}, "institution"),
        ({"file": ""}, "file"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(staff, fields, field):
    answer = staff.post(URL, {"dataset": "cases", "file": sheet(case_row(1))} | fields)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not Upload.objects.exists()


def test_a_sheet_of_another_dataset_is_refused_whole(staff):
    file = sheet(
        {"month": "2026-03", "institution": "H33010000003", "category": "training", "amount": "5"},
        dataset="expenditures",
    )

    answer = staff.post(URL, {"dataset": "cases", "file": file})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["file"]
    assert not Upload.objects.exists()


def test_a_file_that_is_no_sheet_is_refused_and_not_stored(staff):
    file = sheet(case_row(1), name="virus.xlsx")

    assert staff.post(URL, {"dataset": "cases", "file": file}).status_code in (202, 400)
    broken = type(file)(b"PK\x03\x04 this is no workbook")
    broken.name = "broken.xlsx"
    answer = staff.post(URL, {"dataset": "cases", "file": broken})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])


def test_master_data_is_for_the_office_and_has_no_institution_or_month(world):
    row = {"code": "H33010000055", "name": "New", "level": "L1", "type": "general", "region_code": "330106"}
    office = api(world.people[Role.CONSORTIUM_MANAGER])

    assert post(office, row, dataset="institutions").status_code == 202
    assert list(post(office, row, dataset="institutions", month="2026-03").json()["errors"]) == ["month"]
    assert post(api(world.people[Role.STAFF]), row, dataset="institutions").status_code == 403


def test_the_office_does_not_deliver_cases(world):
    assert post(api(world.people[Role.CONSORTIUM_MANAGER])).status_code == 403


@pytest.mark.parametrize("role", [Role.BOARD, Role.REGULATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_delivers_nothing_is_refused(world, role):
    answer = post(api(world.people[role]))

    assert answer.status_code == 403
    assert answer.json()["status"] == 403


def test_a_neighbours_upload_is_not_there(staff, world):
    theirs = make_upload(world.neighbour)

    assert staff.get(f"{URL}{theirs.pk}/").status_code == 404
    assert staff.post(f"{URL}{theirs.pk}/submit/").status_code == 404


def test_the_office_undoes_what_a_member_delivered(world, staff):
    upload = delivered(case_row(1), by=world.people[Role.STAFF])
    staff.post(f"{URL}{upload.pk}/submit/")

    answer = api(world.people[Role.CONSORTIUM_MANAGER]).post(f"{URL}{upload.pk}/undo/")

    assert answer.json()["status"] == "undone"


def test_uploads_are_found_by_dataset_and_status(staff):
    url = post(staff).json()["url"]
    post(staff)
    staff.post(f"{url}withdraw/")

    assert staff.get(f"{URL}?status=withdrawn&dataset=cases").json()["count"] == 1
    assert staff.get(f"{URL}?dataset=referrals").json()["count"] == 0


def test_what_is_not_sent_as_a_form_is_refused(staff):
    answer = staff.post(URL, '{"dataset": "cases"}', content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_the_list_asks_no_more_for_many_uploads_than_for_one(world):
    staff = world.people[Role.STAFF]
    client, costs = api(staff), []
    client.get("/api/v1/uploads/")  # notes that the token was used, once a minute
    for count in (1, 20):
        for _number in range(count):
            make_upload(world.own, by=staff, status=Upload.Status.SUBMITTED, months=[MARCH])
        with CaptureQueriesContext(connection) as queries:
            listed = client.get("/api/v1/uploads/").json()["results"]
        costs.append(len(queries))
        assert all(each["computed"] for each in listed)

    assert costs[0] == costs[1]


def test_the_list_says_of_each_upload_whether_its_months_are_computed(world):
    staff = world.people[Role.STAFF]
    months = {FEBRUARY: False, MARCH: True}
    for month in months:
        make_upload(world.own, by=staff, status=Upload.Status.SUBMITTED, months=[month], filename=f"{month}")
    staleness.mark_values([(world.own.pk, FEBRUARY), (world.neighbour.pk, MARCH)])

    listed = api(staff).get("/api/v1/uploads/").json()["results"]

    assert {each["filename"]: each["computed"] for each in listed} == {
        str(month): computed for month, computed in months.items()
    }


# ---- what a sheet will do ----


def test_the_answer_tells_what_the_sheet_will_do_in_each_month(staff, world):
    staff.post(f"{post(staff, case_row(1), case_row(2)).json()['url']}submit/")

    told = post(staff, case_row(1), case_row(2, total_cost="7000.50"), case_row(3, "2026-04-02")).json()

    counted = ("month", "rows", "new", "replaced", "identical", "removed", "total_cost", "stored_cost")
    assert [[line[name] for name in counted] for line in told["effect"]] == [
        ["2026-03", 2, 0, 1, 1, 0, "13800.50", "13600.00"],
        ["2026-04", 1, 1, 0, 0, 0, "6800.00", "0.00"],
    ]
    assert {line["institution"] for line in told["effect"]} == {world.own.code}


def test_the_same_file_again_names_the_upload_that_brought_it(staff, world):
    first = post(staff).json()
    staff.post(f"{first['url']}submit/")

    told = post(staff).json()["same_file"]

    assert (told["id"], told["by"]) == (first["id"], world.people[Role.STAFF].username)
    assert "nothing would change" in told["message"]


@pytest.mark.parametrize("content_type", ["application/json", None])
def test_a_repeated_stay_is_submitted_when_its_rule_is_accepted(staff, content_type):
    staff.post(f"{post(staff, case_row('007', patient_id='A')).json()['url']}submit/")
    told = post(staff, case_row("7", patient_id="A")).json()
    options = {"content_type": content_type} if content_type else {}

    refused = staff.post(f"{told['url']}submit/")
    answer = staff.post(f"{told['url']}submit/", {"accept_warnings": ["V26", "V27"]}, **options)

    assert told["warnings_to_accept"] == {"V26": 1}
    assert refused.status_code == 400
    assert "1 row has a warning of rule V26" in refused.json()["errors"]["accept_warnings"][0]
    assert (answer.status_code, answer.json()["status"]) == (202, "submitted")


def test_taking_out_most_of_a_month_is_submitted_when_it_is_confirmed(staff):
    staff.post(f"{post(staff, *map(case_row, range(4))).json()['url']}submit/")
    url = post(staff, case_row(1), month="2026-03", mode="replace").json()["url"]

    refused = staff.post(f"{url}submit/")
    answer = staff.post(f"{url}submit/", {"confirm_removal": True}, content_type="application/json")

    assert refused.status_code == 400
    assert "3 of the 4 cases of March 2026 will be taken out" in refused.json()["errors"]["confirm_removal"][0]
    assert answer.json()["status"] == "submitted"


def test_a_sheet_that_would_do_something_else_by_now_says_so_when_it_is_read_again(staff):
    first, second = (post(staff, case_row(1, age=age)).json()["url"] for age in ("36", "37"))
    staff.post(f"{first}submit/")

    refused = staff.post(f"{second}submit/")
    [line] = staff.get(second).json()["effect"]

    assert refused.status_code == 400
    assert "it would do something else now" in refused.json()["detail"]
    assert (line["new"], line["replaced"]) == (0, 1)
    assert staff.post(f"{second}submit/").status_code == 202
