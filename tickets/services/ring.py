"""What the response clock's ladder says and to whom, when a rung fires (records 3.2 升级梯)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from core.subjects import Rung
from notifications.services.outbox import message_post
from parties.models import User
from tickets.models import Ticket
from tickets.services import common
from tickets.states import TicketStatus

NEW = gettext_noop("New: %(code)s %(title)s · %(place)s")
NEW_BODY = gettext_noop("%(unit)s, %(reporter)s. Please respond by %(due)s.")
WAITING = gettext_noop("%(code)s has waited %(minutes)s min for a response · %(place)s")
WAITING_BODY = gettext_noop("%(title)s. Due at %(due)s.")
BREACHED = gettext_noop("%(code)s: nobody responded within %(target)s min · %(place)s")
BREACHED_BODY = gettext_noop("%(title)s. Please respond now and give the reason for the delay.")


def ticket_recipients(ticket: Ticket, target: str, at: datetime) -> list[User]:
    """The people behind a ladder's target at an instant; "office" is the manager until the office has contacts of its own."""
    if target in ("on_duty", "stand_in"):
        return common.duty_or_fallback(ticket.contract, at)
    if target == "assignee":
        return [ticket.assignee] if ticket.assignee is not None else common.duty_or_fallback(ticket.contract, at)
    if target in ("manager", "office"):
        return common.managers_of(ticket.contract, at)
    return []


def ticket_ring(ticket: Ticket, rung: Rung) -> None:
    """Post the message of a rung, in the transaction of its firing. A ticket that has been answered meanwhile stays quiet."""
    if ticket.status != TicketStatus.PENDING_RESPONSE:
        return
    clock = rung.clock
    steps: dict[str, dict[str, Any]] = {str(step["name"]): step for step in clock.policy.ladder}
    step = steps.get(rung.name, {"breach": True, "to": ["manager", "on_duty"], "urgent": True})
    recipients = common.people(*(ticket_recipients(ticket, target, rung.fire_at) for target in step["to"]))
    late = bool(step.get("breach")) or (clock.due_at is not None and rung.fire_at > clock.due_at)
    title, body = (BREACHED, BREACHED_BODY) if late else (WAITING, WAITING_BODY) if step["after"] else (NEW, NEW_BODY)
    message_post(
        contract=ticket.contract,
        topic="response",
        recipients=recipients,
        title=title,
        body=body,
        params={
            "code": ticket.code,
            "title": ticket.title,
            "place": ticket.place.name,
            "unit": ticket.unit.name,
            "reporter": ticket.reporter_name,
            "minutes": int(step.get("after", 0)) // 60,
            "target": clock.policy.target_amount // 60,
            "due": common.time_of_day(clock.due_at) if clock.due_at else "",
        },
        url=common.url_of(ticket),
        subject=ticket,
        urgent=bool(step.get("urgent")),
        at=rung.fired_at,
    )
