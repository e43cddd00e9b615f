"""The request as views see it after the middleware has run."""

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """An HttpRequest with what the house's middleware adds. Views behind @allow(<role>) always have a contract and a role."""

    htmx: HtmxDetails
    memberships: list[Any]
    membership: Any
    contract: Any
    role: str
    user: Any
    away: bool
    """Whether the session is locked because nobody was there for too long (parties.idle)."""
