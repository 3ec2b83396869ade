"""Numbers and dates in templates; see evaluation/shown.py."""

from django import template
from django.utils.translation import gettext as _

from evaluation import shown
from evaluation.importing.layouts import Column, Kind
from evaluation.pages.matrix import light_word

register = template.Library()
register.filter("light_word", light_word)
register.filter("unit_head", shown.unit_head)
register.filter("instant", shown.instant)
register.filter("day", shown.day)
register.filter("month_name", shown.month_name)
register.filter("months_name", shown.months_name)
register.filter("money", shown.money)


@register.filter
def number(value, decimals=0):
    return shown.number(None if value is None else float(value), int(decimals))


@register.filter
def meaning(column: Column) -> str:
    """What may stand in a column, in words."""
    return {
        Kind.TEXT: _("text"),
        Kind.NUMBER: _("number or code"),
        Kind.CODE: _("code"),
        Kind.INTEGER: _("whole number"),
        Kind.DECIMAL: _("number"),
        Kind.MONEY: _("amount in yuan, at most two decimals"),
        Kind.DATE: _("day, YYYY-MM-DD"),
        Kind.INSTANT: _("day or time, YYYY-MM-DD or YYYY-MM-DD HH:MM"),
        Kind.MONTH: _("month, YYYY-MM"),
        Kind.YES_NO: _("yes or no, empty if not known"),
        Kind.CHOICE: _("one of"),
        Kind.CODES: _("codes separated by |, the main one first"),
        Kind.PATIENT: _("stable identifier of the patient; replaced by a pseudonym on arrival, never stored"),
    }[column.kind]
