"""Master data of the demo: consortia, institutions, memberships and departments."""

from collections.abc import Iterator

from evaluation.demo.cases import DEPARTMENT_OF_PRIMARY, GENERAL_PRACTICE
from evaluation.demo.members import ALLIANCE, ALLIANCE_NAME, CONSORTIUM, CONSORTIUM_NAME, Member
from evaluation.demo.period import dates
from evaluation.demo.stays import World

DEPARTMENTS = {
    "0301": "呼吸与危重症医学科", "0302": "消化内科", "0303": "神经内科", "0304": "心血管内科",
    "0306": "肾内科", "0307": "内分泌科", "0401": "普通外科", "0402": "神经外科", "0403": "骨科", "0404": "泌尿外科",
    "0405": "胸外科", "0501": "妇科", "0502": "产科", "0700": "儿科", "1000": "眼科", "1100": "耳鼻咽喉科",
    "1900": "肿瘤科", "2100": "康复医学科", "2800": "重症医学科", "5000": "中医科",
}  # fmt: skip
PRIMARY_DEPARTMENTS = {"0200": "全科医疗科", "0400": "外科", "0700": "儿科", "2100": "康复医学科", "5000": "中医科"}
LEAST_BEDS = {"L3": 500, "L2": 100}
OCCUPANCY = {"L3": 0.90, "L2": 0.86}
DAYS_OF_MONTH = 30.4
RISK = {"L3": "1.15", "L2": "1.00"}
RATE = {"L3": "1.00", "L2": "0.96"}


def consortium_rows() -> list[tuple[str, ...]]:
    return [
        (CONSORTIUM, CONSORTIUM_NAME, "urban_group", "yes"),
        (ALLIANCE, ALLIANCE_NAME, "specialty_alliance", "no"),
    ]


def institution_rows(world: World, cases: int) -> Iterator[tuple[str, ...]]:
    for member in world.members:
        beds = approved_beds(member, cases / world.period.months)
        yield (
            member.code, member.name, member.level, member.type, member.region, member.uscc, str(beds),
            str(served_population(member, beds)), RISK.get(member.level, "0.85"), RATE.get(member.level, "0.88"), "yes",
        )  # fmt: skip


def approved_beds(member: Member, monthly_cases: float) -> int:
    """As many tens of beds as the expected stays fill to the usual occupancy, but a hospital's minimum."""
    nights = monthly_cases * member.share * member.stay.first
    beds = nights / DAYS_OF_MONTH / OCCUPANCY.get(member.level, 0.75)
    return max(LEAST_BEDS.get(member.level, 20), round(beds / 10 + 0.49) * 10)


def served_population(member: Member, beds: int) -> int:
    per_bed = {"L3": 1800, "L2": 1500}.get(member.level, 620)
    return round(beds * per_bed * (0.9 + 0.02 * (member.number % 10)) / 100) * 100


def membership_rows(world: World) -> Iterator[tuple[str, ...]]:
    """All belong to the group; the lead and the first tcm or rehabilitation hospital also to the alliance."""
    joined = dates(world.joined)
    partner = next((member for member in world.members if member.type in ("tcm", "rehab")), None)
    for member, day in zip(world.members, joined, strict=True):
        role = "lead" if member.number == 1 else "member"
        yield CONSORTIUM, member.code, role, day, "", f"YL-{day[:4]}-{member.number:03d}"
    for member, day in zip(world.members, joined, strict=True):
        if member.number == 1 or member is partner:
            role = "lead" if member.number == 1 else "member"
            yield ALLIANCE, member.code, role, day, "", f"YK-{day[:4]}-{member.number:03d}"


def department_rows(world: World) -> Iterator[tuple[str, ...]]:
    """The departments whose groups the institution treats."""
    for member, mix in zip(world.members, world.mix, strict=True):
        treated = {group.department for group, part in zip(world.groups, mix, strict=True) if part > 0}
        if member.is_primary:
            treated = {DEPARTMENT_OF_PRIMARY.get(code, GENERAL_PRACTICE) for code in treated}
        names = PRIMARY_DEPARTMENTS if member.is_primary else DEPARTMENTS
        for code in sorted(treated):
            yield member.code, code, names[code], "rehab" if code == "2100" else "acute"
