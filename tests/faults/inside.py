"""What runs inside the processes of a fault test: the product's own commands, with units as subjects of clocks.

python -m tests.faults.inside clocks      the product's run_clocks
python -m tests.faults.inside nursery     loads the product once, then forks a process for every line that it reads:
    clocks                                the product's run_clocks
    rebuild                               the product's rebuild_clocks --check
    FILE seed COUNT DELAY SPREAD          COUNT clocks that begin DELAY seconds from now, over SPREAD seconds
    FILE race ROUNDS                      a stop at the due instant against the engine's breach, in threads
    FILE crowd COUNT THREADS              many threads fire the same rungs
    FILE die ROUNDS                       a process is killed at each point of a firing
    FILE backlog COUNT                    enter a backlog of breaches, measured
    FILE door                             what a person at the door of the web server needs
It answers each line with the process's id; work leaves its answer as JSON in FILE.
celery -A tests.faults.inside …           the product's worker and beat
"""
# ruff: noqa: E402 - the models can be imported only after the set-up

import ctypes
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from time import perf_counter, process_time, sleep
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
from devices.models import Place
from guarantee.celery import app
from notifications.models import Delivery, Message
from parties.models import Contract, Unit
from sla.models import Alert, Clock, ClockEvent
from sla.services import firing
from sla.services.clock import clock_start, clock_stop
from sla.services.firing import BATCH, fire_due, next_batch
from sla.tests.make import SUBJECT, make_policy
from tests.make import PASSWORD, make_world

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
    laid: list[Clock] = []
    with transaction.atomic():
        for number, unit in enumerate(units):
            started_at = now + timedelta(seconds=delay + spread * number / count)
            laid.append(
                clock_start(contract=contract, kind="response", subject=unit, started_at=started_at, actor=None, at=now)
            )
    timers = Alert.objects.filter(clock__in=[row.pk for row in laid]).values_list("clock_id", "rung", "fire_at")
    return {
        "clocks": count,
        "timers": [[clock, rung, fire_at.timestamp()] for clock, rung, fire_at in timers],
        "last_due": max(row.due_at.timestamp() for row in laid if row.due_at),
    }


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


RACE_SPREAD = 0.05


def race(rounds: int, seed_number: int = 20240318) -> dict[str, int]:
    """Stop a clock within 50 ms around its due instant while the engine enters the breach.

    Whoever comes first, the clock is kept or breached, never both, and who stops it is told which.
    """
    contract = hall()
    dice = random.Random(seed_number)
    outcomes = {"kept": 0, "breached": 0, "refused": 0, "contradictions": 0}
    for number in range(rounds):
        clock = fresh_clock(contract, number)
        due_at = clock.due_at
        assert due_at is not None
        stopped_at = due_at + timedelta(seconds=dice.uniform(-RACE_SPREAD, RACE_SPREAD) if number % 4 else 0.0)
        pauses = [dice.uniform(0.0, 0.01) for _ in range(2)]
        told: list[str] = []

        def stop(clock: Clock = clock, told: list[str] = told, at: Any = stopped_at, pause: float = pauses[0]) -> None:
            sleep(pause)
            try:
                clock_stop(clock=Clock.objects.get(pk=clock.pk), at=at, actor=None)
                told.append("stopped")
            except Conflict:
                told.append("refused")

        def fire(clock: Clock = clock, due_at: Any = due_at, pause: float = pauses[1]) -> None:
            sleep(pause)
            fire_due(due_at + timedelta(seconds=1), clock_ids=[clock.pk])

        in_threads(*((stop, fire) if number % 2 else (fire, stop)))
        row = Clock.objects.get(pk=clock.pk)
        breaches = ClockEvent.objects.filter(clock=row, kind="breach").count()
        in_time = stopped_at <= due_at
        kept = row.state == "stopped" and row.breached_at is None
        outcomes["kept" if kept else "breached"] += 1
        outcomes["refused"] += told == ["refused"]
        said = Message.objects.filter(subject_type=SUBJECT, subject_id=clock.subject_id).count()
        fired = Alert.objects.filter(clock=row, state="fired").count()
        held = {
            "verdict": kept == (row.kept is True) and breaches == (0 if kept else 1),
            # A stop in time that was accepted is kept; one that is late never is.
            "told": told == ["stopped"] if kept else (told == ["refused"] if in_time else told != []),
            "late": not (kept and not in_time),
            "messages": said in (fired, fired + 1),  # a late stop enters the breach itself
        }
        outcomes["contradictions"] += not all(held.values())
    return outcomes


POINTS = {
    "chosen": "_due",
    "claimed": "_claim",
    "breached": "_enter_breaches",
    "audited": "audit_write_many",
    "posted": "messages_post",
    "entered": "record",
    "committed": "",
}
"""Where a process dies: after this function of the firing, or after all of it was committed."""


