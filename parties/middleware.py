"""Which contract, which role, which language: decided once per request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from parties.querysets import memberships_of

GetResponse = Callable[[HttpRequest], HttpResponse]


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
    """Set request.memberships, request.contract, request.membership and request.role (None without a valid membership)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.memberships, request.membership, request.contract, request.role = [], None, None, None
        if request.user.is_authenticated:
            rows = list(memberships_of(request.user).select_related("contract__hall", "unit").order_by("-contract__starts_on"))
            chosen = request.session.get("contract_id")
            current = next((row for row in rows if row.contract_id == chosen), rows[0] if rows else None)
            request.memberships = rows
            if current is not None:
                request.membership, request.contract, request.role = current, current.contract, current.role
            request.user.__dict__["_membership_in"] = {row.contract_id: row for row in rows}
        return get_response(request)

    return middleware
