"""The invented institutions of the demo: a tertiary lead, secondary and primary members, each with its story.

The story is what the board should find: one hospital drifting from yellow to red, one centre whose costs grow too fast,
a member that takes patients and never returns any, one that joins late, one that delivers careless sheets.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

CONSORTIUM, CONSORTIUM_NAME = "YUNLING", "云岭医疗集团"
ALLIANCE, ALLIANCE_NAME = "YUNKANG", "云岭康复专科联盟"

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

CITY, OUTSIDE = "990101", "990900"


class Sheet(StrEnum):
    """How an institution's information system exports its cases."""

    CSV = "csv"  # UTF-8 with byte order mark, English headings
    CHINESE_CSV = "chinese"  # GB18030, Chinese headings
    XLSX = "xlsx"


@dataclass(frozen=True)
class Drift:
    """A figure that moves evenly from the first to the last month of the demo."""

    first: float
    last: float

    def at(self, progress: float) -> float:
        return self.first + (self.last - self.first) * progress


@dataclass(frozen=True)
class Member:
    """One institution and its story.

    `share` is its part of all discharges, `stay` the mean stay in days, `drugs` and `consumables` parts of the cost,
    `cost_level` the cost against the regional mean of the same groups, `spending` the points above (+) or below the
    elapsed share of the yearly budget in the last year, `bad_rows` the part of faulty rows in its last six months.
    """

    number: int
    name: str
    level: str
    type: str = "general"
    region: str = CITY
    share: float = 0.0
    stay: Drift = Drift(7.2, 7.1)
    drugs: Drift = Drift(0.28, 0.27)
    consumables: Drift = Drift(0.07, 0.07)
    cost_level: Drift = Drift(0.95, 0.95)
    consumables_peaks: bool = False
    volume_growth: float = 0.03
    deaths: float = 1.0
    readmissions: float = 1.0
    spending: float = 0.0
    bad_rows: float = 0.0
    returns_patients: bool = True
    joins_late: bool = False
    sheet: Sheet = Sheet.CSV

    @property
    def code(self) -> str:
        """Insurance code: H and eleven digits, the first six being the region."""
        return f"H{self.region}{self.number:05d}"

    @property
    def uscc(self) -> str:
        return with_check_character(f"12{self.region}{self.number * 7919 + 40312075:09d}")

    @property
    def is_primary(self) -> bool:
        return self.level in ("L1", "CHC", "THC", "VC")


def with_check_character(body: str) -> str:
    """The unified social credit code whose first seventeen characters are given (GB 32100, rule V9)."""
    total = sum(USCC_ALPHABET.index(character) * weight for character, weight in zip(body, USCC_WEIGHTS, strict=True))
    return body + USCC_ALPHABET[(31 - total % 31) % 31]


