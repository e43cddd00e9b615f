from django.http import HttpRequest, HttpResponse

from core.access import LOGGED_IN, allow


@allow(LOGGED_IN)
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("home")
