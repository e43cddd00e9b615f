"""GET /notifications/live/: what the bell asks for every few seconds. Not activity: it changes nothing."""

import hashlib
import json
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.access import LOGGED_IN, allow
from core.http import Request
from notifications.models import Delivery
from notifications.querysets import unread_of
from notifications.text import Words, safe_words

CAP = 100
"""The bell counts up to 99 and then says 99+."""
NEWEST = 5


@allow(LOGGED_IN, poll=True, when_locked=True)
def live(request: Request) -> HttpResponse:
    """Unread messages as JSON {now, unread, latest, locked}; 304 while nothing has changed, then with one statement of its own.

    To a locked session it says that something came and how urgent it is, but not what.
    """
    unread = list(unread_of(request.user).values_list("pk", flat=True)[:CAP])
    state = json.dumps([request.user.pk, get_language(), request.away, len(unread), unread[:NEWEST]])
    etag = f'"{hashlib.sha256(state.encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers=headers)
    body = {
        "now": int(clock.now().timestamp() * 1000),
        "unread": len(unread),
        "latest": [_item(row, away=request.away) for row in _newest(unread[:NEWEST])],
        "locked": request.away,
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/json", headers=headers)


def _newest(pks: list[int]) -> list[Delivery]:
    return list(Delivery.objects.filter(pk__in=pks).select_related("message").order_by("-pk")) if pks else []


def _item(row: Delivery, *, away: bool) -> dict[str, Any]:
    words = Words(_("New message"), "") if away else safe_words(row.message)
    return {
        "id": row.pk,
        "title": words.title,
        "body": words.body,
        "url": "" if away else row.message.url,
        "urgent": row.message.urgent,
        "at": row.message.posted_at.isoformat(),
    }
