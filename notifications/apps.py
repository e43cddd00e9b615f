from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """Take over the posting of messages for the apps below, and speak on the home pages."""
        from core import panels, posting
        from notifications.panels import home_panel
        from notifications.services.outbox import message_post

        posting.register(message_post)
        panels.register("home", home_panel)
