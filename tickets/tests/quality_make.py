"""What the tests of service quality share: tickets of one device that were mended, rated, followed up."""

from datetime import datetime, timedelta
from typing import Any

from tests.make import World
from tickets.models import FollowUp, Ticket
from tickets.services.follow_up import follow_up_ask_again, follow_up_call, follow_up_measures
from tickets.services.rate import ticket_rate
from tickets.tests.make import MONDAY, arrive, minutes, report, resolve, respond, sign


def mended(world: World, *, at: datetime = MONDAY, **work: Any) -> Ticket:
    """A fault of the world's device that was reported at an instant and mended half an hour later."""
    changes = {name: work.pop(name) for name in ("device", "description", "fault_type") if name in work}
    triage = work.pop("triage", "general")
    ticket = report(world, at=at, **changes)
    respond(world, ticket, at=at + minutes(2), triage=triage)
    arrive(world, ticket, at=at + minutes(12))
    return resolve(world, ticket, at=at + minutes(30), **work)


def rated(world: World, level: int, *, at: datetime = MONDAY, way: str = "account", comment: str = "等太久") -> Ticket:
    """The same, signed and rated by the clerk."""
    ticket = sign(world, mended(world, at=at, device=None), at=at + minutes(40))
    ticket_rate(
        ticket=ticket,
        level=level,
        comment=comment,
        way=way,
        rated_by=world.clerk if way == "account" else None,
        rater_name=world.clerk.name,
        at=at + timedelta(hours=1),
    )
    return ticket


def followed(world: World, *, at: datetime = MONDAY) -> FollowUp:
    """The follow-up of a bad rating, not yet called back."""
    ticket = rated(world, 2, at=at)
    return FollowUp.objects.select_related("ticket", "rating__rated_by", "contract").get(ticket=ticket)


# Isolation ------------------------------------------------------------------------------------------------------------


def quality_there(world: World) -> None:
    """What another hall must not reach: the follow-up of a bad rating, whose rater was asked again."""
    row = followed(world)
    later = MONDAY + timedelta(days=1)
    follow_up_call(
        follow_up=row, actor=world.manager, at=later, called_whom="窗口人员01", called_how="phone", said="等得太久"
    )
    follow_up_measures(follow_up=row, actor=world.manager, at=later, measures="增加备件", done=True)
    follow_up_ask_again(follow_up=row, actor=world.manager, at=later)


def quality_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route of service quality with a parameter: for something of that hall, and for nothing at all."""
    row = FollowUp.objects.get(contract=world.contract)
    names = "follow_up follow_up_assign follow_up_call follow_up_measures follow_up_ask_again follow_up_close"
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"tickets:{name}": ({"code": row.code}, {"code": "ZG-X-20240318-9999"}) for name in names.split()
    }
    table["tickets:rate_again"] = ({"code": row.ticket.code}, {"code": "GD-X-20240318-9999"})
    return table | {"tickets:device_quality": ({"code": world.device.code}, {"code": "NOWHERE-1"})}
