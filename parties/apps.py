from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "parties"

    def ready(self) -> None:
        """Note when a session begins: Django's own signal is the one place that sees every login."""
        from django.contrib.auth.signals import user_logged_in

        from core import forgetting, panels
        from parties.idle import begin
        from parties.models import Contact
        from parties.panels import office_missing
        from parties.services.forget import contact_forget

        user_logged_in.connect(begin, dispatch_uid="parties.idle.begin")
        panels.register("home", office_missing)
        forgetting.register("contacts", contact_forget, records={"contact": Contact})