def _killed_after(name: str) -> None:
    real = getattr(firing, name)

    def once(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(firing, name, once)


def in_a_process_that_dies(work: Callable[[], object]) -> int:
    """Do something in a fork; returns the number of the signal that ended it."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


def die(rounds: int) -> dict[str, int]:
    """Kill a process at each point of the firing of an overdue clock: before the commit nothing has happened, after it all."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    contract = hall()
    outcomes = {"killed": 0, "half": 0, "whole": 0}
    for point, name in POINTS.items():
        for number in range(rounds):
            unit = Unit.objects.create(
                organisation=contract.client, name=f"终止区{point}{Unit.objects.count()}-{number}"
            )
            now = clocks.now()
            begun = now - timedelta(seconds=AMOUNT + 5)
            clock = clock_start(contract=contract, kind="response", subject=unit, started_at=begun, actor=None, at=now)

            def fire(name: str = name, clock: Clock = clock) -> None:
                if name:
                    _killed_after(name)
                fire_due(clocks.now(), clock_ids=[clock.pk])
                os.kill(os.getpid(), signal.SIGKILL)

            outcomes["killed"] += in_a_process_that_dies(fire) == signal.SIGKILL
            outcomes["half"] += _done(clock) != ((0, 0, 0, False) if name else (2, 2, 1, True))
            # PostgreSQL may need a moment to see that whoever held the rows is gone.
            for _ in range(100):
                fire_due(clocks.now(), clock_ids=[clock.pk])
                if not Alert.objects.filter(clock=clock, state="pending").exists():
                    break
                sleep(0.05)
            outcomes["whole"] += _done(clock) == (2, 2, 1, True)
    return outcomes


def _done(clock: Clock) -> tuple[int, int, int, bool]:
    return (
        Alert.objects.filter(clock=clock, state="fired").count(),
        Message.objects.filter(subject_type=SUBJECT, subject_id=clock.subject_id).count(),
        ClockEvent.objects.filter(clock=clock, kind="breach").count(),
        Clock.objects.get(pk=clock.pk).breached_at is not None,
    )


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
    dues = [now - timedelta(hours=1, milliseconds=number) for number in range(count)]
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
            for unit, due_at in zip(units, dues, strict=True)
        ],
        batch_size=500,
    )
    Alert.objects.bulk_create(
        [
            Alert(clock=row, rung="breach", fire_at=due_at + timedelta(seconds=1), laid_at=due_at)
            for row, due_at in zip(rows, dues, strict=True)
        ],
        batch_size=500,
    )
    Alert.objects.filter(clock=first).update(state="cancelled")
    with connection.cursor() as cursor:
        for table in ("sla_clock", "sla_alert"):
            cursor.execute(
                f"ANALYZE {table}"
            )  # as the server's own housekeeping has done for rows that wait for an hour
    statements = 0

    def count_one(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    began, began_cpu = perf_counter(), process_time()
    with connection.execute_wrapper(count_one):
        batch = BATCH
        while (fired := fire_due(clocks.now(), batch)) > 0:
            batch = next_batch(fired, batch)
    seconds, cpu = perf_counter() - began, process_time() - began_cpu
    entered = ClockEvent.objects.filter(clock__gt=first.pk, kind="breach").count()
    if entered != count:
        raise AssertionError(f"{entered} of {count} entered")
    deliveries = Delivery.objects.filter(message__subject_type=SUBJECT).count()
    return {"seconds": seconds, "cpu": cpu, "statements": statements, "deliveries": deliveries}


def door() -> dict[str, Any]:
    """What a person needs to sign in, and what the form of a ticket needs of this hall."""
    contract = hall()
    place = Place.objects.filter(hall=contract.hall).first()
    unit = Unit.objects.filter(organisation=contract.client).first()
    assert place is not None and unit is not None
    return {"password": PASSWORD, "form": {"unit": unit.pk, "place": place.pk}}


WORK: dict[str, Callable[..., Any]] = {
    "seed": seed,
    "race": race,
    "crowd": crowd,
    "die": die,
    "backlog": backlog,
    "door": door,
}
PR_SET_PDEATHSIG = 1


def perform(line: str) -> None:
    """Do what a line says, in this process."""
    first, *rest = line.split()
    if first == "clocks":
        call_command("run_clocks")
    elif first == "rebuild":
        call_command("rebuild_clocks", "--check")
    else:
        verb, *numbers = rest
        values = [float(number) if "." in number else int(number) for number in numbers]
        answer = Path(first)
        unfinished = answer.with_suffix(".part")
        unfinished.write_text(json.dumps(WORK[verb](*values)))
        unfinished.rename(answer)


def nursery() -> None:
    """Fork a process for every line, and say its id. Children die with the nursery, and it with whoever feeds it lines."""
    libc = ctypes.CDLL(None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: the kernel buries them
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
            continue
        status = 1
        try:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(2, 1)
            perform(line)
            status = 0
        except Exception:  # noqa: BLE001 - said in the log, answered by the exit
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)


if __name__ == "__main__":
    if sys.argv[1:] == ["nursery"]:
        nursery()
    elif sys.argv[1:] == ["clocks"]:
        perform("clocks")
    else:
        raise SystemExit(__doc__)
