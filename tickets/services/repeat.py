"""Repeat faults: suspected when a ticket is reported, settled when it is resolved (records 3.5, first-time fix)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_noop

from contract.services.terms import term
from core import clock
from core.prepared import Question, as_instant
from records.models import Source, Visibility
from tickets import rules_quality as rules
from tickets.models import Repeat, Ticket
from tickets.services import common
from tickets.states import DONE, FAULTS, RepeatStatus

LOOKED_AT = 20
"""A device that was mended more often than this within the days is known without its older repairs."""


class Mended(NamedTuple):
    """What is read of a ticket that may have been about the same fault."""

    pk: int
    resolved_at: datetime
    fault_type: str
    description: str
    cause_code_id: int | None
    cause: str


Likely = Callable[[Ticket, Mended], bool]


def repeat_suspect(ticket: Ticket, at: datetime, source: str = Source.PAGE) -> Repeat | None:
    """Look when a ticket is reported whether its device was mended lately for what sounds the same; tells the manager if so."""
    earlier = _earlier(ticket, _sounds_alike)
    return _enter(ticket, earlier, RepeatStatus.SUSPECTED, at, source) if earlier is not None else None


def repeat_settle(ticket: Ticket, at: datetime, source: str = Source.PAGE) -> Repeat | None:
    """Decide when a ticket is resolved whether it is a repeat: now its cause is known. Done again after rework."""
    earlier = _earlier(ticket, _same_cause) if ticket.triage in FAULTS else None
    row = Repeat.objects.filter(ticket=ticket).first()
    if row is None:
        return _enter(ticket, earlier, RepeatStatus.CONFIRMED, at, source) if earlier is not None else None
    status = RepeatStatus.CONFIRMED if earlier is not None else RepeatStatus.REFUTED
    if row.status == status:
        return row
    was = row.status
    row.status, row.settled_at, row.earlier = status, at, earlier or row.earlier
    changed = Repeat.objects.filter(pk=row.pk, status=was).update(status=status, settled_at=at, earlier=row.earlier)
    if changed:
        _tell_of(row, ticket, at, source)
    return row


def _earlier(ticket: Ticket, likely: Likely) -> Ticket | None:
    """The last ticket of this device that was mended within the days before this one came in, and is likely the same."""
    if ticket.device_id is None:
        return None
    given = {
        _CONTRACT: ticket.contract_id,
        _DEVICE: ticket.device_id,
        _TICKET: ticket.pk,
        as_instant(_INSTANT): as_instant(ticket.received_at),
    }
    found = [Mended(*row) for row in _mended(connection.alias).ask(given)]
    if not found:
        # Most devices were never mended before: then the term of the contract is not asked for.
        return None
    days = int(term(ticket.contract, "repeat_days", ticket.received_at.astimezone(clock.SHANGHAI).date()))
    since = ticket.received_at - timedelta(days=days)
    earlier = next((row.pk for row in found if row.resolved_at >= since and likely(ticket, row)), None)
    return None if earlier is None else Ticket.objects.get(pk=earlier)


_CONTRACT, _DEVICE, _TICKET = -987_654_321, -987_654_322, -987_654_323
_INSTANT = datetime(1, 1, 2, tzinfo=UTC)
"""Stand in for what is looked for in the statement that is kept."""


@cache
def _mended(_alias: str) -> Question:
    """What was mended of a device before an instant. Twenty whole tickets cost more than all the rest of a report."""
    rows = Ticket.objects.filter(
        contract=_CONTRACT, device=_DEVICE, status__in=DONE, triage__in=FAULTS, resolved_at__lte=_INSTANT
    ).exclude(pk=_TICKET)
    facts = rows.order_by("-resolved_at", "-id").values_list(
        "pk", "resolved_at", "fault_type", "description", "cause_code", "cause"
    )
    return Question(facts[:LOOKED_AT])


def _sounds_alike(ticket: Ticket, earlier: Mended) -> bool:
    return rules.same_cause(
        rules.Cause(None, ticket.fault_type, ticket.description),
        rules.Cause(None, earlier.fault_type, earlier.description),
    )


def _same_cause(ticket: Ticket, earlier: Mended) -> bool:
    return rules.same_cause(
        rules.Cause(ticket.cause_code_id, ticket.fault_type, ticket.cause),
        rules.Cause(earlier.cause_code_id, earlier.fault_type, earlier.cause),
    )


def _enter(ticket: Ticket, earlier: Ticket, status: str, at: datetime, source: str) -> Repeat | None:
    """Store the finding; None where somebody else entered one for this ticket at the same moment."""
    try:
        with transaction.atomic():
            row = Repeat.objects.create(
                ticket=ticket,
                earlier=earlier,
                status=status,
                found_at=at,
                settled_at=None if status == RepeatStatus.SUSPECTED else at,
            )
    except IntegrityError:
        return None
    common.hold(ticket, "repeat")
    common.hold(earlier, "repeat")
    _tell_of(row, ticket, at, source)
    return row


def _tell_of(row: Repeat, ticket: Ticket, at: datetime, source: str) -> None:
    """Enter it on both tickets, for the house alone; tell the manager unless it turned out to be something else."""
    verb = f"repeat_{row.status}"
    for subject, other in ((ticket, row.earlier), (row.earlier, ticket)):
        common.record(
            subject,
            verb,
            actor=None,
            at=at,
            source=source,
            after={"other": other.code, "repeats": subject.pk == ticket.pk},
            visibility=Visibility.INTERNAL,
        )
    if row.status == RepeatStatus.REFUTED:
        return
    common.tell(
        ticket,
        topic="repeat",
        recipients=common.managers_of(ticket.contract, at),
        title=gettext_noop("%(code)s may be the same fault as %(earlier)s")
        if row.status == RepeatStatus.SUSPECTED
        else gettext_noop("%(code)s is the same fault as %(earlier)s again"),
        body="%(device)s",
        params={"code": ticket.code, "earlier": row.earlier.code, "device": str(ticket.device or "")},
        at=at,
        source=source,
    )
