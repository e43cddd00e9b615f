"""What is known about the request that is being served, for audit entries and logs."""

from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class RequestFacts:
    """Facts of one request; empty outside of one."""

    request_id: str = ""
    ip: str = ""
    user_agent: str = ""


current: ContextVar[RequestFacts] = ContextVar("request_facts", default=RequestFacts())  # noqa: B039 - frozen, never changed


def client_ip(request: HttpRequest) -> str:
    """The client's address: the peer, or the one that the configured number of trusted proxies vouches for."""
    if settings.PROXY_COUNT:
        hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if len(hops) >= settings.PROXY_COUNT:
            return str(hops[-settings.PROXY_COUNT])
    return str(request.META.get("REMOTE_ADDR", ""))
