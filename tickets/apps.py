from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        """Tell the lower apps what a ticket is, and show a device's tickets on its page."""
        from django.utils.translation import gettext_lazy as _

        from core import panels, subjects
        from notifications import topics
        from tickets.panels import device_panel, locked_panel
        from tickets.subject import SUBJECT

        subjects.register(SUBJECT)
        covers = ("arrived", "responded", "difficult", "low_rating", "to_sign", "sent_back", "cancelled", "signed")
        topics.register("ticket", _("Progress of tickets"), covers=covers)
        panels.register("device", device_panel)
        panels.register("locked", locked_panel)
