"""The state machine: every state × every verb × everybody does what the table says and nothing else; walks never leave it."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction

from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.roles import ROLES
from sla.models import Clock
from sla.services.firing import fire_due
from sla.states import ClockState
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.archive import ticket_archive
from tickets.services.cancel import ticket_cancel
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.services.correct import ticket_correct
from tickets.services.go_on import ticket_go_on
from tickets.services.merge import ticket_merge
from tickets.services.rate import ticket_rate
from tickets.services.reassign import ticket_reassign
from tickets.services.reopen import ticket_reopen
from tickets.services.reschedule import ticket_reschedule
from tickets.services.send_back import ticket_send_back
from tickets.services.verify import ticket_refuse_work, ticket_verify
from tickets.services.wait_part import ticket_ask_part, ticket_refuse_part, ticket_wait_part
from tickets.states import TICKET_FLOW, TicketStatus
from tickets.tests.make import (
    SIGNED,
    arrive,
    minutes,
    reach,
    report,
    resolve,
    respond,
    schedule,
    sign,
    wait_customer,
)
from tickets.tests.repair_make import confirm_difficult, escalate, not_difficult, plan, wait_vendor

pytestmark = pytest.mark.django_db
LATER = SIGNED + minutes(5)
HANDLER, STAFF, OTHER, NOTING, CLIENT, MANAGER = "handler", "staff", "other", "noting", "client", "manager"
ALLOWED: dict[str, tuple[str, ...]] = {
    "respond": (STAFF,),
    "schedule": (HANDLER,),
    "reschedule": (HANDLER,),
    "arrive": (HANDLER,),
    "wait_vendor": (HANDLER,),
    "ask_part": (HANDLER,),
    "wait_part": (MANAGER,),
    "refuse_part": (MANAGER,),
    "wait_customer": (HANDLER,),
    "go_on": (HANDLER,),
    "escalate": (HANDLER,),
    "confirm_difficult": (MANAGER,),
    "not_difficult": (MANAGER,),
    "plan": (MANAGER,),
    "resolve": (HANDLER,),
    "verify": (OTHER,),
    "refuse_work": (OTHER,),
    "send_back": (CLIENT,),
    "reopen": (CLIENT, MANAGER),
    "close_unsigned": (MANAGER,),
    "archive": (MANAGER,),
    "cancel": (MANAGER,),
    "merge": (MANAGER,),
    "rate": (CLIENT,),
    "reassign": (HANDLER,),
    "correct": (NOTING,),
}
"""Who may do a verb: the responsible engineer or the manager, any of the contractor's, any of them but the responsible one, …"""


def may(world: World, name: str, verb: str, ticket: Ticket) -> bool:
    """What the table says about somebody."""
    person = getattr(world, name)
    engineer, manager = name in ("engineer", "engineer2"), name == "manager"
    client = name in ("clerk", "supervisor", "leader")
    if verb == "reopen" and ticket.status == TicketStatus.ARCHIVED:
        return manager
    answers = {
        HANDLER: manager or (engineer and ticket.assignee_id == person.pk),
        STAFF: manager or engineer,
        OTHER: (manager or engineer) and ticket.assignee_id != person.pk,
        NOTING: manager or (engineer and ticket.assignee_id in (None, person.pk)),
        CLIENT: client,
        MANAGER: manager,
    }
    return any(answers[group] for group in ALLOWED[verb])


def _reason(service: Callable[..., Any], **more: Any) -> Callable[..., object]:
    return lambda _world, ticket, actor, at: service(ticket=ticket, actor=actor, at=at, reason="说明", **more)


def _other(world: World, ticket: Ticket) -> Any:
    return world.engineer2 if ticket.assignee_id == world.engineer.pk else world.engineer


