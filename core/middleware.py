"""Request id, facts for the audit, security headers, and domain errors turned into pages."""

import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from core.request import RequestFacts, client_ip, current

GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS_POLICY = "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"


def request_context(get_response: GetResponse) -> GetResponse:
    """Give the request an id, keep its facts for services, and put the headers on that every response carries."""

    def middleware(request: HttpRequest) -> HttpResponse:
        facts = RequestFacts(uuid.uuid4().hex, client_ip(request), request.headers.get("User-Agent", "")[:300])
        token = current.set(facts)
        with structlog.contextvars.bound_contextvars(request_id=facts.request_id):
            try:
                response = get_response(request)
            finally:
                current.reset(token)
        response.headers["X-Request-Id"] = facts.request_id
        response.headers["X-Server-Now"] = str(int(clock.now().timestamp() * 1000))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


class Unreadable(DomainError):
    """The request itself cannot be read (400)."""

    status = 400


def domain_errors(get_response: GetResponse) -> GetResponse:
    """Answer an uncaught DomainError with a page (or JSON, or a fragment) in the user's language and its status."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(
        request: HttpRequest, _view: object, _args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        # No name of anything holds a NUL, and PostgreSQL refuses to be asked for one.
        asked = [*kwargs.values(), *(value for _name, values in request.GET.lists() for value in values)]
        if any(isinstance(value, str) and "\x00" in value for value in asked):
            return answer(request, Unreadable(_("This address holds a sign that no name here has.")))
        return None

    def process_exception(request: HttpRequest, exc: Exception) -> HttpResponse | None:
        return answer(request, exc) if isinstance(exc, DomainError) else None

    def answer(request: HttpRequest, exc: DomainError) -> HttpResponse:
        if "application/json" in request.headers.get("Accept", "") and "text/html" not in request.headers.get(
            "Accept", ""
        ):
            return JsonResponse(
                {"title": exc.message, "status": exc.status, "code": exc.code, "errors": exc.fields},
                status=exc.status,
                content_type="application/problem+json",
            )
        return render(request, "error.html", {"error": exc, "status": exc.status}, status=exc.status)

    middleware.process_view = process_view  # type: ignore[attr-defined]
    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
