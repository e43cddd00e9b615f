from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"

    def ready(self) -> None:
        """Let the calendar below ask which promises it would move."""
        from core import watchers
        from sla.watchers import CLOCKS

        watchers.register(CLOCKS)
