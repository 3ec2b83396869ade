"""Every endpoint of the description is asked what it allows, and odd things too; the answers are as described."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from budgets.models import Budget, Expenditure
from config import wsgi
from evaluation.access.roles import Role
from evaluation.models import Upload
from tests.factories import MARCH, api, delivered, make_case, make_value
from tests.factories import case_row as row

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SOME = settings(
    max_examples=10, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
described = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
described.app = wsgi.application
OPERATIONS = {each.ok().label: each.ok() for each in described.get_all_operations()}


@pytest.fixture(autouse=True)
def one_connection():
    """The server closes connections around every request; the test's own holds what is asked for."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def things(world):
    """Something behind every address: what is asked for by number is often there."""
    staff = world.people[Role.STAFF]
    delivered(row(1), row(2, sex="x"), by=staff)
    case = make_case(world.own)
    make_value("ALOS", world.own, numerator=10, denominator=5)
    Budget.objects.create(institution=world.own, year=2026, category="treatment", planned_amount=10)
    Expenditure.objects.create(institution=world.own, month=MARCH, category="treatment", amount=10)
    return {"id": st.sampled_from([case.pk, *Upload.objects.values_list("pk", flat=True), 2**80, 0])}


@pytest.mark.parametrize("role", [None, Role.STAFF, Role.CONSORTIUM_MANAGER, Role.BOARD])
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_api_answers_everything_as_described(world, things, role, label):
    operation = OPERATIONS[label]
    headers = {"Authorization": api(world.people[role]).defaults["HTTP_AUTHORIZATION"]} if role else {}

    @SOME
    @given(
        case=st.one_of(map(operation.as_strategy, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))),
        number=things["id"],
    )
    def ask(case, number):
        if "id" in case.path_parameters and isinstance(case.path_parameters["id"], int):
            case.path_parameters["id"] = number
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()
