"""The rooms of the register tell the house what they keep; called by AppConfig.ready(), in the order of the bar above the lists."""

from django.utils.translation import gettext_lazy as _


def register_all() -> None:
    """Let every room register its subjects, tabs, kinds of happenings and sources of due things."""
    from devices.rooms import access, checks, consumables, history, listing, network, places, register, spares
    from devices.tabs import Room, register_room

    for room in (register, listing, places, network, spares, consumables, access, checks, history):
        room.register()
    register_room(Room("due", _("What is due"), "devices:due", "calendar-due"))
