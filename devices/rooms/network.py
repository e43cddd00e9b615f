"""What the house is told of addresses, registrations, extensions, links and the topology."""


def register() -> None:
    """Called once, when the apps are ready."""
    from django.utils.translation import gettext_lazy as _

    from core import subjects
    from devices import due
    from devices.finds.network import due_registrations
    from devices.subject_network import REGISTRATION, SUBNET
    from devices.tabs import Room, Tab, register_room, register_tab

    subjects.register(SUBNET)
    subjects.register(REGISTRATION)
    register_tab(Tab("network", _("Network"), "devices:network", position=40))
    register_room(Room("network", _("Network"), "devices:subnets", "network"))
    due.register(due.Source("registrations", _("Network registrations"), due_registrations))
