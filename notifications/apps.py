from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """Hand the writer of messages to the apps below."""
        from core import posting
        from notifications.services.outbox import message_post

        posting.register(message_post)
