from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        """Tell the lower apps what a ticket is, and show a device's tickets on its page."""
        from core import panels, subjects
        from tickets.panels import device_panel
        from tickets.subject import SUBJECT

        subjects.register(SUBJECT)
        panels.register("device", device_panel)
