"""What runs inside the processes of a fault test: the product's own commands, with units as subjects of clocks.

python -m tests.faults.inside clocks                      the product's run_clocks
python -m tests.faults.inside seed COUNT DELAY SPREAD     COUNT clocks that begin DELAY seconds from now, over SPREAD seconds
python -m tests.faults.inside race ROUNDS                 a stop in time against the engine's breach, in threads
python -m tests.faults.inside crowd COUNT THREADS         many threads fire the same rungs
python -m tests.faults.inside backlog COUNT               enter a backlog of breaches, measured
celery -A tests.faults.inside …                           the product's worker and beat
"""
# ruff: noqa: E402 - the models can be imported only after the set-up

import json
import os
import sys
from datetime import timedelta
from threading import Barrier, Thread
from time import perf_counter
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guarantee.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from core import clock as clocks
from core import subjects
from core.errors import Conflict
from core.subjects import Subject
from guarantee.celery import app
from notifications.models import Delivery
from parties.models import Contract, Unit
from sla.models import Alert, Clock, ClockEvent
from sla.services.clock import clock_start, clock_stop
from sla.services.firing import BATCH, fire_due, next_batch
from sla.tests.make import SUBJECT, make_policy
from tests.make import make_world

__all__ = ["app"]

subjects.register(
    Subject(
        key=SUBJECT,
        model=Unit,
        label=lambda unit: unit.name,
        url=lambda unit: f"/units/{unit.pk}/",
        visible_to=lambda user: Unit.objects.none() if user is None else Unit.objects.all(),
    )
)

AMOUNT = 2
"""Seconds that these promises leave: day and night, so that the tests run at any hour."""
LADDER = [{"name": "start", "after": 0, "to": ["on_duty"]}, {"name": "breach", "breach": True, "to": ["manager"]}]


def hall() -> Contract:
    """The contract, with its people and the short promise."""
    contract = Contract.objects.first()
    if contract is None:
        contract = make_world().contract
        make_policy(contract, amount=AMOUNT, target_kind="continuous_seconds", ladder=LADDER)
    return contract


def seed(count: int, delay: float, spread: float) -> dict[str, Any]:
    """Lay down clocks with two timers each, evenly over a span that begins `delay` seconds from now."""
    contract = hall()
    first = Unit.objects.count()
    units = Unit.objects.bulk_create(
        Unit(organisation=contract.client, name=f"受理区{first + number}") for number in range(count)
    )
    now = clocks.now()
    with transaction.atomic():
        for number, unit in enumerate(units):
            started_at = now + timedelta(seconds=delay + spread * number / count)
            clock_start(contract=contract, kind="response", subject=unit, started_at=started_at, actor=None, at=now)
    last_due = Clock.objects.order_by("-due_at").values_list("due_at", flat=True).first()
    return {"clocks": count, "last_due": last_due.timestamp() if last_due else 0.0}


def fresh_clock(contract: Contract, number: int) -> Clock:
    """A clock about a unit of its own."""
    unit = Unit.objects.create(organisation=contract.client, name=f"竞赛区{Unit.objects.count()}-{number}")
    now = clocks.now()
    return clock_start(contract=contract, kind="response", subject=unit, started_at=now, actor=None, at=now)


