"""The public page behind the code on a printed sheet."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import clock
from core.access import PUBLIC, allow
from core.errors import DomainError
from core.request import client_ip
from records.services.verify import verdict_of


@allow(PUBLIC, when_locked=True)
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Valid or not, and of the record nothing but its number, the day and the masked name. No session is needed."""
    try:
        verdict = verdict_of(code[:40], at=clock.now(), ip=client_ip(request))
    except DomainError as error:
        response = render(request, "records/verify.html", {"error": error}, status=error.status)
    else:
        response = render(request, "records/verify.html", {"verdict": verdict})
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
