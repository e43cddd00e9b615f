from django.http import HttpRequest, HttpResponse

from core.access import GET_POST, POST, PUBLIC, allow


@allow(PUBLIC, methods=GET_POST)
def log_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("login")


@allow(PUBLIC, methods=POST)
def log_out(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@allow(PUBLIC, methods=POST)
def set_language(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def locked_out(request: HttpRequest, credentials: object, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=429)
