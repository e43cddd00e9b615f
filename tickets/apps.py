from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        """Tell the lower apps what a ticket is, and show a device's tickets on its page."""
        from django.utils.translation import gettext_lazy as _

        from core import forgetting, panels, subjects
        from devices import marks, timeline
        from devices.tabs import Tab, register_tab
        from notifications import topics
        from tickets.panels import (
            device_panel,
            incident_panel,
            locked_panel,
            scan_panel,
            ticket_happenings,
            vendor_panel,
        )
        from tickets.querysets import open_by_device
        from tickets.services.forget import person_forget
        from tickets.subject import SUBJECT
        from tickets.subject_dispatch import SUBJECT as DISPATCH
        from tickets.subject_incident import SUBJECT as INCIDENT
        from tickets.subject_outage import SUBJECT as LATE_ENTRY
        from tickets.subject_quality import FOLLOW_UP

        subjects.register(SUBJECT)
        forgetting.register("tickets", person_forget)
        subjects.register(FOLLOW_UP)
        subjects.register(DISPATCH)
        subjects.register(INCIDENT)
        subjects.register(LATE_ENTRY)
        covers = (
            "arrived",
            "responded",
            "difficult",
            "low_rating",
            "to_sign",
            "sent_back",
            "paper",
            "sign_remind",
            "cancelled",
            "signed",
            "appointment",
            "waiting",
            "part",
            "to_verify",
            "work_refused",
            "reassigned",
            "reopened",
            "plan",
            "vendor",
            "mentioned",
            "message",
            "note",
            "merged",
            "split",
        )
        topics.register("incident", _("Major incidents"))
        topics.register("late_entry", _("Late entries and hand-overs"), covers=("handover_open",))
        topics.register("ticket", _("Progress of tickets"), covers=covers)
        panels.register("home", incident_panel)
        panels.register("queue", incident_panel)
        panels.register("device", device_panel)
        panels.register("scan", scan_panel)
        panels.register("vendor", vendor_panel)
        panels.register("locked", locked_panel)
        marks.register(open_by_device)
        timeline.register("ticket", _("Tickets"), ticket_happenings)
        register_tab(Tab("quality", _("Faults"), "tickets:device_quality", position=45))