VERBS: dict[str, Callable[[World, Ticket, Any, Any], object]] = {
    "respond": lambda world, ticket, actor, at: respond(world, ticket, actor=actor, at=at),
    "schedule": lambda world, ticket, actor, at: schedule(world, ticket, actor=actor, at=at),
    "reschedule": lambda _world, ticket, actor, at: ticket_reschedule(
        ticket=ticket, actor=actor, at=at, appointment_at=at + minutes(20), appointment_place="A05窗口",
        appointment_with="窗口人员01", asked_by="client", reason="窗口正在办事",
    ),
    "arrive": lambda world, ticket, actor, at: arrive(world, ticket, actor=actor, at=at),
    "wait_vendor": lambda world, ticket, actor, at: wait_vendor(world, ticket, actor=actor, at=at),
    "ask_part": _reason(ticket_ask_part),
    "wait_part": _reason(ticket_wait_part),
    "refuse_part": _reason(ticket_refuse_part),
    "wait_customer": lambda world, ticket, actor, at: wait_customer(world, ticket, actor=actor, at=at),
    "go_on": lambda _world, ticket, actor, at: ticket_go_on(ticket=ticket, actor=actor, at=at),
    "escalate": lambda world, ticket, actor, at: escalate(world, ticket, actor=actor, at=at),
    "confirm_difficult": lambda world, ticket, actor, at: confirm_difficult(world, ticket, actor=actor, at=at),
    "not_difficult": lambda world, ticket, actor, at: not_difficult(world, ticket, actor=actor, at=at),
    "plan": lambda world, ticket, actor, at: plan(world, ticket, actor=actor, at=at),
    "resolve": lambda world, ticket, actor, at: resolve(world, ticket, actor=actor, at=at),
    "verify": lambda _world, ticket, actor, at: ticket_verify(ticket=ticket, actor=actor, at=at),
    "refuse_work": _reason(ticket_refuse_work),
    "send_back": _reason(ticket_send_back),
    "reopen": _reason(ticket_reopen),
    "close_unsigned": _reason(ticket_close_unsigned),
    "archive": lambda _world, ticket, actor, at: ticket_archive(ticket=ticket, actor=actor, at=at),
    "cancel": _reason(ticket_cancel),
    "merge": lambda world, ticket, actor, at: ticket_merge(
        ticket=ticket, target=world.target, actor=actor, at=at, reason="同一故障",  # type: ignore[arg-type]
    ),
    "rate": lambda _world, ticket, actor, at: ticket_rate(
        ticket=ticket, level=5, way="account", rated_by=actor, rater_name=actor.name, at=at
    ),
    "reassign": lambda world, ticket, actor, at: ticket_reassign(
        ticket=ticket, actor=actor, at=at, engineer=_other(world, ticket), reason="交接班"
    ),
    "correct": lambda _world, ticket, actor, at: ticket_correct(
        ticket=ticket, actor=actor, at=at, seen=ticket.version, reason="写错",
        values={"title": f"{ticket.title}。"[-80:]},
    ),
}  # fmt: skip
PEOPLE = (*ROLES, "engineer2")


def test_the_table_names_every_verb_of_the_flow() -> None:
    by_other_doors = {"sign", "explain_breach", "confirm_reporter"}
    assert {move.verb for move in TICKET_FLOW.moves} == set(VERBS) | by_other_doors
    assert set(ALLOWED) == set(VERBS)


def _fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("contract", "assignee").get(pk=ticket.pk)


def _ready(world: World, ticket: Ticket) -> None:
    """What some verbs ask for beside the state: a spare is settled, a part was asked for, nobody has been there yet; and a
    ticket to merge into that is due no later than this one in every promise."""
    Ticket.objects.filter(pk=ticket.pk).update(holds=["no_spare"], part_asked_at=LATER)
    if ticket.status == TicketStatus.IN_PROGRESS:
        Ticket.objects.filter(pk=ticket.pk).update(arrived_at=None)
    if ticket.status == TicketStatus.WAITING_CUSTOMER:
        # A held promise has no deadline to compare: such a ticket merges only into one that is held too.
        Ticket.objects.filter(pk=ticket.pk).update(repair_clock=None)
    clocks = Ticket.objects.values("response_clock", "repair_clock").get(pk=ticket.pk)
    target = world.__dict__["target"]
    Ticket.objects.filter(pk=target.pk).update(
        response_clock=clocks["response_clock"], repair_clock=clocks["repair_clock"]
    )


def _world() -> World:
    world = make_world()
    world.__dict__["target"] = reach(world, "in_progress")
    return world


def _do(world: World, ticket: Ticket, verb: str, name: str, at: Any) -> str:
    try:
        with transaction.atomic():
            VERBS[verb](world, ticket, getattr(world, name), at)
    except NotAllowed:
        return "refused"
    except Conflict:
        return "conflict"
    return "done"


def test_only_the_table_passes() -> None:
    world = _world()
    for state in TicketStatus.values:
        made = reach(world, state)
        _ready(world, made)
        for verb in VERBS:
            for name in PEOPLE:
                ticket = _fresh(made)
                label = f"{verb} by {name} from {state}"
                allowed = may(world, name, verb, ticket)
                mark = transaction.savepoint()
                try:
                    outcome = _do(world, ticket, verb, name, LATER)
                except Invalid as wrong:
                    raise AssertionError(f"{label}: {wrong.message} {wrong.fields}") from wrong
                after = Ticket.objects.get(pk=made.pk).status
                transaction.savepoint_rollback(mark)
                if not allowed:
                    assert (outcome, after) == ("refused", state), label
                elif not TICKET_FLOW.allows(verb, state):
                    assert (outcome, after) == ("conflict", state), label
                else:
                    assert (outcome, after) == ("done", target_of(verb, state, ticket)), label


