"""GET /healthz: is the product well? For supervisors and load balancers; says nothing that is secret."""

from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse

from core import clock
from core.access import PUBLIC, allow
from notifications.querysets import backlog
from sla.querysets import overdue_alerts
from sla.services.heartbeat import CLOCKS, SILENT_AFTER, age_seconds

log = structlog.get_logger(__name__)
CAP = 1000
"""Counting stops here: a large backlog needs no exact figure."""


@allow(PUBLIC)
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when the database answers and the clocks' heartbeat is young, else 503; the JSON says what is wrong."""
    try:
        facts = _facts(clock.now())
    except (DatabaseError, InterfaceError) as error:
        log.warning("healthz_no_database", error=str(error).strip())
        facts = {"status": "no_database", "database": False}
    response = JsonResponse(facts, status=200 if facts["status"] == "ok" else 503)
    response.headers["Cache-Control"] = "no-store"
    return response


def _facts(now: datetime) -> dict[str, Any]:
    age = age_seconds(CLOCKS, now)
    alive = age is not None and age <= SILENT_AFTER.total_seconds()
    pending, oldest = backlog(CAP)
    return {
        "status": "ok" if alive else "clocks_silent",
        "database": True,
        "clocks": {"age_seconds": None if age is None else round(age, 3), "ok": alive},
        "outbox": {
            "pending": pending,
            "oldest_seconds": None if oldest is None else round(max(0.0, (now - oldest).total_seconds()), 3),
        },
        "alerts_overdue": overdue_alerts(now).order_by()[:CAP].count(),
    }
