"""Error pages and the living styleguide."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import clock
from core.access import LOGGED_IN, allow
from core.styleguide import examples


@allow(LOGGED_IN)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component, rendered."""
    return render(request, "styleguide.html", examples(clock.now()))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403: the page says what to do."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: the same page for what is missing and for what may not be known."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: says nothing of the inside."""
    return render(request, "500.html", status=500)
