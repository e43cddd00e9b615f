"""GET /notifications/ and POST /notifications/read/: a person's messages, and noting that they were read."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from core import clock
from core.access import LOGGED_IN, POST, allow
from core.http import Request
from notifications.models import Delivery
from notifications.querysets import inbox_of, unread_count
from notifications.services.delivery import mark_read
from notifications.text import safe_words

PAGE = 30


@allow(LOGGED_IN)
def inbox(request: Request) -> HttpResponse:
    """All messages or the unread ones, newest first, a page at a time by key (?before=<id>)."""
    only_unread = request.GET.get("show") == "unread"
    rows = inbox_of(request.user)
    if only_unread:
        rows = rows.filter(read_at=None)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows.select_related("message")[: PAGE + 1])
    page, more = found[:PAGE], len(found) > PAGE
    address = reverse("notifications:list")
    shown = "show=unread" if only_unread else ""
    unread = unread_count(request.user)
    context = {
        "rows": [_row(row) for row in page],
        "only_unread": only_unread,
        "unread": unread,
        "all_url": address,
        "unread_url": f"{address}?show=unread",
        "first_url": f"{address}?{shown}" if before else "",
        "next_url": f"{address}?{'&'.join(filter(None, (shown, f'before={page[-1].pk}')))}" if more else "",
    }
    return render(request, "notifications/list.html", context)


def _row(row: Delivery) -> dict[str, Any]:
    return {"row": row, "message": row.message, "words": safe_words(row.message)}


@allow(LOGGED_IN, methods=POST)
def read(request: Request) -> HttpResponse:
    """Mark one message (`id`), several, or `all` of them as read; then on to the page that a single message speaks of."""
    if request.POST.get("all"):
        mark_read(user=request.user, at=clock.now())
        return redirect("notifications:list")
    ids = [int(value) for value in request.POST.getlist("id") if value.isdigit() and len(value) < 19]
    mark_read(user=request.user, ids=ids, at=clock.now())
    if len(ids) == 1:
        row = inbox_of(request.user).filter(pk=ids[0]).select_related("message").first()
        if row is not None and _inside(row.message.url):
            return redirect(row.message.url)
    return redirect("notifications:list")


def _inside(url: str) -> bool:
    """Only addresses of this house are followed."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
