"""Which contract, which role, which language: decided once per request."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from core.http import Request
from parties.querysets import OWN, local_today, memberships_of

GetResponse = Callable[[Any], HttpResponse]
OPEN_WITH_AN_INITIAL_PASSWORD = frozenset(
    {"parties:password", "parties:locked", "parties:active", "logout", "set_language", "sla:healthz"}
)


def user_locale(get_response: GetResponse) -> GetResponse:
    """Activate the language of the cookie, Chinese otherwise. The browser's wish does not count: the house speaks Chinese."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, settings.LANGUAGE_CODE)
        if chosen not in dict(settings.LANGUAGES):
            chosen = settings.LANGUAGE_CODE
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response

    return middleware


def membership(get_response: GetResponse) -> GetResponse:
    """Set request.memberships, request.contract, request.membership and request.role (None without a valid membership).

    The contract is the one chosen in this session, else the one in force today, else the one that began last. Who still has an
    initial password gets no further than the page that changes it.
    """

    def middleware(request: Request) -> HttpResponse:
        request.memberships, request.membership, request.contract, request.role = [], None, None, None  # type: ignore[assignment]
        if request.user.is_authenticated:
            rows = list(
                memberships_of(request.user).select_related("contract__hall", "unit").order_by("-contract__starts_on")
            )
            chosen = request.session.get("contract_id")
            today = local_today()
            current = next((row for row in rows if row.contract_id == chosen), None)
            if current is None:
                current = next((row for row in rows if row.contract.in_force_on(today)), rows[0] if rows else None)
            request.memberships = rows
            if current is not None:
                request.membership, request.contract, request.role = current, current.contract, current.role
            request.user.__dict__["_membership_in"] = {row.contract_id: row for row in rows}
            request.user.__dict__[OWN] = rows
        return get_response(request)

    def process_view(request: HttpRequest, *_view_and_arguments: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not getattr(request.user, "must_change_password", False) or name in OPEN_WITH_AN_INITIAL_PASSWORD:
            return None
        if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
            return HttpResponse(status=403, headers={"HX-Redirect": "/account/password/"})
        return redirect("parties:password")

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware
