"""Rows for tests, written straight into the tables; every argument that a test does not care about has a default."""

import io
import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.test import Client
from django.utils import timezone

from evaluation.access.roles import Role
from evaluation.datasets import dataset_by_name
from evaluation.indicators.facts import CASE_FACTS
from evaluation.models import (
    ApiToken,
    CaseCell,
    Consortium,
    IndicatorValue,
    InpatientCase,
    Institution,
    Membership,
    PublishedValue,
    Upload,
    User,
)
from evaluation.services import tokens, uploads
from tests.importing.sheets import written
from tests.importing.test_case_checks import case as any_case

MARCH, FEBRUARY, JANUARY = date(2026, 3, 1), date(2026, 2, 1), date(2026, 1, 1)
PLAIN_STATIC_FILES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
numbers = itertools.count(1)


def make_consortium(code: str = "YUNLING", **fields) -> Consortium:
    return Consortium.objects.create(**{"code": code, "name": code.title(), "kind": "county_community"} | fields)


def make_institution(code: str, *consortia: Consortium, joined_on: date = date(2020, 1, 1), **fields) -> Institution:
    defaults = {"name": f"Hospital {code}", "level": "L2", "type": "general", "region_code": "330106"}
    institution = Institution.objects.create(code=code, **(defaults | fields))
    for consortium in consortia:
        Membership.objects.create(consortium=consortium, institution=institution, role="member", joined_on=joined_on)
    return institution


def make_user(role: Role, *consortia: Consortium, institution: Institution | None = None, **fields) -> User:
    name = fields.pop("username", f"{role}{next(numbers)}")
    is_staff = role in (Role.ADMINISTRATOR, Role.CONSORTIUM_MANAGER, Role.INSTITUTION_MANAGER)
    user = User.objects.create(username=name, role=role, institution=institution, is_staff=is_staff, **fields)
    user.consortia.set(consortia)
    return user


def make_cell(institution: Institution, month: date = MARCH, **facts) -> CaseCell:
    """Of 100 discharges, unless told otherwise; the other facts are 0."""
    ends = {"last_discharge_day": (month + timedelta(days=27) - date(1970, 1, 1)).days}
    place = {"institution": institution, "month": month, "department": "0300", "drg": ""}
    return CaseCell.objects.create(**dict.fromkeys(CASE_FACTS, 0) | {"discharges": 100} | ends | place | facts)


def make_value(indicator: str, place: Institution | Consortium, period: str = "2026-03", **fields) -> IndicatorValue:
    """A grey value, published as it is; numerator ÷ denominator where both are given and the value is not."""
    scope = "consortium" if isinstance(place, Consortium) else "institution"
    defaults = {
        "indicator": indicator, "period": period, scope: place, "cases": 100, "light": "grey",
        "reason": "Not rated: no limits are set for this indicator here.", "version": 1, "computed_at": timezone.now(),
    }  # fmt: skip
    if "numerator" in fields and "denominator" in fields:
        defaults["value"] = fields["numerator"] / fields["denominator"]
    PublishedValue.objects.create(**(defaults | fields))
    return IndicatorValue.objects.create(**(defaults | fields))


def make_upload(institution: Institution | None = None, by: User | None = None, **fields) -> Upload:
    defaults = {"dataset": "cases", "filename": "march.csv", "month": MARCH, "status": Upload.Status.CHECKED}
    return Upload.objects.create(institution=institution, by=by, **(defaults | fields))


def make_case(institution: Institution, discharged: date = date(2026, 3, 9), **fields) -> InpatientCase:
    number = next(numbers)
    end = datetime(discharged.year, discharged.month, discharged.day, 10, tzinfo=timezone.get_default_timezone())
    defaults = {
        "record_no": f"R{number:07d}", "stay_no": 1, "patient_hash": number.to_bytes(32), "sex": "1", "age": 60,
        "resident_region": "", "adm_route": "", "pay_type": "", "admitted_at": end - timedelta(days=5),
        "discharged_at": end, "month": discharged.replace(day=1), "los": 5, "adm_dept": "0300", "dis_dept": "0300",
        "main_dx": "J18.900", "other_dx": "", "procedures": "", "disposition": "1", "receiving_inst": "",
        "readmit_plan": "", "total_cost": 500_000, "drg_code": "ES25",
    }  # fmt: skip
    if "upload" not in fields:
        fields["upload"] = make_upload(institution, status=Upload.Status.SUBMITTED, filename=f"{number}.csv")
    return InpatientCase.objects.create(institution=institution, row=2, **(defaults | fields))


# ---- sheets --------------------------------------------------------------------------------------------------------


def case_row(number: object = 1, discharged: str = "2026-03-09", **changes: str) -> dict[str, str]:
    """Of another patient for each number."""
    fixed = {
        "institution": "",
        "patient_id": f"P{number}",
        "admitted_at": "2026-02-27",
        "discharged_at": discharged,
        "adm_dept": "",
        "drg_code": "",
        "rw": "",
    }
    return any_case(number, **fixed) | changes


def sheet(*rows: dict[str, str], dataset: str = "cases", name: str = "march.csv") -> io.BytesIO:
    file = io.BytesIO(written(dataset_by_name(dataset).layout, rows))
    file.name = name
    return file


def delivered(*rows: dict[str, str], by: User, **options) -> Upload:
    """Received and checked."""
    options.setdefault("institution", by.institution)
    found = uploads.receive(dataset="cases", file=sheet(*rows), filename="march.csv", by=by, **options)
    return uploads.check_upload(found)


# ---- a small world -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """A county community of four, one consortium beside it, and a person of every role.

    The lead hospital is L3, `own` and `neighbour` are township health centres, `county` is L2; `foreign` belongs to the
    other consortium.
    """

    consortium: Consortium
    other: Consortium
    lead: Institution
    county: Institution
    own: Institution
    neighbour: Institution
    foreign: Institution
    people: dict[Role, User]

    @property
    def members(self) -> list[Institution]:
        return [self.lead, self.county, self.own, self.neighbour]


def make_world() -> World:
    mine, other = make_consortium("YUNLING"), make_consortium("OTHER")
    lead = make_institution("H33010000001", mine, level="L3")
    county = make_institution("H33010000002", mine)
    own = make_institution("H33010000003", mine, level="THC")
    neighbour = make_institution("H33010000004", mine, level="THC")
    foreign = make_institution("H33010000009", other)
    people = {
        role: make_user(role, institution=own)
        if role in (Role.STAFF, Role.INSTITUTION_MANAGER)
        else make_user(role, *([mine] if role in (Role.CONSORTIUM_MANAGER, Role.BOARD, Role.REGULATOR) else []))
        for role in Role
    }
    return World(mine, other, lead, county, own, neighbour, foreign, people)


def browser(user: User | None = None, **options) -> Client:
    """A browser, signed in as the user."""
    client = Client(**options)
    if user is not None:
        client.force_login(user)
    return client


def api(user: User | None = None) -> Client:
    """A program that carries the user's token."""
    if user is None:
        return Client()
    _token, secret = tokens.issue(user=user, name="test", scope=ApiToken.Scope.DELIVER, by=user)
    return Client(headers={"authorization": f"Token {secret}"})
