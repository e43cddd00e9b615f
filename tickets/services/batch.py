"""Verbs on several tickets at once: assign and tag. All of them or none; taken back as one where nothing has moved on since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, Gone, Invalid, NotAllowed
from core.roles import STAFF_ROLES
from parties.models import Contract, User
from parties.querysets import role_in
from records.models import Source, Visibility
from tickets import permissions
from tickets.finds.flow import engineers_of
from tickets.models import Tag, Ticket, TicketBatch, TicketTag
from tickets.querysets import tickets_visible_to
from tickets.services import common
from tickets.services.reassign import ticket_reassign
from tickets.services.tag import tickets_tag
from tickets.states import IN_HAND, TicketStatus

LIMIT = 200
"""Tickets that one act takes; the list offers a page of them."""
RECORDED = "recorded"
"""The code of the Conflict that a form sent twice is answered with."""
ASSIGNED, POINTED_OUT, TAGGED, ALREADY = "assigned", "pointed_out", "tagged", "already"
"""What became of a ticket in a batch."""


def tickets_named(actor: User, contract: Contract, codes: Sequence[str]) -> list[Ticket]:
    """The tickets with these numbers, in their order. Raises Invalid that names those that this person cannot see."""
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        raise Invalid(_("No ticket is chosen."), fields={"codes": _("No ticket is chosen.")})
    if len(wanted) > LIMIT:
        message = _("At most %(limit)s tickets at once.") % {"limit": LIMIT}
        raise Invalid(message, fields={"codes": message})
    rows = tickets_visible_to(actor).filter(contract=contract, code__in=wanted)
    found = {row.code: row for row in rows.select_related("contract", "assignee", "response_clock", "repair_clock")}
    missing = [code for code in wanted if code not in found]
    if missing:
        raise _refused(_("There is no such ticket, or it is not yours to see"), missing)
    return [found[code] for code in wanted]


def _refused(why: str, codes: Sequence[str]) -> Invalid:
    named = _("%(why)s: %(codes)s. Nothing was changed.") % {"why": why, "codes": "、".join(codes[:20])}
    return Invalid(named, fields={"codes": named})


@transaction.atomic
def tickets_assign(
    *, contract: Contract, codes: Sequence[str], engineer: User, reason: str, key: UUID, actor: User, at: datetime
) -> TicketBatch:
    """Give several tickets to one engineer; all of them or none.

    What is in somebody's hands is reassigned. What nobody has answered yet has no responsible engineer before the response
    (interpretation 3): it is pointed out to the engineer, and anybody may still answer first. A ticket that is the engineer's
    already stays as it is. Raises Invalid naming the tickets that are unknown, finished, or not the actor's to give, NotAllowed,
    or Conflict with code RECORDED for a form sent twice.
    """
    common.require(role_in(actor, contract.pk) in STAFF_ROLES)
    common.check_input({"reason": common.needed(reason, 300, _("Please say why."))})
    if engineer.pk not in {person.pk for person in engineers_of(contract, at)}:
        message = _("Please choose an engineer of this contract.")
        raise Invalid(message, fields={"engineer": message})
    tickets = tickets_named(actor, contract, codes)
    finished = [ticket.code for ticket in tickets if ticket.status not in (TicketStatus.PENDING_RESPONSE, *IN_HAND)]
    if finished:
        raise _refused(_("The work on these is done or over"), finished)
    foreign = [
        ticket.code for ticket in tickets if ticket.status in IN_HAND and not permissions.can_reassign(actor, ticket)
    ]
    if foreign:
        raise _refused(_("Only who has them, or the manager, gives these to somebody else"), foreign)
    batch = _begin(contract, TicketBatch.Kind.ASSIGN, key, engineer.name, reason, actor, at)
    for ticket in tickets:
        before, done = ticket.assignee_id, ALREADY
        if ticket.status == TicketStatus.PENDING_RESPONSE:
            _point_out(ticket, engineer, reason, actor, at)
            done = POINTED_OUT
        elif before != engineer.pk:
            ticket_reassign(ticket=ticket, engineer=engineer, reason=reason, actor=actor, at=at)
            done = ASSIGNED
        batch.rows.append(_row(ticket, done, before))
    batch.save(update_fields=["rows"])
    return batch


@transaction.atomic
def tickets_tag_many(
    *, contract: Contract, codes: Sequence[str], tag: Tag, key: UUID, actor: User, at: datetime
) -> TicketBatch:
    """Put a tag on several tickets; all of them or none. Raises as tickets_assign does, and Invalid for a retired tag."""
    common.require(role_in(actor, contract.pk) in STAFF_ROLES)
    tickets = tickets_named(actor, contract, codes)
    carrying = set(TicketTag.objects.filter(tag=tag, ticket__in=tickets).values_list("ticket_id", flat=True))
    batch = _begin(contract, TicketBatch.Kind.TAG, key, tag.name, "", actor, at)
    tickets_tag(tickets=tickets, tag=tag, actor=actor, at=at)
    for ticket in tickets:
        batch.rows.append(_row(ticket, ALREADY if ticket.pk in carrying else TAGGED, tag.pk))
    batch.save(update_fields=["rows"])
    return batch


@transaction.atomic
def batch_undo(*, batch: TicketBatch, actor: User, at: datetime) -> TicketBatch:
    """Take an act back: assignments go to who had the tickets, tags come off. What has moved on since stays and is named in
    `stayed`; so does what was only pointed out. By who did it or the manager. Raises NotAllowed, or Gone when it was taken back."""
    common.require(permissions.can_undo_batch(actor, batch), _("Only who did it, or the manager, takes it back."))
    if not TicketBatch.objects.filter(pk=batch.pk, undone_at=None).update(undone_at=at, undone_by=actor):
        raise Gone(_("This was taken back already."))
    batch.undone_at, batch.undone_by = at, actor
    rows = {row["id"]: row for row in batch.rows if row["done"] in (ASSIGNED, TAGGED)}
    tickets = Ticket.objects.filter(pk__in=rows, contract=batch.contract_id).select_related(
        "contract", "assignee", "response_clock", "repair_clock"
    )
    for ticket in tickets.order_by("pk"):
        row = rows[ticket.pk]
        if not _back(batch, ticket, row, actor, at):
            batch.stayed.append(ticket.code)
    batch.save(update_fields=["stayed"])
    return batch


def _back(batch: TicketBatch, ticket: Ticket, row: dict[str, Any], actor: User, at: datetime) -> bool:
    """Take the act on one ticket back; False when the ticket has moved on."""
    if batch.kind == TicketBatch.Kind.TAG:
        tag = Tag.objects.filter(pk=row["before"]).first()
        return tag is not None and tickets_tag(tickets=[ticket], tag=tag, actor=actor, at=at, on=False) > 0
    if ticket.version != row["version"] or ticket.status not in IN_HAND or row["before"] is None:
        return False
    earlier = User.objects.get(pk=row["before"])
    if role_in(earlier, batch.contract_id) not in STAFF_ROLES:
        return False
    try:
        with transaction.atomic():
            reason = _("Assignment of several tickets taken back")
            ticket_reassign(ticket=ticket, engineer=earlier, reason=reason, actor=actor, at=at)
    except (Conflict, Invalid, NotAllowed):
        # Somebody was quicker, or the house would not take it now: the ticket is named instead.
        return False
    return True


def _row(ticket: Ticket, done: str, before: int | None) -> dict[str, Any]:
    return {"id": ticket.pk, "code": ticket.code, "done": done, "before": before, "version": ticket.version}


def _begin(contract: Contract, kind: str, key: UUID, word: str, reason: str, actor: User, at: datetime) -> TicketBatch:
    """The batch's row comes first: of two equal forms at the same moment its key lets one through."""
    try:
        with transaction.atomic():
            return TicketBatch.objects.create(
                contract=contract, kind=kind, key=key, word=word, reason=reason.strip(), made_by=actor, made_at=at
            )
    except IntegrityError as error:
        raise Conflict(_("This form was sent already."), code=RECORDED) from error


def _point_out(ticket: Ticket, engineer: User, reason: str, actor: User, at: datetime) -> None:
    common.record(
        ticket,
        "point_out",
        actor=actor,
        at=at,
        source=Source.PAGE,
        after={"to": engineer},
        reason=reason,
        visibility=Visibility.INTERNAL,
    )
    common.tell(
        ticket,
        topic="reassigned",
        recipients=common.people([engineer], without=actor),
        title=gettext_noop("%(code)s waits for you: %(title)s"),
        body=gettext_noop("%(name)s asks you to answer it: %(reason)s"),
        params={"code": ticket.code, "title": ticket.title, "name": actor.name, "reason": reason},
        urgent=True,
        at=at,
    )
