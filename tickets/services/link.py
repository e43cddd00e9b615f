"""Verbs `link` and `unlink`: how one ticket relates to another. Read from both ends, entered in both histories."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid, NotFound
from parties.models import User
from records.models import Source, Visibility
from tickets.models import Ticket, TicketLink
from tickets.permissions import can_arrange
from tickets.services import common
from tickets.states import LinkKind

CHOSEN_KINDS = (LinkKind.RELATED, LinkKind.CAUSED_BY, LinkKind.DUPLICATE_OF)
"""What people can say; splitting says the rest."""


@transaction.atomic
def ticket_link(
    *, ticket: Ticket, target: Ticket, kind: str, actor: User, at: datetime, source: str = Source.PAGE
) -> TicketLink:
    """Say how `ticket` relates to `target`, both of one contract. Raises NotAllowed, Invalid, or Conflict when they are linked."""
    common.require(can_arrange(actor, ticket), _("Only the contractor's people arrange tickets."))
    common.check_input(
        {
            "kind": "" if kind in {one.value for one in CHOSEN_KINDS} else _("Please choose one of the options."),
            "target": _target_complaint(ticket, target),
        }
    )
    return link_make(ticket, target, kind, actor=actor, at=at, source=source)


def link_make(
    ticket: Ticket, target: Ticket, kind: str, *, actor: User, at: datetime, source: str = Source.PAGE
) -> TicketLink:
    """Store the relation and enter it at both ends; the caller has decided that it may be. Raises Conflict."""
    both = Q(source=ticket, target=target) | Q(source=target, target=ticket)
    taken = Conflict(_("These two tickets are linked already."))
    if TicketLink.objects.filter(both).exists():
        raise taken
    try:
        with transaction.atomic():
            link = TicketLink.objects.create(source=ticket, target=target, kind=kind, linked_by=actor, linked_at=at)
    except IntegrityError as error:
        raise taken from error
    for one, other in ((ticket, target), (target, ticket)):
        common.hold(one, "link")
        common.record(
            one,
            "link",
            actor=actor,
            at=at,
            source=source,
            after={"kind": kind, "ticket": other, "from_here": one.pk == ticket.pk},
            visibility=Visibility.INTERNAL,
        )
    return link


@transaction.atomic
def ticket_unlink(*, ticket: Ticket, link: TicketLink, actor: User, at: datetime, source: str = Source.PAGE) -> Ticket:
    """Take a relation back; both histories keep that it was. Raises NotAllowed, or NotFound when it is gone."""
    common.require(can_arrange(actor, ticket), _("Only the contractor's people arrange tickets."))
    if ticket.pk not in (link.source_id, link.target_id):
        raise NotFound(_("There is no such link."))
    ends = (link.source, link.target)
    gone, _rows = TicketLink.objects.filter(pk=link.pk).delete()
    if not gone:
        raise NotFound(_("There is no such link."))
    for one, other in (ends, ends[::-1]):
        common.record(
            one,
            "unlink",
            actor=actor,
            at=at,
            source=source,
            before={"kind": link.kind, "ticket": other, "from_here": one.pk == ends[0].pk},
            visibility=Visibility.INTERNAL,
        )
    return ticket


def _target_complaint(ticket: Ticket, target: Ticket) -> str:
    if target.contract_id != ticket.contract_id:
        return _("There is no such ticket in this contract.")
    if target.pk == ticket.pk:
        return _("Please choose another ticket.")
    return ""


def wrong_contract(ticket: Ticket, target: Ticket) -> None:
    """Raise Invalid unless the two are different tickets of one contract."""
    complaint = _target_complaint(ticket, target)
    if complaint:
        raise Invalid(complaint, fields={"target": complaint})
