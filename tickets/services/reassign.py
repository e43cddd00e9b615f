"""Verb `reassign`: another engineer becomes responsible, with the reason. Nobody else is beside them (五.2(4))."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from parties.models import User
from records.models import Source
from tickets.finds.flow import engineers_of
from tickets.models import Ticket
from tickets.permissions import can_reassign
from tickets.services import common

MANY = 2
"""From this many reassignments on the manager is told (五.2(4))."""


@transaction.atomic
def ticket_reassign(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    engineer: User,
    reason: str,
    accepted: bool = False,
    source: str = Source.PAGE,
) -> Ticket:
    """Hand a ticket to another engineer: engineers their own, the manager any. The signed content gets a new version.

    `accepted`: a hand-over at the end of a shift or before leave, which the engineer who acts takes over by name. It is no second
    reassignment in the sense of 五.2(4), so it is not counted.

    Raises NotAllowed, Invalid, or Conflict when it changed hands meanwhile.
    """
    common.require(
        can_reassign(actor, ticket) or (accepted and actor.pk == engineer.pk),
        _("Only the engineer who has this ticket, or the manager, can hand it over."),
    )
    known = any(person.pk == engineer.pk for person in engineers_of(ticket.contract, at))
    if engineer.pk == ticket.assignee_id:
        complaint = _("They have it already.")
    else:
        complaint = "" if known else _("Please choose an engineer of this contract.")
    common.check_input(
        {"engineer": complaint, "reason": common.needed(reason, 300, _("Please say why it is handed over."))}
    )
    held = Ticket.objects.filter(pk=ticket.pk, assignee=ticket.assignee_id)
    if not held.update(reassign_count=F("reassign_count") + (0 if accepted else 1)):
        raise Conflict(_("Somebody else has it by now. Please look at its present state."))
    before = ticket.assignee
    common.take(
        ticket,
        "reassign",
        assignee=engineer,
        frozen_names={**ticket.frozen_names, "assignee": engineer.name},
        content_version=F("content_version") + 1,
    )
    ticket.refresh_from_db(fields=["content_version", "reassign_count"])
    common.record(
        ticket,
        "reassign",
        actor=actor,
        at=at,
        source=source,
        before={"assignee": before},
        after={"assignee": engineer, "reassign_count": ticket.reassign_count},
        reason=reason.strip(),
    )
    _tell(ticket, before, actor, reason.strip(), at, source, accepted=accepted)
    return ticket


def _tell(
    ticket: Ticket, before: User | None, actor: User, reason: str, at: datetime, source: str, *, accepted: bool
) -> None:
    params = {
        "code": ticket.code,
        "title": ticket.title,
        "engineer": str(ticket.assignee),
        "name": actor.name,
        "reason": reason,
        "count": ticket.reassign_count,
    }
    now = [ticket.assignee] if ticket.assignee is not None else []
    many = ticket.reassign_count >= MANY and not accepted
    managers = common.managers_of(ticket.contract, at) if many else []
    for people, urgent, title in (
        (now, False, gettext_noop("%(code)s is yours now, from %(name)s: %(title)s")),
        ([before] if before is not None else [], False, gettext_noop("%(code)s was handed to %(engineer)s")),
        (managers, True, gettext_noop("%(code)s changed hands %(count)s times: please look after it")),
    ):
        common.tell(
            ticket,
            topic="reassigned",
            recipients=common.people(people, without=actor),
            title=title,
            body="%(reason)s",
            params=params,
            urgent=urgent,
            at=at,
            source=source,
        )
