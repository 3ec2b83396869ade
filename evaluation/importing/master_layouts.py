"""The sheets of master data: consortia, institutions, memberships, departments and benchmarks (design.md §4)."""

from evaluation.importing.layouts import Column, Kind, Layout

CONSORTIUM_KINDS = ("urban_group", "county_community", "specialty_alliance", "telemedicine_network")
LEVELS = ("L3", "L2", "L1", "CHC", "THC", "VC")
INSTITUTION_TYPES = ("general", "tcm", "specialist", "rehab")
MEMBER_ROLES = ("lead", "member", "shared_centre")
BED_TYPES = ("acute", "day_surgery", "rehab")

CONSORTIA = Layout(
    dataset="consortia",
    key=("code",),
    columns=(
        Column("code", "医联体代码", Kind.NUMBER, required=True, most=40, example="YUNLING"),
        Column("name", "医联体名称", required=True, example="云岭医疗集团"),
        Column("kind", "医联体类型", Kind.CHOICE, required=True, choices=CONSORTIUM_KINDS, example="urban_group"),
        Column("compact", "紧密型", Kind.YES_NO, example="yes"),
    ),
)

INSTITUTIONS = Layout(
    dataset="institutions",
    key=("code",),
    columns=(
        Column("code", "机构代码", Kind.NUMBER, required=True, most=40, example="H33010000001"),
        Column("name", "机构名称", required=True, example="云岭总医院"),
        Column("level", "级别", Kind.CHOICE, required=True, choices=LEVELS, example="L3"),
        Column("type", "类别", Kind.CHOICE, required=True, choices=INSTITUTION_TYPES, example="general"),
        Column("region_code", "行政区划", Kind.CODE, required=True, most=6, example="330106"),
        Column("uscc", "统一社会信用代码", Kind.NUMBER, most=18, example="91350100M000100Y43"),
        Column("approved_beds", "编制床位", Kind.INTEGER, example="1200"),
        Column("served_population", "服务人口", Kind.INTEGER, example="900000"),
        Column("risk_coefficient", "风险系数", Kind.DECIMAL, example="1"),
        Column("rate_coefficient", "费率系数", Kind.DECIMAL, example="1"),
        Column("legal_independent", "独立法人", Kind.YES_NO, example="yes"),
    ),
)

MEMBERSHIPS = Layout(
    dataset="memberships",
    key=("consortium", "institution", "joined_on"),
    columns=(
        Column("consortium", "医联体代码", Kind.NUMBER, required=True, most=40, example="YUNLING"),
        Column("institution", "机构代码", Kind.NUMBER, required=True, most=40, example="H33010000001"),
        Column("role", "成员角色", Kind.CHOICE, required=True, choices=MEMBER_ROLES, example="lead"),
        Column("joined_on", "加入日期", Kind.DATE, required=True, example="2023-01-01"),
        Column("left_on", "退出日期", Kind.DATE),
        Column("agreement_no", "协议编号", Kind.NUMBER, most=60),
    ),
)

DEPARTMENTS = Layout(
    dataset="departments",
    key=("institution", "code"),
    columns=(
        Column("institution", "机构代码", Kind.NUMBER, required=True, most=40, example="H33010000001"),
        Column("code", "科室代码", Kind.NUMBER, required=True, most=40, example="0300"),
        Column("name", "科室名称", required=True, example="呼吸内科"),
        Column("bed_type", "床位类型", Kind.CHOICE, choices=BED_TYPES, example="acute"),
    ),
)

BENCHMARKS = Layout(
    dataset="benchmarks",
    key=("year", "region", "level", "drg"),
    columns=(
        Column("year", "年度", Kind.INTEGER, required=True, example="2026"),
        Column("drg", "DRG组", Kind.CODE, required=True, most=4, example="ES35"),
        Column("rw", "权重", Kind.DECIMAL, required=True, example="0.6500"),
        Column("avg_cost", "例均费用", Kind.MONEY, required=True, example="6500.00"),
        Column("avg_los", "平均住院日", Kind.DECIMAL, required=True, example="7.2"),
        Column("region", "地区", Kind.CODE, most=6),
        Column("level", "级别", Kind.CHOICE, choices=LEVELS),
        Column("name", "病组名称", example="呼吸系统感染/炎症，不伴并发症或合并症"),
        Column("cases", "病例数", Kind.INTEGER, example="1200"),
        Column("deaths", "死亡数", Kind.INTEGER, example="6"),
        Column("readmissions", "再住院数", Kind.INTEGER, example="40"),
    ),
)
