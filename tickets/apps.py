from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        """Tell the lower apps what a ticket is, and show a device's tickets on its page."""
        from django.utils.translation import gettext_lazy as _

        from core import panels, subjects
        from devices import marks
        from notifications import topics
        from tickets.panels import device_panel, locked_panel, scan_panel
        from tickets.querysets import open_by_device
        from tickets.subject import SUBJECT
        from tickets.subject_dispatch import SUBJECT as DISPATCH

        subjects.register(SUBJECT)
        subjects.register(DISPATCH)
        covers = (
            "arrived",
            "responded",
            "difficult",
            "low_rating",
            "to_sign",
            "sent_back",
            "cancelled",
            "signed",
            "plan",
            "vendor",
            "mentioned",
            "message",
            "note",
            "merged",
            "split",
        )
        topics.register("ticket", _("Progress of tickets"), covers=covers)
        panels.register("device", device_panel)
        panels.register("scan", scan_panel)
        panels.register("locked", locked_panel)
        marks.register(open_by_device)
