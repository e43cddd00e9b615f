"""Tickets for tests, made by the services as the product makes them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.models import Message
from records.models import Signature
from records.services.attachments import PreparedImage
from tests.make import World
from tickets.models import Ticket
from tickets.services.archive import ticket_archive
from tickets.services.arrive import ticket_arrive
from tickets.services.cancel import ticket_cancel
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.services.correct import ticket_correct
from tickets.services.merge import ticket_merge
from tickets.services.report import ticket_report
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
from tickets.services.schedule import ticket_schedule
from tickets.services.sign import ticket_signed
from tickets.services.spare import no_spare
from tickets.services.wait_customer import ticket_wait_customer
from tickets.services.wait_part import ticket_wait_part
from tickets.tests.repair_make import escalate, wait_vendor

MONDAY = datetime(2024, 3, 18, 1, 10, tzinfo=UTC)
"""Monday 2024-03-18 09:10 in Shanghai, in service hours: the five minutes end at 09:15."""


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


RESPONDED, ARRIVED = MONDAY + minutes(2), MONDAY + minutes(12)
APPOINTED, WAITING = MONDAY + minutes(4), MONDAY + minutes(15)
RESOLVED, SIGNED = MONDAY + minutes(30), MONDAY + minutes(40)


def report(world: World, *, at: datetime = MONDAY, actor: Any = None, **changes: Any) -> Ticket:
    """A ticket reported by the world's clerk through the web page."""
    given: dict[str, Any] = {
        "contract": world.contract,
        "actor": actor or world.clerk,
        "at": at,
        "channel": "web",
        "description": "A05窗口电脑开不了机，按电源没反应",
        "reporter_name": "窗口人员01",
        "unit": world.unit,
        "window": world.window,
        "place": world.place,
        "device": world.device,
    }
    return ticket_report(**(given | changes))


def response(*, at: datetime, **changes: Any) -> dict[str, Any]:
    """The whole response: contact, triage, commitment."""
    given: dict[str, Any] = {
        "contact_method": "phone",
        "contact_person": "窗口人员01",
        "triage": "general",
        "commitment_kind": "arrival",
        "commitment_at": at + minutes(15),
    }
    return given | changes


def respond(world: World, ticket: Ticket, *, at: datetime = RESPONDED, actor: Any = None, **changes: Any) -> Ticket:
    return ticket_respond(ticket=ticket, actor=actor or world.engineer, at=at, **response(at=at, **changes))


def arrive(world: World, ticket: Ticket, *, at: datetime = ARRIVED, actor: Any = None) -> Ticket:
    return ticket_arrive(ticket=ticket, actor=actor or world.engineer, at=at)


WORK = {
    "cause": "插座接触不良",
    "solution": "更换插座，试机正常",
    "verification": "现场试用正常",
    "verified_by": "窗口人员01",
    "result": "solved",
}


def resolve(
    world: World,
    ticket: Ticket,
    *,
    at: datetime = RESOLVED,
    actor: Any = None,
    photos: list[PreparedImage] | None = None,
    **changes: Any,
) -> Ticket:
    return ticket_resolve(ticket=ticket, actor=actor or world.engineer, at=at, photos=photos or (), **(WORK | changes))


def sign(world: World, ticket: Ticket, *, at: datetime = SIGNED, purpose: str = "completion", **changes: Any) -> Ticket:
    """Signed with the clerk's own account, as records does it: the row, then the ticket's part in the same transaction."""
    signature = Signature.objects.create(
        contract=ticket.contract,
        subject_type="ticket",
        subject_id=ticket.pk,
        purpose=purpose,
        version=ticket.content_version,
        **{"way": "account", "signer": world.clerk, "signer_name": world.clerk.name, "signer_unit": world.unit.name}
        | {key: value for key, value in changes.items() if key not in {"rating", "comment"}},
        image_png=b"",
        canonical_text="",
        canonical_sha256="",
        signed_at=at,
        recorded_at=at,
    )
    ticket_signed(ticket, signature=signature, at=at, rating=changes.get("rating"), comment=changes.get("comment", ""))
    return ticket


