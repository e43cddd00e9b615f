from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "records"

    def ready(self) -> None:
        from core import audit, panels
        from records.panels import account_history
        from records.services.audit import audit_write, audit_write_many

        audit.register(audit_write, audit_write_many)
        panels.register("person", account_history)
