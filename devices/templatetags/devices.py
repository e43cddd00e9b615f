"""The bar of the register's rooms above its lists. Load it with `{% load devices %}`."""

from typing import Any

from django import template
from django.template import Context

from devices.tabs import rooms_for

register = template.Library()


@register.inclusion_tag("devices/_rooms.html", takes_context=True)
def device_rooms(context: Context, active: str) -> dict[str, Any]:
    """The rooms that the reader's role may enter; `active` is the key of the present one."""
    return {"rooms": rooms_for(context["request"]), "active": active}