def in_threads(*works: Any) -> None:
    """Run functions at the same moment, each with a connection of its own."""
    start = Barrier(len(works))

    def run(work: Any) -> None:
        try:
            start.wait()
            work()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def race(rounds: int) -> dict[str, int]:
    """Stop a clock at its due instant while the engine enters the breach. One wins, and the loser is told."""
    contract = hall()
    outcomes = {"kept": 0, "breached": 0, "contradictions": 0, "untold": 0}
    for number in range(rounds):
        clock = fresh_clock(contract, number)
        due_at = clock.due_at
        assert due_at is not None
        told: list[str] = []

        def stop(clock: Clock = clock, told: list[str] = told) -> None:
            assert clock.due_at is not None
            try:
                clock_stop(clock=Clock.objects.get(pk=clock.pk), at=clock.due_at, actor=None)
                told.append("stopped")
            except Conflict:
                told.append("refused")

        def fire(clock: Clock = clock) -> None:
            assert clock.due_at is not None
            fire_due(clock.due_at + timedelta(seconds=1), clock_ids=[clock.pk])

        in_threads(*((stop, fire) if number % 2 else (fire, stop)))
        row = Clock.objects.get(pk=clock.pk)
        breaches = ClockEvent.objects.filter(clock=row, kind="breach").count()
        fired = Alert.objects.filter(clock=row, rung="breach", state="fired").count()
        stopped = row.state == "stopped"
        outcomes["kept" if stopped else "breached"] += 1
        outcomes["contradictions"] += (breaches, fired, row.breached_at is None) != (
            (0, 0, True) if stopped else (1, 1, False)
        )
        outcomes["untold"] += told != ["stopped" if stopped else "refused"]
    return outcomes


def crowd(count: int, threads: int) -> dict[str, int]:
    """Let many threads fire the same rungs at once."""
    contract = hall()
    pks = [fresh_clock(contract, number).pk for number in range(count)]
    later = clocks.now() + timedelta(seconds=AMOUNT + 2)
    fired: list[int] = []

    def work() -> None:
        total = 0
        for _ in range(100):
            done = fire_due(later, limit=7, clock_ids=pks)
            total += done
            if not done and not Alert.objects.filter(clock__in=pks, state="pending").exists():
                break
        fired.append(total)

    in_threads(*[work] * threads)
    return {"fired": sum(fired), "events": ClockEvent.objects.filter(clock__in=pks, kind="breach").count()}


def backlog(count: int) -> dict[str, float]:
    """Enter a backlog of breaches as the loop does, batch by batch; the clocks are laid down in bulk, as after an outage."""
    contract = hall()
    first = fresh_clock(contract, 0)
    unit_total = Unit.objects.count()
    units = Unit.objects.bulk_create(
        [Unit(organisation=contract.client, name=f"积压区{unit_total + number}") for number in range(count)],
        batch_size=500,
    )
    now = clocks.now()
    due_at = now - timedelta(hours=1)
    rows = Clock.objects.bulk_create(
        [
            Clock(
                contract=contract,
                policy_id=first.policy_id,
                kind="response",
                promisor="contractor",
                calendar_revision_id=first.calendar_revision_id,
                subject_type=SUBJECT,
                subject_id=unit.pk,
                started_at=due_at - timedelta(seconds=AMOUNT),
                due_at=due_at,
            )
            for unit in units
        ],
        batch_size=500,
    )
    Alert.objects.bulk_create(
        [Alert(clock=row, rung="breach", fire_at=due_at + timedelta(seconds=1), laid_at=due_at) for row in rows],
        batch_size=500,
    )
    Alert.objects.filter(clock=first).update(state="cancelled")
    began = perf_counter()
    batch = BATCH
    while (fired := fire_due(clocks.now(), batch)) > 0:
        batch = next_batch(fired, batch)
    seconds = perf_counter() - began
    entered = ClockEvent.objects.filter(clock__gt=first.pk, kind="breach").count()
    if entered != count:
        raise AssertionError(f"{entered} of {count} entered")
    return {"seconds": seconds, "deliveries": Delivery.objects.filter(message__subject_type=SUBJECT).count()}


def main() -> None:
    """Do what the arguments say; print the answer as JSON."""
    verb, *numbers = sys.argv[1:]
    if verb == "clocks":
        call_command("run_clocks")
        return
    work = {"seed": seed, "race": race, "crowd": crowd, "backlog": backlog}[verb]
    values = [float(number) if "." in number else int(number) for number in numbers]
    sys.stdout.write("\n" + json.dumps(work(*values)) + "\n")  # type: ignore[operator]


if __name__ == "__main__":
    main()
