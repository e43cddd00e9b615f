from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        """Tell the lower apps what the register's records are; each room of the register registers its own."""
        from django.utils.translation import gettext_lazy as _

        from devices import rooms
        from notifications import topics

        topics.register("devices", _("Devices: due dates, loans and stock"))
        rooms.register_all()
