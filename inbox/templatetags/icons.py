"""Icons that a screen reader does not read."""

import lucide
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """A Lucide icon as inline SVG, decoration only: give the button or link its own words."""
    svg = lucide._render_icon(str(name), size, aria_hidden="true", focusable="false")
    return mark_safe(svg)  # noqa: S308 - drawn by the package from its own files
