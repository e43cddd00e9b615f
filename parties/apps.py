from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "parties"

    def ready(self) -> None:
        """Note when a session begins: Django's own signal is the one place that sees every login."""
        from django.contrib.auth.signals import user_logged_in

        from parties.idle import begin

        user_logged_in.connect(begin, dispatch_uid="parties.idle.begin")
