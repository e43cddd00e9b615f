"""The state machine: every state × every verb × every role does what the table says and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from core.errors import Conflict, NotAllowed
from core.roles import ROLES
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.cancel import ticket_cancel
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.services.rate import ticket_rate
from tickets.services.send_back import ticket_send_back
from tickets.states import TICKET_FLOW, TicketStatus
from tickets.tests.make import SIGNED, arrive, minutes, reach, resolve, respond

pytestmark = pytest.mark.django_db
LATER = SIGNED + minutes(5)
ENGINEER, CLIENT, MANAGER = {"engineer", "manager"}, {"clerk", "supervisor", "leader"}, {"manager"}
ALLOWED: dict[str, set[str]] = {
    "respond": ENGINEER,
    "arrive": ENGINEER,
    "resolve": ENGINEER,
    "send_back": CLIENT,
    "close_unsigned": MANAGER,
    "cancel": MANAGER,
    "rate": CLIENT,
}
VERBS: dict[str, Callable[[World, Ticket, Any], object]] = {
    "respond": lambda world, ticket, actor: respond(world, ticket, actor=actor, at=LATER),
    "arrive": lambda world, ticket, actor: arrive(world, ticket, actor=actor, at=LATER),
    "resolve": lambda world, ticket, actor: resolve(world, ticket, actor=actor, at=LATER),
    "send_back": lambda _world, ticket, actor: ticket_send_back(ticket=ticket, actor=actor, at=LATER, reason="x"),
    "close_unsigned": lambda _world, ticket, actor: ticket_close_unsigned(
        ticket=ticket, actor=actor, at=LATER, reason="x"
    ),
    "cancel": lambda _world, ticket, actor: ticket_cancel(ticket=ticket, actor=actor, at=LATER, reason="x"),
    "rate": lambda _world, ticket, actor: ticket_rate(
        ticket=ticket, level=5, way="account", rated_by=actor, rater_name=actor.name, at=LATER
    ),
}


def test_the_table_names_every_verb_of_the_flow() -> None:
    by_other_doors = {"sign", "explain_breach", "confirm_reporter"}
    assert {move.verb for move in TICKET_FLOW.moves} == set(VERBS) | by_other_doors


@pytest.mark.parametrize("state", TicketStatus.values)
def test_only_the_table_passes(state: str) -> None:
    world = make_world()
    made = reach(world, state)
    for verb, act in VERBS.items():
        for role in ROLES:
            actor = getattr(world, role)
            ticket = Ticket.objects.select_related("contract").get(pk=made.pk)
            # From a state without a responsible engineer nobody but the manager is one.
            handles = verb not in ("arrive", "resolve") or role == "manager" or ticket.assignee_id == actor.pk
            label = f"{verb} by {role} from {state}"
            mark = transaction.savepoint()
            try:
                act(world, ticket, actor)
                outcome = "done"
            except NotAllowed:
                outcome = "refused"
            except Conflict:
                outcome = "conflict"
            after = Ticket.objects.get(pk=made.pk).status
            transaction.savepoint_rollback(mark)
            if role not in ALLOWED[verb] or not handles:
                assert (outcome, after) == ("refused", state), label
            elif not TICKET_FLOW.allows(verb, state):
                assert (outcome, after) == ("conflict", state), label
            else:
                target = TICKET_FLOW.move(verb).target or state
                assert (outcome, after) == ("done", target), label


@pytest.mark.parametrize(
    ("state", "wrong"),
    [
        ("pending_response", {"status": "responded"}),
        ("in_progress", {"status": "to_sign"}),
        ("to_sign", {"status": "signed"}),
        ("responded", {"triage": ""}),
        ("responded", {"assignee": None}),
        ("pending_response", {"status": "nonsense"}),
    ],
)
def test_the_database_refuses_half_a_step(state: str, wrong: dict[str, Any]) -> None:
    ticket = reach(make_world(), state)
    with pytest.raises(Exception, match=r"(?i)constraint"), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**wrong)
    assert connection.is_usable()
