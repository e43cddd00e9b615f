"""Verb `sign_remind`: by hand, beside the reminders that go out by themselves; never more than one in some hours."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock, roles
from core.errors import Conflict
from parties.models import User
from parties.querysets import people_with_role
from records.models import AuditEntry, Source
from records.services.guesses import guess_add
from tickets.models import Ticket
from tickets.permissions import can_remind
from tickets.services import common
from tickets.states import TicketStatus

PAUSE = timedelta(hours=4)


@transaction.atomic
def ticket_sign_remind(*, ticket: Ticket, actor: User, at: datetime, source: str = Source.PAGE) -> list[User]:
    """Ask the reporter and the client's supervisors once more to sign; returns who was asked.

    Raises NotAllowed, and Conflict when nothing waits for a signature, nobody could be asked, or a reminder went out within PAUSE.
    """
    common.require(
        can_remind(actor, ticket), _("The manager, the responsible engineer or the client's supervisor reminds.")
    )
    if ticket.status not in (TicketStatus.TO_SIGN, TicketStatus.CLOSED_UNSIGNED):
        raise Conflict(common.who_won(ticket, "sign_remind"))
    lately = AuditEntry.objects.filter(
        subject_type="ticket", subject_id=ticket.pk, verb="sign_remind", at__gt=at - PAUSE
    )
    # The counter's row is exact when two press at once; it goes back with the transaction when nothing was sent.
    if lately.exists() or guess_add(f"sign-remind:{ticket.pk}", at=at) > 1:
        raise Conflict(_("Somebody reminded less than four hours ago; please give them time."))
    supervisors = people_with_role(ticket.contract, roles.SUPERVISOR, on=at.astimezone(clock.SHANGHAI).date())
    to = common.people(common.reporter_account(ticket), supervisors, without=actor)
    if not to:
        raise Conflict(_("Nobody of the client has an account here. Please call, or ask for the signature by link."))
    common.record(
        ticket, "sign_remind", actor=actor, at=at, source=source, after={"to": [person.name for person in to]}
    )
    common.tell(
        ticket,
        topic="sign_remind",
        recipients=to,
        title=gettext_noop("%(name)s asks you to sign %(code)s"),
        body=gettext_noop("The work was done at %(resolved_at)s."),
        params={"name": actor.name, "code": ticket.code, "resolved_at": ticket.resolved_at},
        at=at,
        source=source,
    )
    return to
