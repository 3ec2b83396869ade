"""Indicators: definitions, pure calculations over facts, periods and scopes."""

from evaluation.indicators.catalogue import INDICATORS

__all__ = ["INDICATORS"]
