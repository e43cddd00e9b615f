"""Error pages and the living styleguide."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access import LOGGED_IN, allow


@allow(LOGGED_IN)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component, rendered."""
    return render(request, "styleguide.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the page says what to do."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same page for what is missing and for what may not be known."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: says nothing of the inside."""
    return render(request, "500.html", status=500)
