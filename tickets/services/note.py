"""Verb `note`: what people write on a ticket. Entries of the history: never changed; a correction is a further note."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from core.roles import CLIENT_ROLES
from parties.models import Membership, User
from parties.querysets import role_in
from records.models import Source, Visibility
from records.models.attachment import INTERNAL_KIND
from records.services.attachments import PreparedImage, attachments_store
from tickets import rules_talk
from tickets.finds.talk import mentionable
from tickets.models import Ticket
from tickets.permissions import can_note
from tickets.services import common
from tickets.services.watch import follow
from tickets.states import TicketStatus

TEXT_LIMIT = 2000
VISIBLE_KIND = "note"


@transaction.atomic
def ticket_note(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    text: str,
    visible: bool = False,
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> list[User]:
    """Write a note; who works for the contractor chooses whether the client sees it, what the client writes is a message to both.

    Who is named by @ and may read the ticket is told and follows it from then on; returned are those people. A message of the
    client goes to the responsible engineer (before there is one, to the managers), a visible note to the reporter. Raises
    NotAllowed, Invalid (no text, too long, or an internal note that names the client's people) or Conflict on a merged ticket.
    """
    common.require(can_note(actor, ticket), _("Your role may not write on this ticket."))
    by_client = role_in(actor, ticket.contract_id) in CLIENT_ROLES
    if ticket.status == TicketStatus.MERGED:
        raise Conflict(_("This request was merged; please write on the ticket that goes on."))
    visible = visible or by_client
    named = _named(ticket, text, actor, at)
    outside = [row.user.name for row in named if row.role in CLIENT_ROLES]
    common.check_input(
        {
            "text": common.needed(text, TEXT_LIMIT, _("Please write something."))
            or (
                _("An internal note cannot name people of the client: %(names)s.") % {"names": _(", ").join(outside)}
                if outside and not visible
                else ""
            )
        }
    )
    people = [row.user for row in named]
    files = []
    if photos:
        files = attachments_store(
            photos,
            contract=ticket.contract,
            subject=ticket,
            kind=VISIBLE_KIND if visible else INTERNAL_KIND,
            actor=actor,
            at=at,
            source=source,
        )
    common.record(
        ticket,
        "message" if by_client else "note",
        actor=actor,
        at=at,
        source=source,
        after={
            "text": text.strip(),
            **({"mentions": people} if people else {}),
            **({"photos": [file.pk for file in files]} if files else {}),
        },
        visibility=Visibility.CLIENT if visible else Visibility.INTERNAL,
    )
    common.hold(ticket, "note")
    _tell(ticket, text.strip(), actor, at, source, by_client=by_client, visible=visible, named=people)
    for person in people:
        follow(ticket, person, at)
    return people


def _named(ticket: Ticket, text: str, actor: User, at: datetime) -> list[Membership]:
    """Whom the text names; two people of one name are both meant."""
    if "@" not in text and "＠" not in text:
        return []
    rows = mentionable(ticket, at)
    names = rules_talk.named_in(text, [row.user.name for row in rows])
    return [row for row in rows if row.user.name in names and row.user_id != actor.pk]


def _tell(
    ticket: Ticket,
    text: str,
    actor: User,
    at: datetime,
    source: str,
    *,
    by_client: bool,
    visible: bool,
    named: list[User],
) -> None:
    params = {"code": ticket.code, "title": ticket.title, "name": actor.name, "text": text[:200]}
    common.tell(
        ticket,
        topic="mentioned",
        recipients=named,
        title=gettext_noop("%(name)s mentions you on %(code)s"),
        body="%(text)s",
        params=params,
        at=at,
        source=source,
    )
    responsible = [ticket.assignee] if ticket.assignee is not None else []
    if by_client:
        audience = responsible or common.managers_of(ticket.contract, at)
    else:
        audience = [*(common.reporter_account(ticket) if visible else []), *responsible]
    without = {person.pk for person in (*named, actor)}
    common.tell(
        ticket,
        topic="message" if visible else "note",
        recipients=[person for person in common.people(audience) if person.pk not in without],
        title=gettext_noop("%(name)s writes on %(code)s"),
        body="%(text)s",
        params=params,
        at=at,
        source=source,
    )
