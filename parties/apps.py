from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "parties"

    def ready(self) -> None:
        """Note when a session begins: Django's own signal is the one place that sees every login."""
        from django.contrib.auth.signals import user_logged_in

        from core import panels
        from parties.idle import begin
        from parties.panels import office_missing

        user_logged_in.connect(begin, dispatch_uid="parties.idle.begin")
        panels.register("home", office_missing)
