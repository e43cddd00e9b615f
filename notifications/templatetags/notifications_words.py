"""What templates of notifications say of failures."""

from django import template

from notifications import text

register = template.Library()


@register.filter
def trouble(noted: str) -> str:
    """A failure in the reader's words."""
    return text.trouble(noted)
