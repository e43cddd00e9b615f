"""Sessions that know whose they are, so that they can be listed and ended."""

from importlib import import_module
from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from parties.models.user import User


class Session(AbstractBaseSession):
    """A browser that is signed in; kept and found by parties.sessions."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The engine that writes these rows, as Django asks for it."""
        return import_module("parties.sessions").SessionStore
