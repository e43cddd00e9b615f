from django.http import HttpRequest, HttpResponse

from core.access import LOGGED_IN, allow


@allow(LOGGED_IN)
def by_short_code(request: HttpRequest, short_code: str) -> HttpResponse:
    return HttpResponse("scan")
