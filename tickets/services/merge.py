"""Verb `merge`: two reports of one fault become one piece of work; the merged one leads to the other and keeps its history.

No deadline is lost by it (see `rules_talk.is_covered`): a promise of the merged request that still counts may end only where the
other ticket keeps the same promise and is due no later. Otherwise the merge is refused, and says what to do. A breach that was
reached stays entered on the merged request, and so does the verdict of a promise that has ended.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, Invalid
from parties.models import User
from records.models import Source
from sla.models import Clock
from sla.states import ClockState
from tickets import rules_talk
from tickets.finds.talk import who_sees
from tickets.models import Ticket, TicketWatch
from tickets.permissions import can_merge
from tickets.services import common
from tickets.services.link import wrong_contract
from tickets.services.remote_end import sessions_end
from tickets.services.repair_clock import clocks_cancel
from tickets.services.watch import follow
from tickets.states import BEFORE_SIGNING, TICKET_FLOW

OPEN_CLOCKS = (ClockState.RUNNING, ClockState.PAUSED)
TIED = frozenset({"dispatch", "loan", "plan", "part", "incident"})
"""What hangs on a ticket and could not go on without it: such a ticket is merged into, never away."""


@transaction.atomic
def ticket_merge(
    *, ticket: Ticket, target: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE
) -> Ticket:
    """Merge `ticket` into `target`, both of one contract and before their signature; returns the target.

    The reporter, and whoever watched, follows the target where they may read it. Raises NotAllowed, Invalid (no reason, a
    deadline would be lost, or equipment, a vendor, a plan or an incident hangs on it), or Conflict when either has moved on.
    """
    common.require(can_merge(actor, ticket), _("Only the project manager can merge tickets."))
    wrong_contract(ticket, target)
    common.check_input({"reason": common.needed(reason, 300, _("Please say why they are merged."))})
    was = ticket.status
    # Both rows are held in the order of their numbers: two merges that cross each other end in one winner, never in a circle.
    for one in sorted((ticket, target), key=lambda row: row.pk):
        if one.pk == ticket.pk:
            common.take(ticket, "merge", merged_into=target, closing_reason=reason.strip(), closed_at=at)
        elif not Ticket.objects.filter(pk=target.pk, status__in=BEFORE_SIGNING).update(status=F("status")):
            raise Conflict(
                _("%(code)s is done or was merged itself; please choose a ticket that is open.") % {"code": target}
            )
    ticket.refresh_from_db(fields=["holds"])
    _check_tied(ticket)
    _end_clocks(ticket, target, actor, at, reason.strip())
    for one, after in (
        (ticket, {"status": ticket.status, "into": target}),
        (target, {"from": ticket, "reporter_name": ticket.reporter_name, "unit": ticket.unit_name}),
    ):
        common.record(
            one,
            "merge" if one is ticket else "merge_in",
            actor=actor,
            at=at,
            source=source,
            before={"status": was} if one is ticket else {},
            after=after,
            reason=reason.strip(),
        )
    common.hold(target, "merge")
    _tell(ticket, target, actor, at, source)
    _move_watchers(ticket, target, at)
    return target


def merge_complaint(ticket: Ticket, target: Ticket) -> str:
    """Why these two cannot be merged in this direction for the sake of their deadlines; "" when they can."""
    pairs = ((ticket.response_clock, target.response_clock), (ticket.repair_clock, target.repair_clock))
    if all(rules_talk.is_covered(_promise(mine), _promise(theirs)) for mine, theirs in pairs):
        return ""
    if TICKET_FLOW.allows("respond", ticket.status) and not TICKET_FLOW.allows("respond", target.status):
        return _(
            "Nobody has answered %(code)s yet, and its deadline counts on. Please respond to it first; then it can be merged."
        ) % {"code": ticket}
    return _(
        "The deadline of %(code)s would be lost, for %(target)s is due later. Please merge the other way round."
    ) % {
        "code": ticket,
        "target": target,
    }


def _promise(clock: Clock | None) -> rules_talk.Promise | None:
    return rules_talk.Promise(clock.state in OPEN_CLOCKS, clock.due_at) if clock is not None else None


def _check_tied(ticket: Ticket) -> None:
    if TIED & set(ticket.holds):
        raise Invalid(
            _(
                "Equipment, a vendor, a plan or an incident hangs on %(code)s. Please merge the other ticket into this one."
            )
            % {"code": ticket}
        )


def _end_clocks(ticket: Ticket, target: Ticket, actor: User, at: datetime, reason: str) -> None:
    """End what still counts on the merged request; read anew, for its row is held now and nobody else can end a clock of it."""
    both = Ticket.objects.filter(pk__in=(ticket.pk, target.pk)).select_related("response_clock", "repair_clock")
    rows = {row.pk: row for row in both}
    complaint = merge_complaint(rows[ticket.pk], rows[target.pk])
    if complaint:
        raise Invalid(complaint, fields={"target": complaint})
    words = _("Merged into %(code)s: %(reason)s") % {"code": target, "reason": reason}
    clocks_cancel(ticket, actor=actor, at=at, reason=words)
    sessions_end(ticket, at=at, summary=words)


def _tell(ticket: Ticket, target: Ticket, actor: User, at: datetime, source: str) -> None:
    responsible = [one.assignee for one in (ticket, target) if one.assignee is not None]
    common.tell(
        ticket,
        topic="merged",
        recipients=common.people(common.reporter_account(ticket), responsible, without=actor),
        title=gettext_noop("%(code)s goes on as %(target)s: both report the same fault"),
        body="%(reason)s",
        params={"code": ticket.code, "target": target.code, "reason": ticket.closing_reason},
        at=at,
        source=source,
    )


def _move_watchers(ticket: Ticket, target: Ticket, at: datetime) -> None:
    """Whoever followed the merged request, and its reporter, follows the one that goes on, where they may read it."""
    wanted = set(TicketWatch.objects.filter(ticket=ticket).values_list("person_id", flat=True))
    if ticket.reporter_id is not None:
        wanted.add(ticket.reporter_id)
    for row in who_sees(target, at).filter(user_id__in=wanted).select_related("user"):
        follow(target, row.user, at)
