"""The bar of the tickets' rooms above their lists. Load it with `{% load tickets %}`."""

from typing import Any

from django import template
from django.template import Context

from tickets.rooms import rooms_for

register = template.Library()


@register.inclusion_tag("devices/_rooms.html", takes_context=True)
def ticket_rooms(context: Context, active: str) -> dict[str, Any]:
    """The rooms that the reader's role may enter; `active` is the key of the present one."""
    return {"rooms": rooms_for(context["request"]), "active": active}
