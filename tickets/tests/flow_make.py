"""What another hall has of appointments, waiting, verification and causes, and how each is asked for by number."""

from typing import Any

from tests.make import World
from tickets.models import CauseCode, Ticket
from tickets.services.causes import cause_add
from tickets.tests.make import MONDAY, minutes, reach

STATES = {
    "schedule": "responded",
    "reschedule": "scheduled",
    "remote_end": "in_progress",
    "wait_customer": "in_progress",
    "ask_part": "in_progress",
    "wait_part": "in_progress",
    "refuse_part": "in_progress",
    "go_on": "waiting_customer",
    "verify": "to_verify",
    "refuse_work": "to_verify",
    "reassign": "in_progress",
    "correct": "in_progress",
    "reopen": "signed",
    "archive": "signed",
}
"""The routes of the flow, and a state from which each could be done."""


def flow_there(world: World) -> None:
    """A cause of its own, and a ticket in every state that a step of the flow leads from."""
    cause_add(
        contract=world.contract,
        actor=world.manager,
        at=MONDAY + minutes(1),
        code=f"{world.tag}-1",
        name=f"{world.tag}雷击",
    )
    for state in sorted(set(STATES.values())):
        ticket = reach(world, state)
        Ticket.objects.filter(pk=ticket.pk).update(title=f"{world.tag}{state}")


def flow_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route with parameters of the flow: for that hall's, and for nothing at all."""
    codes = {
        state: Ticket.objects.filter(contract=world.contract, status=state, title=f"{world.tag}{state}")
        .latest("pk")
        .code
        for state in set(STATES.values())
    }
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"tickets:{name}": ({"code": codes[state]}, {"code": f"GD-{world.tag}-20240318-9999"})
        for name, state in STATES.items()
    }
    cause = CauseCode.objects.get(contract=world.contract, code=f"{world.tag}-1".upper())
    table["tickets:cause"] = ({"pk": cause.pk}, {"pk": nowhere})
    return table
