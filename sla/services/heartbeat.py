"""Signs of life of the engine's processes."""

import os
import socket
from datetime import datetime, timedelta

from sla.models import Heartbeat

CLOCKS, BEAT = "clocks", "beat"
SILENT_AFTER = timedelta(seconds=30)
"""After so long without a sign of life the health page is red."""


def beat(name: str, at: datetime) -> None:
    """Note that a process lives. Several processes of one name share its row: the latest sign counts."""
    detail = {"pid": os.getpid(), "host": socket.gethostname()}
    if not Heartbeat.objects.filter(name=name).update(at=at, detail=detail):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": at, "detail": detail})


def age_seconds(name: str, now: datetime) -> float | None:
    """How long a process has been silent; None when it never lived."""
    at = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return None if at is None else max(0.0, (now - at).total_seconds())
