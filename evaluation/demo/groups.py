"""The disease groups of the demo: some sixty DRGs of CHS-DRG 1.1 with what a typical case of each looks like.

Codes and Chinese names are those of the national scheme, so are diagnoses and procedures. Weights, costs, stays and
rates are invented, in an order of magnitude that is usual. A case carries comorbidities that fit the last character of
its code: 1 a major complication, 3 a complication, 5 and 9 neither.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Ages(NamedTuple):
    """Youngest, most frequent and oldest age in years."""

    youngest: int
    typical: int
    oldest: int


class Demand(NamedTuple):
    """How often a hospital of the level sees the group, against its other groups; 0 = does not treat it."""

    tertiary: float
    secondary: float
    primary: float


@dataclass(frozen=True)
class Group:
    """One DRG. `cost` is yuan and `los` days of the regional mean, `deaths` and `readmissions` are rates per stay."""

    code: str
    name: str
    main_dx: tuple[str, ...]
    department: str
    rw: float
    cost: int
    los: float
    ages: Ages
    demand: Demand
    procedures: tuple[str, ...] = ()
    surgery_level: int = 0
    fees: str = "medical"
    season: str = "even"
    sex: str = ""
    deaths: float = 0.0
    readmissions: float = 0.06
    elective: float = 0.0
    day_surgery: float = 0.0
    planned_cycle: float = 0.0
    antibacterial: float = 0.25
    comorbidities: tuple[str, ...] = ()


ADULT, OLD, MIDDLE, CHILD = Ages(18, 52, 90), Ages(45, 71, 97), Ages(30, 58, 88), Ages(1, 4, 13)
YOUNG, MOTHER, WOMAN = Ages(14, 32, 70), Ages(20, 29, 44), Ages(24, 46, 68)

# Comorbidities by what they mean for the grouper; a group overrides them where its main diagnosis would cancel them.
NO_COMPLICATION = ("I10.x00x002", "E11.900", "I25.103", "E78.500", "K76.000", "K29.500")
COMPLICATION = ("E87.600", "E77.801", "D50.900")
MAJOR_COMPLICATION = ("J96.000", "A41.900", "N18.500")

# fmt: off
RESPIRATORY = (
    Group("ES31", "呼吸系统感染/炎症，伴严重并发症或合并症", ("J18.900", "J15.900", "J18.903"), "0301", 1.05, 11800,
          10.2, OLD, Demand(2.2, 1.6, 0), season="winter", deaths=0.024, readmissions=0.11, antibacterial=0.97,
          comorbidities=("N18.500", "I50.900")),
    Group("ES33", "呼吸系统感染/炎症，伴并发症或合并症", ("J18.900", "J15.900", "J15.700"), "0301", 0.68, 7300, 8.2,
          OLD, Demand(2.4, 3.4, 2.5), season="winter", deaths=0.003, readmissions=0.08, antibacterial=0.96),
    Group("ES35", "呼吸系统感染/炎症，不伴并发症或合并症", ("J18.900", "J18.000", "J15.700"), "0301", 0.46, 4700,
          6.9, ADULT, Demand(1.6, 4.0, 6.5), season="winter", deaths=0.0004, readmissions=0.05, antibacterial=0.95),
    Group("ET21", "慢性气道阻塞病，伴严重并发症或合并症", ("J44.000", "J44.100"), "0301", 1.02, 11200, 10.4, OLD,
          Demand(1.8, 1.8, 0), season="winter", deaths=0.012, readmissions=0.14, antibacterial=0.9,
          comorbidities=("I50.900", "N18.500")),
    Group("ET23", "慢性气道阻塞病，伴并发症或合并症", ("J44.000", "J44.100"), "0301", 0.72, 7500, 8.8, OLD,
          Demand(1.4, 2.6, 2.2), season="winter", deaths=0.0022, readmissions=0.11, antibacterial=0.86),
    Group("ET25", "慢性气道阻塞病，不伴并发症或合并症", ("J44.000", "J44.100", "J42.x00"), "0301", 0.53, 5500, 7.7,
          OLD, Demand(0.8, 2.4, 5.0), season="winter", deaths=0.0006, readmissions=0.08, antibacterial=0.8),
    Group("EX15", "哮喘及喘息性支气管炎，不伴并发症或合并症", ("J45.900", "J45.900x001"), "0301", 0.47, 4800, 6.4,
          MIDDLE, Demand(0.8, 1.0, 1.2), season="winter", readmissions=0.05, antibacterial=0.6),
    Group("EX25", "百日咳及急性支气管炎，不伴并发症或合并症", ("J20.900", "J20.902"), "0700", 0.30, 2900, 5.4, CHILD,
          Demand(1.2, 2.2, 4.0), season="winter", readmissions=0.03, antibacterial=0.7),
    Group("ER31", "肺水肿及呼吸衰竭，伴严重并发症或合并症", ("J96.000", "J96.100"), "2800", 1.55, 17600, 10.9, OLD,
          Demand(0.7, 0.3, 0), season="winter", deaths=0.065, readmissions=0.12, antibacterial=0.95,
          comorbidities=("N18.500", "I50.900")),
    Group("AH11", "有创呼吸机支持≥96小时或ECMO或全人工心脏移植术，伴严重并发症或合并症", ("J96.000", "J18.903"),
          "2800", 10.60, 124000, 20.5, OLD, Demand(0.3, 0.04, 0), procedures=("96.7201",), deaths=0.21,
          readmissions=0.08, antibacterial=1.0, season="winter", comorbidities=("N18.500", "I50.900")),
    Group("EB19", "肺大手术", ("C34.101", "C34.900x005"), "0405", 4.60, 49500, 10.8, MIDDLE, Demand(1.5, 0.1, 0),
          procedures=("32.4100", "32.3001"), surgery_level=4, fees="implant", season="elective", deaths=0.0012,
          elective=0.98, antibacterial=0.75),
    Group("ER15", "呼吸系统肿瘤，不伴并发症或合并症", ("C34.900x001", "C34.101"), "1900", 0.74, 7900, 7.4, OLD,
          Demand(1.2, 0.5, 0.2), deaths=0.009, readmissions=0.12),
)

CIRCULATION = (
    Group("FM19", "经皮冠状动脉支架植入", ("I20.000", "I25.103", "I21.401"), "0304", 3.35, 35800, 6.4, MIDDLE,
          Demand(3.0, 0.5, 0), procedures=("36.0700", "36.0601"), surgery_level=3, fees="implant", season="cold",
          deaths=0.003, elective=0.7, antibacterial=0.08),
    Group("FK39", "永久性起搏器植入/置换/更新", ("I44.100", "I44.200"), "0304", 5.40, 58200, 8.0, OLD,
          Demand(0.5, 0.08, 0), procedures=("37.8301",), surgery_level=3, fees="implant", deaths=0.001, elective=0.8,
          antibacterial=0.6),
    Group("FR19", "急性心肌梗死", ("I21.001", "I21.103", "I21.401"), "0304", 1.10, 12100, 7.6, OLD,
          Demand(0.9, 0.6, 0), season="cold", deaths=0.055, readmissions=0.09),
    Group("FR21", "心力衰竭、休克，伴严重并发症或合并症", ("I50.900", "I50.101"), "0304", 0.98, 10900, 9.3, OLD,
          Demand(1.3, 1.0, 0), season="cold", deaths=0.034, readmissions=0.15, comorbidities=("J96.000", "N18.500")),
    Group("FR25", "心力衰竭、休克，不伴并发症或合并症", ("I50.900", "I50.900x002"), "0304", 0.62, 6500, 8.1, OLD,
          Demand(0.9, 2.0, 2.0), season="cold", deaths=0.006, readmissions=0.12),
    Group("FR39", "心绞痛", ("I20.000", "I20.900"), "0304", 0.64, 6900, 6.7, OLD, Demand(1.8, 2.2, 1.6),
          season="cold", deaths=0.0006, readmissions=0.07),
    Group("FR45", "冠状动脉粥样硬化/血栓/闭塞，不伴并发症或合并症", ("I25.103",), "0304", 0.55, 5900, 6.9, OLD,
          Demand(1.2, 2.2, 4.2), season="cold", deaths=0.0005, readmissions=0.07,
          comorbidities=("I10.x00x002", "E11.900", "E78.500")),
    Group("FU25", "心律失常及传导障碍，不伴并发症或合并症", ("I47.100", "I48.000", "I49.401"), "0304", 0.56, 6000,
          5.8, MIDDLE, Demand(1.1, 0.9, 0.3), deaths=0.0007, readmissions=0.06),
    Group("FV25", "高血压，不伴并发症或合并症", ("I10.x00x002", "I11.901"), "0304", 0.45, 4500, 6.8, MIDDLE,
          Demand(0.6, 2.0, 5.2), season="cold", readmissions=0.05, comorbidities=("E11.900", "E78.500", "I25.103")),
)

NERVES = (
    Group("BR11", "颅内出血性疾患，伴严重并发症或合并症", ("I61.900x002", "I61.000x008"), "0402", 1.78, 20300, 12.9,
          OLD, Demand(0.8, 0.4, 0), season="cold", deaths=0.085, readmissions=0.07,
          comorbidities=("J96.000", "N18.500")),
    Group("BR21", "脑缺血性疾患，伴严重并发症或合并症", ("I63.900", "I63.500"), "0303", 1.18, 13400, 10.8, OLD,
          Demand(1.6, 1.4, 0), season="cold", deaths=0.019, readmissions=0.1),
    Group("BR23", "脑缺血性疾患，伴并发症或合并症", ("I63.900", "I63.300"), "0303", 0.82, 8900, 9.2, OLD,
          Demand(1.5, 2.2, 0.6), season="cold", deaths=0.0035, readmissions=0.08),
    Group("BR25", "脑缺血性疾患，不伴并发症或合并症", ("I63.900", "G45.900"), "0303", 0.64, 6800, 8.3, OLD,
          Demand(1.2, 2.6, 3.2), season="cold", deaths=0.0008, readmissions=0.07),
    Group("BE29", "脑血管介入治疗", ("I67.100x001", "I65.200x001"), "0402", 7.90, 87000, 10.6, MIDDLE,
          Demand(0.6, 0.03, 0), procedures=("00.6301", "39.7205"), surgery_level=4, fees="implant", deaths=0.007,
          elective=0.75),
    Group("BX29", "脑神经/周围神经疾患", ("G51.000", "G50.000", "E11.400"), "0303", 0.58, 6000, 7.9, MIDDLE,
          Demand(0.9, 1.2, 1.2), readmissions=0.04),
    Group("BV39", "头痛", ("G43.900", "G44.200"), "0303", 0.42, 4300, 5.9, ADULT, Demand(0.4, 0.9, 1.1),
          readmissions=0.03),
    Group("BY15", "颅脑损伤，不伴并发症或合并症", ("S06.000", "S06.900"), "0402", 0.66, 7300, 8.0, ADULT,
          Demand(0.7, 1.2, 0.1), deaths=0.003, readmissions=0.03),
)

DIGESTION = (
    Group("GB15", "食管、胃、十二指肠大手术，不伴并发症或合并症", ("C16.900", "C16.301"), "0401", 5.30, 57600, 14.6,
          MIDDLE, Demand(0.6, 0.06, 0), procedures=("43.7x03", "43.7x00x001"), surgery_level=4, fees="implant",
          season="elective", deaths=0.004, elective=0.97, antibacterial=0.9),
    Group("GB29", "小肠、大肠（含直肠）的大手术", ("C18.700", "C20.x00", "C18.200"), "0401", 5.05, 54200, 14.2, OLD,
          Demand(0.8, 0.15, 0), procedures=("17.3600", "48.6302", "17.3300"), surgery_level=4, fees="implant",
          season="elective", deaths=0.005, elective=0.95, antibacterial=0.9),
    Group("GD25", "阑尾切除术，不伴并发症或合并症", ("K35.800x001",), "0401", 1.04, 11000, 5.6, YOUNG,
          Demand(0.8, 1.8, 0.15), procedures=("47.0100", "47.0901"), surgery_level=2, fees="surgery",
          readmissions=0.02, antibacterial=0.97, elective=0.05),
    Group("GE15", "腹股沟及腹疝手术，不伴并发症或合并症", ("K40.900x003", "K40.900x002"), "0401", 0.98, 10200, 3.5,
          MIDDLE, Demand(1.1, 1.5, 0.2), procedures=("53.0401", "53.0203"), surgery_level=2, fees="surgery",
          season="elective", readmissions=0.012, elective=0.96, day_surgery=0.45, antibacterial=0.3),
    Group("GF19", "肛管、肛门及肛周手术", ("K64.805", "K64.901", "K60.300"), "0401", 0.72, 7400, 5.7, ADULT,
          Demand(0.8, 1.8, 0.5), procedures=("49.4600", "49.1200"), surgery_level=2, fees="surgery",
          readmissions=0.015, elective=0.93, day_surgery=0.2, antibacterial=0.55),
    Group("GK39", "结肠镜治疗操作", ("K63.500", "D12.600"), "0302", 0.66, 6700, 2.3, MIDDLE, Demand(2.4, 1.8, 0),
          procedures=("45.4307", "45.4302"), surgery_level=2, fees="surgery", season="elective", readmissions=0.015,
          elective=0.98, day_surgery=0.5, antibacterial=0.05),
    Group("GS15", "胃肠出血，不伴并发症或合并症", ("K92.200x005", "K92.201"), "0302", 0.68, 7400, 6.6, MIDDLE,
          Demand(0.9, 1.1, 0.1), deaths=0.004, readmissions=0.06),
    Group("GW19", "食管炎、胃肠炎", ("K29.500", "K52.904", "A09.001"), "0302", 0.38, 3700, 5.3, ADULT,
          Demand(0.7, 2.0, 4.6), season="summer", readmissions=0.03, antibacterial=0.4,
          comorbidities=("I10.x00x002", "E11.900", "K76.000")),
    Group("HC29", "胆囊切除手术", ("K80.100x001", "K80.101"), "0401", 1.58, 16400, 6.2, MIDDLE, Demand(1.7, 1.3, 0),
          procedures=("51.2300",), surgery_level=3, fees="surgery", season="elective", deaths=0.0003,
          readmissions=0.02, elective=0.8, day_surgery=0.12, antibacterial=0.7),
    Group("HU15", "急性胆道疾患，不伴并发症或合并症", ("K80.000x002", "K81.000"), "0401", 0.60, 6400, 6.8, MIDDLE,
          Demand(0.7, 1.2, 0.4), deaths=0.0009, readmissions=0.08, antibacterial=0.95),
    Group("HT25", "急性胰腺炎，不伴并发症或合并症", ("K85.900", "K85.900x002"), "0302", 0.98, 10700, 8.4, ADULT,
          Demand(0.7, 0.7, 0), deaths=0.004, readmissions=0.09, antibacterial=0.7),
    Group("HS25", "肝硬化，不伴并发症或合并症", ("K74.600x003", "K74.600"), "0302", 0.82, 9000, 9.0, MIDDLE,
          Demand(0.9, 0.6, 0), deaths=0.007, readmissions=0.14),
)

BONES = (
    Group("IC29", "髋、肩、膝、肘和踝关节置换术", ("M17.900x004", "S72.000", "M16.901"), "0403", 4.25, 45200, 10.4,
          OLD, Demand(1.2, 0.35, 0), procedures=("81.5400", "81.5100", "81.5201"), surgery_level=4, fees="implant",
          season="elective", deaths=0.0006, readmissions=0.02, elective=0.95, antibacterial=0.85),
    Group("IF35", "股骨手术，不伴并发症或合并症", ("S72.101", "S72.000"), "0403", 3.15, 33400, 12.2, OLD,
          Demand(0.6, 0.5, 0), procedures=("79.1500x006", "79.3501"), surgery_level=3, fees="implant", deaths=0.0018,
          readmissions=0.03, elective=0.5, antibacterial=0.85),
    Group("IF49", "除股骨以外的下肢骨手术", ("S82.201", "S82.202"), "0403", 2.45, 26000, 12.0, ADULT,
          Demand(0.7, 0.6, 0), procedures=("79.3600x013", "78.5701"), surgery_level=3, fees="implant",
          readmissions=0.02, elective=0.6, antibacterial=0.8),
    Group("IB29", "脊柱2节段及以下脊柱融合术", ("M51.202", "M48.002"), "0403", 5.30, 57400, 11.8, MIDDLE,
          Demand(0.6, 0.08, 0), procedures=("81.0801", "81.0800x018"), surgery_level=4, fees="implant",
          season="elective", readmissions=0.02, elective=0.98, antibacterial=0.8),
    Group("IU29", "颈腰背疾患", ("M51.202", "M47.802", "M54.502"), "5000", 0.52, 5200, 8.4, MIDDLE,
          Demand(0.6, 2.2, 4.2), fees="rehab", readmissions=0.035, antibacterial=0.02),
    Group("JA29", "乳房恶性肿瘤根治性切除术", ("C50.400", "C50.900"), "0401", 1.92, 20300, 10.2, WOMAN,
          Demand(0.6, 0.12, 0), procedures=("85.4301", "85.4303"), surgery_level=3, fees="surgery",
          season="elective", sex="2", readmissions=0.03, elective=0.99),
    Group("JU15", "感染性皮肤病，不伴并发症或合并症", ("A46.x00", "L02.200"), "0401", 0.48, 4900, 7.4, ADULT,
          Demand(0.3, 0.8, 1.4), season="summer", readmissions=0.03, antibacterial=0.97),
)

OTHERS = (
    Group("KS15", "糖尿病，不伴并发症或合并症", ("E11.900", "E11.800"), "0307", 0.58, 6000, 8.0, MIDDLE,
          Demand(1.5, 2.4, 4.6), deaths=0.0002, readmissions=0.05,
          comorbidities=("I10.x00x002", "E78.500", "K76.000")),
    Group("KD19", "甲状腺大手术", ("C73.x00", "E04.101"), "0401", 1.72, 18200, 5.8, WOMAN, Demand(1.2, 0.3, 0),
          procedures=("06.2x02", "06.4x00"), surgery_level=3, fees="surgery", season="elective", readmissions=0.012,
          elective=0.99, antibacterial=0.1),
    Group("LL15", "肾透析，不伴并发症或合并症", ("N18.501", "N18.500"), "0306", 0.92, 10100, 9.2, MIDDLE,
          Demand(0.6, 0.7, 0), procedures=("39.9500",), deaths=0.008, readmissions=0.14, planned_cycle=0.1,
          comorbidities=("I10.x00x002", "E78.500")),
    Group("LU15", "肾及尿路感染，不伴并发症或合并症", ("N39.000", "N10.x02"), "0306", 0.46, 4700, 6.7, MIDDLE,
          Demand(0.5, 1.0, 1.8), season="summer", deaths=0.0005, readmissions=0.05, antibacterial=0.97),
    Group("LC19", "输尿管手术", ("N20.100",), "0404", 1.30, 13800, 5.3, MIDDLE, Demand(1.1, 0.9, 0),
          procedures=("56.0x03", "56.0x06"), surgery_level=3, fees="surgery", season="summer", readmissions=0.04,
          elective=0.7, day_surgery=0.08, antibacterial=0.85),
    Group("MB19", "前列腺手术", ("N40.x00",), "0404", 1.66, 17600, 8.6, OLD, Demand(0.7, 0.5, 0),
          procedures=("60.2902", "60.2901"), surgery_level=3, fees="surgery", season="elective", sex="1",
          deaths=0.0004, readmissions=0.04, elective=0.98, antibacterial=0.85),
    Group("NC19", "子宫（除子宫腔内病变以外）手术", ("D25.900", "D25.900x001"), "0501", 1.78, 18700, 7.6, WOMAN,
          Demand(1.3, 0.7, 0), procedures=("68.4100", "68.3102"), surgery_level=3, fees="surgery", season="elective",
          sex="2", readmissions=0.02, elective=0.97, antibacterial=0.7),
    Group("NE19", "子宫腔内病变手术", ("N84.001", "N84.000"), "0501", 0.78, 8000, 2.5, WOMAN, Demand(1.0, 0.8, 0),
          procedures=("68.2915", "68.2917"), surgery_level=3, fees="surgery", season="elective", sex="2",
          readmissions=0.01, elective=0.98, day_surgery=0.4, antibacterial=0.3),
    Group("OB19", "剖宫产术", ("O34.201", "O82.000"), "0502", 0.94, 9800, 5.6, MOTHER, Demand(1.5, 1.5, 0),
          procedures=("74.1x01",), surgery_level=3, fees="birth", sex="2", deaths=0.0, readmissions=0.008,
          elective=0.6, antibacterial=0.9, comorbidities=("O42.000x001", "O99.000")),
    Group("OC19", "阴道分娩伴手术操作", ("O80.900", "O80.000"), "0502", 0.52, 5300, 3.9, MOTHER, Demand(1.3, 1.5, 0),
          procedures=("73.6x01",), surgery_level=1, fees="birth", sex="2", readmissions=0.006, antibacterial=0.25,
          comorbidities=("O42.000x001", "Z37.000")),
    Group("OF29", "早期流产手术操作", ("O02.100",), "0501", 0.40, 4000, 2.7, MOTHER, Demand(0.5, 0.8, 0),
          procedures=("69.0101", "69.5101"), surgery_level=2, fees="birth", sex="2", readmissions=0.01, elective=0.7,
          day_surgery=0.3, antibacterial=0.4, comorbidities=("O34.201",)),
    Group("PU15", "足月儿，不伴并发症或合并症", ("P59.901", "P59.902"), "0700", 0.52, 5400, 5.6, Ages(0, 0, 0),
          Demand(1.1, 0.9, 0), readmissions=0.02, antibacterial=0.2, comorbidities=("P08.100",)),
    Group("RE15", "恶性增生性疾患的化学治疗和/或其他治疗，不伴并发症或合并症", ("Z51.102", "Z51.103"), "1900", 0.72,
          7800, 4.6, MIDDLE, Demand(4.2, 0.8, 0), procedures=("99.2503",), fees="oncology", deaths=0.0004,
          readmissions=0.04, planned_cycle=0.42, antibacterial=0.05),
    Group("RC19", "恶性增生性疾患放射治疗", ("Z51.000x003",), "1900", 2.05, 21800, 15.5, MIDDLE, Demand(0.4, 0, 0),
          procedures=("92.2400x003",), fees="oncology", deaths=0.001, readmissions=0.05, planned_cycle=0.15,
          antibacterial=0.05),
    Group("SR11", "败血症，伴严重并发症或合并症", ("A41.900", "A40.900"), "2800", 2.15, 24600, 11.8, OLD,
          Demand(0.5, 0.2, 0), deaths=0.098, readmissions=0.09, antibacterial=1.0,
          comorbidities=("J96.000", "N18.500")),
    Group("CB39", "晶体手术", ("H25.900", "H26.900"), "1000", 0.74, 7400, 1.6, OLD, Demand(1.5, 1.5, 0),
          procedures=("13.4100x001",), surgery_level=3, fees="implant", season="elective", readmissions=0.01,
          elective=0.99, day_surgery=0.72, antibacterial=0.03),
    Group("DE29", "扁桃体和/或腺样体切除手术", ("J35.300", "J35.100"), "1100", 0.92, 9500, 5.4, Ages(3, 6, 40),
          Demand(0.6, 0.4, 0), procedures=("28.3x03", "28.2x03"), surgery_level=3, fees="surgery", season="holidays",
          readmissions=0.015, elective=0.99, day_surgery=0.1, comorbidities=("J30.400", "H65.901")),
    Group("DT19", "中耳炎及上呼吸道感染", ("J06.900", "J03.901"), "0700", 0.26, 2400, 4.7, CHILD,
          Demand(0.5, 1.2, 3.4), season="winter", readmissions=0.02, antibacterial=0.55),
    Group("DS19", "平衡失调及听觉障碍", ("H81.100", "H81.000"), "1100", 0.45, 4600, 5.9, MIDDLE,
          Demand(0.7, 1.3, 2.0), readmissions=0.03, antibacterial=0.02),
    Group("XR21", "神经、骨骼及肌肉康复，伴严重并发症或合并症", ("I69.400",), "2100", 1.42, 16200, 17.8, OLD,
          Demand(0.2, 0.5, 0), fees="rehab", deaths=0.004, readmissions=0.09, planned_cycle=0.1),
    Group("XR25", "神经、骨骼及肌肉康复，不伴并发症或合并症", ("I69.400", "Z50.101"), "2100", 0.82, 9300, 13.8, OLD,
          Demand(0.15, 1.1, 1.6), procedures=("93.3802", "93.3803"), fees="rehab", deaths=0.0004, readmissions=0.05,
          planned_cycle=0.08, antibacterial=0.05),
)

# fmt: on

GROUPS = RESPIRATORY + CIRCULATION + NERVES + DIGESTION + BONES + OTHERS


def comorbidities(group: Group) -> tuple[str, ...]:
    """The other diagnoses a case of the group may carry without leaving it."""
    if group.comorbidities:
        return group.comorbidities
    if group.ages.oldest < 18:
        return () if group.code[-1] in "59" else COMPLICATION
    return {"1": MAJOR_COMPLICATION, "3": COMPLICATION}.get(group.code[-1], NO_COMPLICATION)
