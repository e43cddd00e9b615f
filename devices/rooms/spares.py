"""What the house is told of stock and loans."""

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Called once, when the apps are ready."""
    from core import panels, subjects
    from devices import due, timeline
    from devices.panels_spares import device_panel
    from devices.present_loans import loan_happenings, loans_due, refusal_happenings, spare_happenings, stock_due
    from devices.subject_loans import SUBJECT
    from devices.tabs import Room, Tab, register_room, register_tab

    subjects.register(SUBJECT)
    register_room(Room("spares", _("Spare parts"), "devices:spares", "package"))
    register_room(Room("loans", _("Loans"), "devices:loans", "repeat"))
    register_tab(Tab("loans", _("Loans and spares"), "devices:device_loans", position=50))
    timeline.register("loan", _("Loans"), loan_happenings)
    timeline.register("spare", _("Spare parts"), spare_happenings)
    timeline.register("no_spare", _("No spare given"), refusal_happenings)
    due.register(due.Source("loans", _("Loans to be given back"), loans_due, to_client=True))
    due.register(due.Source("stock", _("Spare parts that run short"), stock_due))
    panels.register("device", device_panel)
