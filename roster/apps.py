from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "roster"

    def ready(self) -> None:
        """Register the roster's panels, what it watches in the calendar, and the topic of its messages."""
        from django.utils.translation import gettext_lazy as _

        from core import panels, watchers
        from notifications import topics
        from roster.panels import alarm_panel, check_in_panel
        from roster.watcher import ROSTER_WATCHER

        panels.register("home", check_in_panel)
        panels.register("home", alarm_panel)
        watchers.register(ROSTER_WATCHER)
        topics.register("roster", _("Roster and leave"))
