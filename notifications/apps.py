from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """Take over the posting of messages for the apps below, speak on the home pages, and name what is sealed."""
        from core import forgetting, panels, posting, sealed
        from notifications.models import ChannelConfig
        from notifications.panels import home_panel
        from notifications.services.forget import choice_forget
        from notifications.services.outbox import message_post

        posting.register(message_post)
        panels.register("home", home_panel)
        sealed.register(ChannelConfig, "sealed")
        forgetting.register("channel choices", choice_forget)
