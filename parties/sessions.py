"""The session engine: Django's database sessions, with the account in a column of its own (SESSION_ENGINE)."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from parties.models.session import Session


class SessionStore(DatabaseStore):
    """Writes down whose session it is each time one is saved."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The table of the sessions."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row to be saved, with its account once somebody has signed in."""
        row: Any = super().create_model_instance(data)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return row
