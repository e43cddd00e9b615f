"""What the isolation test asks of the list's addresses, and small helpers of its tests."""

from typing import Any
from uuid import uuid4

from records.models import Visibility
from tests.make import World
from tickets.models import Ticket, TicketBatch, TicketView
from tickets.services import common
from tickets.services.batch import tickets_tag_many
from tickets.services.tag import tag_add
from tickets.services.views import view_keep
from tickets.tests.make import MONDAY, minutes, report


def noted(ticket: Ticket, world: World, text: str, *, internal: bool = True) -> None:
    """A work note, as the service of notes records one."""
    common.record(
        ticket,
        "note",
        actor=world.engineer,
        at=MONDAY + minutes(5),
        after={"text": text},
        visibility=Visibility.INTERNAL if internal else Visibility.CLIENT,
    )


def tickets_listing_there(world: World) -> None:
    """What another hall must not reach: an act on several tickets, and a named view."""
    ticket = report(world, title=f"{world.tag}批量")
    tag = tag_add(contract=world.contract, name=f"{world.tag}标签", actor=world.manager, at=MONDAY)
    tickets_tag_many(contract=world.contract, codes=[ticket.code], tag=tag, key=uuid4(), actor=world.manager, at=MONDAY)
    view_keep(user=world.manager, contract=world.contract, name=f"{world.tag}视图", query="q=1")


def tickets_listing_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route of the list with parameters: for something of that hall, and for nothing at all."""
    batch = TicketBatch.objects.filter(contract=world.contract).latest("pk").pk
    view = TicketView.objects.filter(contract=world.contract).latest("pk").pk
    return {
        "tickets:bulk": ({"pk": batch}, {"pk": nowhere}),
        "tickets:bulk_undo": ({"pk": batch}, {"pk": nowhere}),
        "tickets:view_change": ({"pk": view}, {"pk": nowhere}),
    }
