"""The record of a value as API and command print it (design §4)."""

from evaluation.pages.values import ShownValue

FIELDS = (
    "indicator", "institution", "consortium", "period", "numerator", "denominator", "value", "cases", "light", "reason",
    "version", "computed_at", "level", "small_sample", "published",
)  # fmt: skip


def as_record(found: tuple[ShownValue, str, str]) -> dict:
    """One value with the codes of its institution and consortium."""
    value, institution, consortium = found
    return {
        "indicator": value.indicator.code,
        "institution": institution or None,
        "consortium": consortium or None,
        "period": value.period,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "value": value.value,
        "cases": value.cases,
        "light": value.light,
        "reason": value.sentence,
        "version": value.version,
        "computed_at": value.computed_at.isoformat() if value.computed_at else None,
        "level": value.level or None,
        "small_sample": value.is_small_sample,
        "published": value.is_published,
    }