def told(ticket: Ticket, topic: str, *, urgent: bool = False) -> set[int]:
    """The people whom the newest message of a topic about a ticket reached (an urgent one, if asked for)."""
    rows = Message.objects.filter(topic=topic, subject_id=ticket.pk, **({"urgent": True} if urgent else {}))
    found = rows.order_by("-pk").first()
    if found is None:
        return set()
    return set(found.deliveries.exclude(recipient=None).values_list("recipient", flat=True))


def reach(world: World, status: str) -> Ticket:
    """A ticket in a state, reached by the verbs that lead there."""
    steps: dict[str, list[Callable[[World, Ticket], Ticket]]] = {
        "pending_response": [],
        "responded": [respond],
        "scheduled": [respond, schedule],
        "in_progress": [respond, arrive],
        "waiting_vendor": [respond, arrive, wait_vendor],
        "waiting_part": [respond, arrive, wait_part],
        "waiting_customer": [respond, arrive, wait_customer],
        "escalated": [respond, escalate],
        "to_verify": [_urgent, respond, arrive, resolve],
        "to_sign": [respond, arrive, resolve],
        "signed": [respond, arrive, resolve, sign],
        "closed_unsigned": [respond, arrive, resolve, _close_unsigned],
        "archived": [respond, arrive, resolve, sign, _archive],
        "cancelled": [_cancel],
        "merged": [_merge],
    }
    ticket = report(world)
    for step in steps[status]:
        ticket = step(world, ticket)
    assert Ticket.objects.get(pk=ticket.pk).status == status
    return Ticket.objects.get(pk=ticket.pk)


def schedule(
    world: World, ticket: Ticket, *, at: datetime = APPOINTED, actor: Any = None, after: float = 10, **changes: Any
) -> Ticket:
    """An appointment `after` minutes from `at`."""
    given: dict[str, Any] = {
        "appointment_at": at + minutes(after),
        "appointment_place": "A05窗口",
        "appointment_with": "窗口人员01",
        "how": "phone",
    }
    return ticket_schedule(ticket=ticket, actor=actor or world.engineer, at=at, **(given | changes))


def wait_customer(world: World, ticket: Ticket, *, at: datetime = WAITING, actor: Any = None, **changes: Any) -> Ticket:
    """Waiting for a decision of the client, who knows."""
    given = {"cause": "client_decision", "reason": "等待窗口负责人确认停机时间", "known_by": "窗口负责人01"}
    return ticket_wait_customer(ticket=ticket, actor=actor or world.engineer, at=at, **(given | changes))


def wait_part(world: World, ticket: Ticket, *, at: datetime = WAITING, actor: Any = None) -> Ticket:
    """Waiting for a part, with the reason why no spare was lent."""
    no_spare(ticket=ticket, actor=world.engineer, at=at, why="not_needed", note="用户同意改用邻窗电脑")
    return ticket_wait_part(ticket=ticket, actor=actor or world.manager, at=at, reason="电源模块已订货")


def _urgent(world: World, ticket: Ticket) -> Ticket:
    """So pressing that somebody else has to verify the work."""
    values = {"impact": "hall", "urgency": "high"}
    return ticket_correct(
        ticket=ticket,
        actor=world.manager,
        at=MONDAY + minutes(1),
        seen=ticket.version,
        values=values,
        reason="影响整个大厅",
    )


def _archive(world: World, ticket: Ticket) -> Ticket:
    return ticket_archive(ticket=ticket, actor=world.manager, at=SIGNED + minutes(5))


def _merge(world: World, ticket: Ticket) -> Ticket:
    into = report(world)
    ticket_merge(ticket=ticket, target=into, actor=world.manager, at=MONDAY + minutes(3), reason="同一故障重复报修")
    return ticket


def _cancel(world: World, ticket: Ticket) -> Ticket:
    return ticket_cancel(ticket=ticket, actor=world.manager, at=MONDAY + minutes(3), reason="重复报修")


def _close_unsigned(world: World, ticket: Ticket) -> Ticket:
    return ticket_close_unsigned(ticket=ticket, actor=world.manager, at=MONDAY + minutes(50), reason="报修人已调离")
