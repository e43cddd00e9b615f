from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        """Tell the lower apps what the register's records are; each room of the register registers its own."""
        from django.utils.translation import gettext_lazy as _

        from core import forgetting, panels
        from devices import rooms
        from devices.panels import due_panel
        from devices.services.forget import person_forget
        from notifications import topics

        topics.register("devices", _("Devices: due dates, loans and stock"))
        panels.register("home", due_panel)
        forgetting.register("register", person_forget)
        rooms.register_all()
