from django.apps import AppConfig


class ContractConfig(AppConfig):
    name = "contract"

    def ready(self) -> None:
        """Speak on the home pages while a year's holiday arrangement is missing."""
        from contract.panels import missing_year_panel
        from core import panels

        panels.register("home", missing_year_panel)
