"""The long-lived loop behind run_clocks: fires what is due, delivers what is posted, and shows that it lives.

It needs the database and nothing else. Any number of them may run at once. When the database goes away it waits, with growing
pauses, and goes on where the rows stand.
"""

import threading
import time

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from core import clock
from notifications.services.delivery import deliver_due
from records.services.chain import heads_anchor
from sla.services.firing import BATCH, fire_due, next_batch
from sla.services.heartbeat import CLOCKS, beat

log = structlog.get_logger(__name__)
TICK = 0.25
"""Seconds between two looks at the database."""
HEARTBEAT = 2.0
"""Seconds between two signs of life, at most."""
DELIVERY_BATCH = 200
LONGEST_WAIT = 2.0
"""The longest pause, in seconds, between two tries to reach a database that is away."""


class Engine:
    """One loop. `stop()` ends it after the batch in hand, from a signal handler or another thread."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._beaten = float("-inf")
        self._failures = 0

    def stop(self) -> None:
        """Ask the loop to end; returns at once."""
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped. Errors never end it: they are logged, and it tries again."""
        log.info("clocks_started")
        while not self._stopping.is_set():
            began = time.monotonic()
            self._tick_safely()
            self._stopping.wait(max(0.0, self._pause() - (time.monotonic() - began)))
        connection.close()
        log.info("clocks_stopped")

    def _pause(self) -> float:
        return TICK if not self._failures else min(TICK * 2**self._failures, LONGEST_WAIT)

    def _tick_safely(self) -> None:
        try:
            close_old_connections()
            self.tick()
        except (DatabaseError, InterfaceError) as error:
            self._failures = min(self._failures + 1, 8)
            log.warning("database_trouble", error=str(error).strip(), failures=self._failures)
            connection.close()
        except Exception:
            # Nothing may silence the clocks; a fault that stays is seen in the log and by the overdue alerts on /healthz.
            self._failures = min(self._failures + 1, 8)
            log.exception("tick_failed")
            connection.close()
        else:
            if self._failures:
                log.info("recovered", failures=self._failures)
            self._failures = 0

    def tick(self) -> None:
        """Fire until nothing is due, then deliver; show a sign of life in between. What is late to be told never delays a rung."""
        batch = BATCH
        while not self._stopping.is_set():
            self._show_life()
            fired = fire_due(clock.now(), batch)
            if fired >= batch:
                batch = next_batch(fired, batch)
                continue
            batch = BATCH
            if deliver_due(clock.now(), DELIVERY_BATCH) < DELIVERY_BATCH:
                return

    def _show_life(self) -> None:
        if time.monotonic() - self._beaten >= HEARTBEAT - TICK:
            beat(CLOCKS, clock.now())
            # What a writer that was killed after its commit, or one on another server, could not anchor here.
            heads_anchor()
            self._beaten = time.monotonic()
