from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "records"

    def ready(self) -> None:
        from core import audit, panels, sealed
        from core.db import hooks
        from records.models import PersonKey
        from records.panels import account_history, anonymising
        from records.services.audit import CHAIN, audit_write, audit_write_many
        from records.services.chain import entries_link

        audit.register(audit_write, audit_write_many)
        hooks.register(CHAIN, entries_link)
        sealed.register(PersonKey, "sealed_key")
        panels.register("person", account_history)
        panels.register("person", anonymising)
