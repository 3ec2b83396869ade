"""The months the demo covers, and how demand moves through the year."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MINUTES_OF_DAY = 24 * 60

# Demand of each calendar month against the mean month; February holds the Spring Festival.
SEASONS: dict[str, tuple[float, ...]] = {
    "even": (0.99, 0.87, 1.04, 1.01, 1.02, 1.01, 1.03, 1.03, 1.00, 0.98, 1.01, 1.02),
    "winter": (1.46, 1.12, 1.14, 0.96, 0.85, 0.76, 0.72, 0.71, 0.80, 0.95, 1.16, 1.42),
    "cold": (1.12, 0.95, 1.08, 1.02, 0.98, 0.94, 0.92, 0.92, 0.95, 1.00, 1.05, 1.10),
    "summer": (0.80, 0.74, 0.90, 0.96, 1.10, 1.24, 1.33, 1.30, 1.10, 0.94, 0.83, 0.78),
    "elective": (0.90, 0.66, 1.10, 1.08, 1.05, 1.04, 1.06, 1.05, 1.03, 0.99, 1.04, 1.00),
    "holidays": (1.05, 0.90, 0.85, 0.85, 0.85, 0.95, 1.65, 1.60, 0.85, 0.85, 0.80, 0.85),
}
# Monday to Sunday: few go home at the weekend.
DISCHARGES_BY_WEEKDAY = (1.10, 1.08, 1.06, 1.08, 1.22, 0.86, 0.60)


@dataclass(frozen=True)
class Period:
    """Whole months, the last one included."""

    last: np.datetime64
    months: int

    @classmethod
    def until(cls, month: str, months: int) -> "Period":
        return cls(last=np.datetime64(month, "M"), months=months)

    @cached_property
    def starts(self) -> NDArray[np.datetime64]:
        """The first of each month, as months."""
        return self.last - np.arange(self.months - 1, -1, -1)

    @property
    def first_year(self) -> int:
        return int(str(self.starts[0])[:4])

    @property
    def last_year(self) -> int:
        return int(str(self.last)[:4])

    @property
    def years(self) -> range:
        return range(self.first_year, self.last_year + 1)

    @cached_property
    def end_day(self) -> int:
        """The day after the last, in days since 1970."""
        return int((self.last + 1).astype("datetime64[D]").astype(np.int64))

    def progress(self, month: NDArray[np.int64]) -> NDArray[np.float64]:
        """0 in the first month, 1 in the last."""
        return month / max(1, self.months - 1)

    def month_of(self, minute: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the month, the first being 0; negative before it."""
        months = minute.astype("datetime64[m]").astype("datetime64[M]").astype(np.int64)
        return months - self.starts[0].astype(np.int64)

    @cached_property
    def calendar_months(self) -> NDArray[np.int64]:
        """0 for January to 11 for December, of each month."""
        return self.starts.astype(np.int64) % 12

    @cached_property
    def year_of_month(self) -> NDArray[np.int64]:
        return self.starts.astype(np.int64) // 12 + 1970

    @cached_property
    def days(self) -> NDArray[np.int64]:
        first = int(self.starts[0].astype("datetime64[D]").astype(np.int64))
        return np.arange(first, self.end_day)

    @cached_property
    def day_marks(self) -> NDArray[np.float64]:
        """For `draw_days`: month number plus the part of its discharges up to and including each day."""
        weight = np.array(DISCHARGES_BY_WEEKDAY)[(self.days + 3) % 7]  # 1970-01-01 was a Thursday
        month = self.month_of(self.days * MINUTES_OF_DAY)
        return month + np.concatenate([np.cumsum(part := weight[month == n]) / part.sum() for n in range(self.months)])

    def draw_days(self, month: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A discharge day inside each of the given months."""
        place = np.searchsorted(self.day_marks, month + rng.random(month.size) * 0.999999)
        return self.days[place]


def dates(days: NDArray[np.int64]) -> list[str]:
    return np.datetime_as_string(days.astype("datetime64[D]")).tolist()


def instants(minutes: NDArray[np.int64]) -> list[str]:
    return [text.replace("T", " ") for text in np.datetime_as_string(minutes.astype("datetime64[m]")).tolist()]
