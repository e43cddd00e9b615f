"""While an engineer's phone is handed over, its session opens nothing but the signing page."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

GetResponse = Callable[[HttpRequest], HttpResponse]
KEY = "handover"
"""The session key under which a hand-over stands: subject_type, subject_id, purpose, signer_name, signer_unit, since."""
OPEN_ROUTES = frozenset({"records:handover_page", "records:handover_unlock", "set_language"})


def handover_lock(get_response: GetResponse) -> GetResponse:
    """Send every other route of a handed-over session to the signing page; polls get 401, so that they stop."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(f"/{settings.STATIC_URL.strip('/')}/") or not request.session.get(KEY):
            return get_response(request)
        if _route(request.path_info) in OPEN_ROUTES:
            return get_response(request)
        page = reverse("records:handover_page")
        accepts = request.headers.get("Accept", "")
        if request.headers.get("HX-Request") or ("json" in accepts and "text/html" not in accepts):
            return HttpResponse(status=401, headers={"HX-Redirect": page})
        return HttpResponseRedirect(page)

    return middleware


def _route(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""
