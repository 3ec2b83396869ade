"""The case sheet: one row per inpatient discharge (domain.md F, contract of design.md §4)."""

from evaluation.importing.layouts import Column, Kind, Layout

FEE_ITEMS: tuple[tuple[str, str], ...] = (
    ("cost_bed", "床位费"),
    ("cost_consultation", "诊察费"),
    ("cost_exam", "检查费"),
    ("cost_lab", "化验费"),
    ("cost_treatment", "治疗费"),
    ("cost_surgery", "手术费"),
    ("cost_nursing", "护理费"),
    ("cost_material", "卫生材料费"),
    ("cost_western_drug", "西药费"),
    ("cost_herbal", "中药饮片费"),
    ("cost_patent_drug", "中成药费"),
    ("cost_general", "一般诊疗费"),
    ("cost_registration", "挂号费"),
    ("cost_other", "其他费"),
)

SEXES = ("0", "1", "2", "9")
ADMISSION_ROUTES = ("1", "2", "3", "9")
PAYMENT_TYPES = (
    *("01", "02", "03", "04", "05", "06", "07", "08", "99"),
    *("11", "12", "21", "22", "31", "32", "4", "5", "6", "7", "8", "9"),
)
DISPOSITIONS = ("1", "2", "3", "4", "5", "9")

CASES = Layout(
    dataset="cases",
    key=("institution", "record_no", "stay_no"),
    columns=(
        Column("institution", "机构代码", Kind.NUMBER, most=40, example="H33010000001"),
        Column("record_no", "病案号", Kind.NUMBER, required=True, most=40, example="20260001"),
        Column("stay_no", "住院次数", Kind.INTEGER, required=True, example="1"),
        Column("patient_id", "患者标识", Kind.PATIENT, required=True, example="330106199001011234"),
        Column("sex", "性别", Kind.CHOICE, required=True, choices=SEXES, example="2"),
        Column("age", "年龄", Kind.INTEGER, required=True, example="36"),
        Column("age_days", "不足一周岁天数", Kind.INTEGER),
        Column("birth_weight", "新生儿入院体重", Kind.INTEGER),
        Column("resident_region", "常住地区划", Kind.CODE, most=6, example="330106"),
        Column("adm_route", "入院途径", Kind.CHOICE, choices=ADMISSION_ROUTES, example="2"),
        Column("pay_type", "付费方式", Kind.CHOICE, choices=PAYMENT_TYPES, example="01"),
        Column("admitted_at", "入院时间", Kind.INSTANT, required=True, example="2026-03-02 09:30"),
        Column("discharged_at", "出院时间", Kind.INSTANT, required=True, example="2026-03-09 11:00"),
        Column("adm_dept", "入院科别", most=40, example="0300"),
        Column("dis_dept", "出院科别", most=40, example="0300"),
        Column("main_dx", "主要诊断编码", Kind.CODE, required=True, most=40, example="J18.900"),
        Column("other_dx", "其他诊断编码", Kind.CODES, most=2000, example="I10.x00x002|E11.900"),
        Column("procedures", "手术操作编码", Kind.CODES, most=2000, example="33.2400"),
        Column("procedure_dates", "手术操作日期", Kind.CODES, most=800),  # read for V13 only, not stored
        Column("surgery_level", "手术级别", Kind.CHOICE, choices=("1", "2", "3", "4")),
        Column("elective", "择期", Kind.YES_NO),
        Column("day_surgery", "日间手术", Kind.YES_NO),
        Column("disposition", "离院方式", Kind.CHOICE, required=True, choices=DISPOSITIONS, example="1"),
        Column("receiving_inst", "拟接收机构", most=100),
        Column("readmit_plan", "31天再住院计划", Kind.CHOICE, choices=("1", "2"), example="1"),
        Column("complication", "手术并发症", Kind.YES_NO),
        Column("mdt", "多学科", Kind.YES_NO, example="no"),
        Column("pathway", "临床路径", Kind.YES_NO, example="yes"),
        Column("antibacterial", "抗菌药物", Kind.YES_NO, example="yes"),
        Column("total_cost", "总费用", Kind.MONEY, required=True, example="6800.00"),
        Column("self_pay", "自付", Kind.MONEY, example="1500.00"),
        Column("fund_pay", "基金支付", Kind.MONEY, example="5300.00"),
        *(
            Column(
                name, heading, Kind.MONEY, example={"cost_bed": "800.00", "cost_western_drug": "6000.00"}.get(name, "")
            )
            for name, heading in FEE_ITEMS
        ),
        Column("drg_code", "DRG组", Kind.CODE, most=4, example="ES35"),
        Column("rw", "权重", Kind.DECIMAL, example="0.6500"),
        Column("drg_pay", "病组支付", Kind.MONEY, example="7000.00"),
    ),
)