# fmt: off
TERTIARY = (
    Member(0, "云岭总医院", "L3", stay=Drift(8.0, 7.7), drugs=Drift(0.285, 0.306), consumables=Drift(0.185, 0.192),
           cost_level=Drift(0.985, 0.965), consumables_peaks=True, deaths=1.15, spending=1.2),
    Member(0, "云岭市第二人民医院", "L3", stay=Drift(8.4, 8.2), drugs=Drift(0.29, 0.285),
           consumables=Drift(0.175, 0.18), cost_level=Drift(0.97, 0.985), deaths=1.1, spending=-1.5),
)
SECONDARY = (
    Member(0, "临江县人民医院", "L2", region="990121", stay=Drift(8.1, 10.5), drugs=Drift(0.365, 0.425),
           consumables=Drift(0.125, 0.13), cost_level=Drift(0.95, 1.03), readmissions=1.25, spending=7.0),
    Member(0, "青石区中医医院", "L2", type="tcm", region="990103", stay=Drift(9.2, 9.0), drugs=Drift(0.30, 0.31),
           consumables=Drift(0.11, 0.115), cost_level=Drift(0.93, 0.92), deaths=0.8, returns_patients=False,
           spending=-2.0, sheet=Sheet.CHINESE_CSV),
    Member(0, "望江区人民医院", "L2", region="990104", stay=Drift(8.3, 8.1), drugs=Drift(0.33, 0.33),
           consumables=Drift(0.14, 0.145), cost_level=Drift(0.97, 0.96), spending=0.8),
    Member(0, "松溪康复医院", "L2", type="rehab", region="990105", stay=Drift(9.0, 8.9), drugs=Drift(0.28, 0.27),
           consumables=Drift(0.08, 0.08), cost_level=Drift(0.94, 0.95), deaths=0.6, spending=-1.0),
    Member(0, "南屏县人民医院", "L2", region="990122", stay=Drift(8.2, 8.3), drugs=Drift(0.34, 0.345),
           consumables=Drift(0.14, 0.155), cost_level=Drift(0.96, 0.98), spending=2.5),
)
PRIMARY = (
    Member(0, "荷湾社区卫生服务中心", "CHC", region="990102", stay=Drift(7.0, 7.0), drugs=Drift(0.44, 0.52),
           cost_level=Drift(0.70, 0.93), spending=12.0),
    Member(0, "云溪镇卫生院", "THC", region="990121", stay=Drift(7.3, 7.0), drugs=Drift(0.545, 0.625),
           cost_level=Drift(0.86, 0.86), readmissions=1.1, spending=1.0),
    Member(0, "梅坪社区卫生服务中心", "CHC", region="990103", stay=Drift(7.2, 7.1), drugs=Drift(0.46, 0.45),
           consumables=Drift(0.08, 0.112), cost_level=Drift(0.84, 0.82), joins_late=True, spending=-2.5),
    Member(0, "白鹭镇卫生院", "THC", region="990121", stay=Drift(7.6, 8.6), drugs=Drift(0.48, 0.485),
           cost_level=Drift(0.83, 0.83), bad_rows=0.09, spending=0.5),
    Member(0, "竹林镇卫生院", "THC", region="990121", stay=Drift(6.6, 6.5), drugs=Drift(0.45, 0.44),
           cost_level=Drift(0.80, 0.80), spending=-1.0, sheet=Sheet.XLSX),
)
MORE_PLACES = ("杏林", "清河", "柳塘", "石桥", "桂园", "东湖", "枫岭", "沙洲", "银杏", "双溪", "古渡", "北苑", "长亭", 
               "茶山", "兰圃", "红岩", "翠屏", "金沙", "瑞安里", "草堂")
# fmt: on
LEVEL_SHARES = {"L3": 0.50, "L2": 0.32, "primary": 0.18}


def members(count: int) -> tuple[Member, ...]:
    """The institutions of a demo of the wanted size, lead first."""
    tertiary = max(1, round(count / 10))
    secondary = min(max(1, round(count / 4)), count - tertiary)
    primary = count - tertiary - secondary
    chosen = [
        *with_shares(TERTIARY, tertiary, LEVEL_SHARES["L3"], fade=0.65),
        *with_shares(SECONDARY, secondary, LEVEL_SHARES["L2"], fade=0.72),
        *with_shares(PRIMARY, primary, LEVEL_SHARES["primary"], fade=0.62 if primary < 8 else 0.80),
    ]
    total = sum(member.share for member in chosen)
    return tuple(
        replace(member, number=number, share=member.share / total) for number, member in enumerate(chosen, start=1)
    )


def with_shares(pattern: tuple[Member, ...], count: int, share: float, fade: float) -> list[Member]:
    """The first `count` members of a pattern, each `fade` times the size of the one before; beyond it, plain ones."""
    sizes = [fade**rank for rank in range(count)]
    if count >= 4 and pattern is PRIMARY:
        sizes[4 if count > 4 else -1] *= 0.72  # one so small that some months have fewer than 30 discharges
    found = [pattern[rank] if rank < len(pattern) else plain(pattern[-1], rank) for rank in range(count)]
    return [replace(member, share=share * size / sum(sizes)) for member, size in zip(found, sizes, strict=True)]


def plain(model: Member, rank: int) -> Member:
    """One more member of the model's level, without a story."""
    place = MORE_PLACES[rank % len(MORE_PLACES)] + ("" if rank < len(MORE_PLACES) else "新")
    region = ("990102", "990103", "990104", "990121", "990122")[rank % 5]
    if model.level in ("L3", "L2"):
        return replace(
            model,
            name=f"{place}{'医院' if model.level == 'L3' else '区人民医院'}{rank}",
            region=region,
            type="general",
            sheet=Sheet.CSV,
        )
    level = "CHC" if rank % 2 else "THC"
    name = f"{place}社区卫生服务中心" if level == "CHC" else f"{place}镇卫生院"
    return replace(
        model,
        name=name,
        level=level,
        region=region,
        sheet=Sheet.CSV,
        spending=(rank % 5) - 2.0,
        stay=Drift(7.0 + rank % 3 * 0.3, 7.1),
        drugs=Drift(0.44, 0.43 + rank % 4 * 0.02),
    )
