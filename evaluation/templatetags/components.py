"""Icons and marks of the sprite."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evaluation.pages.matrix import light_word

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="icon-16" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def mark(light: str) -> SafeString:
    """The bare shape; always beside text that says the same."""
    return format_html('<svg class="mark {0}" aria-hidden="true"><use href="#mark-{0}"/></svg>', light)


@register.simple_tag
def light(value: str) -> SafeString:
    """Shape and word."""
    return format_html('<span class="light" data-light="{0}">{1}{2}</span>', value, mark(value), light_word(value))


@register.simple_tag(takes_context=True)
def query(context, **changes: str) -> str:
    """The page's own URL query with some parameters changed; an empty one is taken out."""
    parameters = context["request"].GET.copy()
    for name in ("download", "table"):
        parameters.pop(name, None)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in ("", None):
            parameters[name] = value
    return f"?{parameters.urlencode()}"


@register.inclusion_tag("_components/downloads.html", takes_context=True)
def downloads(context, table: str) -> dict:
    """Links to a table of the page as CSV and XLSX."""
    return {
        "href_csv": query(context, download="csv", table=table),
        "href_xlsx": query(context, download="xlsx", table=table),
    }