def target_of(verb: str, state: str, ticket: Ticket) -> str:
    """Where a verb leads. Work that nobody else has to verify goes on to the signature at once."""
    if verb == "resolve" and ticket.priority > 1:
        return TicketStatus.TO_SIGN.value
    return TICKET_FLOW.move(verb).target or state


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_never_leaves_the_table_and_its_clocks_agree(seed: int) -> None:
    rng = random.Random(f"walk:{seed}")
    world = _world()
    ticket, at = report(world), LATER
    if seed == 1:
        Ticket.objects.filter(pk=ticket.pk).update(impact="hall", urgency="high", priority=1)
    # What ends a walk early is left to the table above.
    verbs = [verb for verb in VERBS if verb not in {"cancel", "merge", "rate"}]
    moved = 0
    for _step in range(90):
        at += timedelta(minutes=rng.randint(1, 40))
        ticket = _fresh(ticket)
        state, version = ticket.status, ticket.version
        likely = [verb for verb in verbs if TICKET_FLOW.allows(verb, state)]
        verb = rng.choice(likely if likely and rng.random() < 0.7 else verbs)
        able = [name for name in PEOPLE if may(world, name, verb, ticket)]
        name = rng.choice(able if able and rng.random() < 0.7 else list(PEOPLE))
        allowed = may(world, name, verb, ticket)
        label = f"{verb} by {name} from {state}"
        try:
            outcome = _do(world, ticket, verb, name, at)
        except Invalid:
            outcome = "invalid"
        now = _fresh(ticket)
        if outcome == "done":
            assert allowed, label
            assert TICKET_FLOW.allows(verb, state), label
            assert now.status == target_of(verb, state, ticket), label
            moved += 1
        else:
            assert (now.status, now.version) == (state, version), label
        if now.status in (TicketStatus.TO_SIGN, TicketStatus.CLOSED_UNSIGNED) and rng.random() < 0.3:
            sign(world, now, at=at)
        _clocks_agree(now)
    assert moved > 15


def _clocks_agree(ticket: Ticket) -> None:
    """At most one open promise of each kind, and the repair's stands as the ticket does."""
    rows = list(Clock.objects.filter(subject_type="ticket", subject_id=ticket.pk))
    still_open = [clock for clock in rows if clock.state in (ClockState.RUNNING, ClockState.PAUSED)]
    assert len({clock.kind for clock in still_open}) == len(still_open)
    ticket = _fresh(ticket)
    repair = ticket.repair_clock
    running = [clock for clock in still_open if clock.kind not in ("response", "client_signature")]
    assert all(repair is not None and clock.pk == repair.pk for clock in running)
    if ticket.status == TicketStatus.WAITING_CUSTOMER:
        assert all(clock.state == ClockState.PAUSED for clock in running)
    elif running:
        assert all(clock.state == ClockState.RUNNING for clock in running)
    asks = [clock for clock in still_open if clock.kind == "client_signature"]
    assert bool(asks) == (ticket.status == TicketStatus.TO_SIGN)
    if ticket.status in (TicketStatus.TO_SIGN, TicketStatus.SIGNED, TicketStatus.TO_VERIFY, TicketStatus.ARCHIVED):
        assert not running


@pytest.mark.parametrize(
    ("state", "wrong"),
    [
        ("pending_response", {"status": "responded"}),
        ("in_progress", {"status": "to_sign"}),
        ("to_sign", {"status": "signed"}),
        ("responded", {"triage": ""}),
        ("responded", {"assignee": None}),
        ("responded", {"status": "scheduled"}),
        ("in_progress", {"status": "waiting_part"}),
        ("pending_response", {"status": "merged"}),
        ("pending_response", {"status": "nonsense"}),
    ],
)
def test_the_database_refuses_half_a_step(state: str, wrong: dict[str, Any]) -> None:
    ticket = reach(make_world(), state)
    with pytest.raises(Exception, match=r"(?i)constraint"), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**wrong)
    assert connection.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_response_that_races_the_due_instant_is_never_kept_and_missed_both() -> None:
    world = make_world()
    for _round in range(4):
        ticket = report(world)
        clock = ticket.response_clock
        assert clock is not None
        assert clock.due_at is not None
        due, gate = clock.due_at, Barrier(2)

        def answer(ticket: Ticket = ticket, due: Any = due, gate: Barrier = gate) -> str:
            try:
                gate.wait()
                respond(world, _fresh(ticket), at=due)
            except DomainError as refused:
                return refused.code
            finally:
                connections.close_all()
            return "kept"

        def engine(pk: int = clock.pk, due: Any = due, gate: Barrier = gate) -> None:
            try:
                gate.wait()
                fire_due(due + timedelta(seconds=1), clock_ids=[pk])
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            answered = pool.submit(answer)
            pool.submit(engine).result()
        clock.refresh_from_db()
        ticket.refresh_from_db()
        if answered.result() == "kept":
            assert (clock.state, clock.breached_at, clock.kept) == ("stopped", None, True)
            assert ticket.status == TicketStatus.RESPONDED
        else:
            assert (clock.state, clock.breached_at, clock.stopped_at) == ("running", due, None)
            assert ticket.status == TicketStatus.PENDING_RESPONSE
