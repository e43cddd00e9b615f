"""Error pages and the living styleguide."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader

from core import clock
from core.access import LOGGED_IN, allow
from core.request import current
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


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """500: says nothing of the inside, and asks nothing of a database that may be down."""
    return HttpResponseServerError(loader.render_to_string("500.html", {"request_id": current.get().request_id}))
