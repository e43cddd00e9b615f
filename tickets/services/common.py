"""What several verbs share: the people a ticket concerns, frozen names, the audit line, and the winner of a race."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, roles
from core.errors import Conflict, Invalid, NotAllowed
from core.flow import claim
from notifications.services.outbox import message_post
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source, Visibility
from records.services.audit import audit_write
from tickets.finds.talk import watchers_of
from tickets.models import Ticket
from tickets.services.listing import keep_up
from tickets.states import TICKET_FLOW

CLIENT_TOPICS = frozenset(
    {
        "appointment",
        "arrived",
        "cancelled",
        "merged",
        "message",
        "reopened",
        "responded",
        "sent_back",
        "signed",
        "split",
        "to_sign",
        "waiting",
    }
)
"""What the client's people hear of a ticket that they watch; everything else is for the contractor's."""
PERSONAL_TOPICS = frozenset({"follow_up", "low_rating", "mentioned", "rate_again", "sign_remind"})
"""Addressed to somebody by name or office: who merely watches is not told."""


def local_time(at: datetime) -> str:
    """An instant as texts to people say it: 03-18 09:12."""
    return at.astimezone(clock.SHANGHAI).strftime("%m-%d %H:%M")


def time_of_day(at: datetime) -> str:
    """The second at which somebody was quicker: 09:12:05."""
    return at.astimezone(clock.SHANGHAI).strftime("%H:%M:%S")


def managers_of(contract: Contract, at: datetime) -> list[User]:
    """The project managers of a contract on the day of an instant."""
    return people_with_role(contract, roles.MANAGER, on=at.astimezone(clock.SHANGHAI).date())


def reporter_account(ticket: Ticket) -> list[User]:
    """The reporter where they have an account, to be told how their request stands."""
    return [ticket.reporter] if ticket.reporter is not None else []


def people(*groups: list[User], without: User | None = None) -> list[User]:
    """Each person once, in order, without the one who acts."""
    seen: dict[int, User] = {}
    for group in groups:
        for person in group:
            if without is None or person.pk != without.pk:
                seen.setdefault(person.pk, person)
    return list(seen.values())


def require(allowed: bool, message: str = "") -> None:
    """Raise NotAllowed unless allowed."""
    if not allowed:
        raise NotAllowed(message or _("Your role may not do this to this ticket."))


def check_input(fields: Mapping[str, str]) -> None:
    """Raise Invalid when a field has a complaint."""
    wrong = {name: message for name, message in fields.items() if message}
    if wrong:
        raise Invalid(_("Some entries need another look; nothing was saved."), fields=wrong)


def needed(value: str, limit: int, message: str = "") -> str:
    """The complaint about a required text: empty, or longer than `limit` characters; "" when it is good."""
    if not value.strip():
        return message or _("Please fill in this field.")
    if len(value) > limit:
        return _("At most %(limit)s characters.") % {"limit": limit}
    return ""


def optional(value: str, limit: int) -> str:
    """The complaint about an optional text that is too long; "" when it is good."""
    return _("At most %(limit)s characters.") % {"limit": limit} if len(value) > limit else ""


def chosen(value: str, choices: Any, *, blank: bool = False) -> str:
    """The complaint about a value outside its choices; "" when it is good."""
    if (blank and not value) or value in choices.values:
        return ""
    return _("Please choose one of the options.")


def take(ticket: Ticket, verb: str, **changes: Any) -> None:
    """Make the move, or tell the loser who was quicker and when. Raises Conflict."""
    try:
        claim(ticket, TICKET_FLOW, verb, **changes)
    except Conflict:
        raise Conflict(who_won(ticket, verb)) from None


def hold(ticket: Ticket, kind: str) -> None:
    """Note on the ticket that a record of this kind hangs on it, so that its page asks for it; no change of its version.

    Of two at once neither is lost: the row is written only as it was read.
    """
    while True:
        held = Ticket.objects.values_list("holds", flat=True).get(pk=ticket.pk)
        if kind in held or Ticket.objects.filter(pk=ticket.pk, holds=held).update(holds=[*held, kind]):
            break
    ticket.holds = held if kind in held else [*held, kind]


def who_won(ticket: Ticket, verb: str) -> str:
    now = Ticket.objects.select_related("assignee").get(pk=ticket.pk)
    if verb == "respond" and now.responded_at is not None:
        return _("%(name)s responded at %(time)s. Nothing of your entry was saved; please look at the ticket.") % {
            "name": now.assignee,
            "time": time_of_day(now.responded_at),
        }
    return _(
        "This ticket is now “%(status)s”, so that step is no longer possible. Please look at its present state."
    ) % {"status": now.get_status_display()}


def record(
    ticket: Ticket,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    visibility: str = Visibility.CLIENT,
    actor_label: str = "",
) -> None:
    """Write the audit entry of a verb, and keep what the list finds and sorts the ticket by in step with it.

    The ticket in memory remembers who acts: nobody who watches it is told of their own step.
    """
    ticket.__dict__["_acting_id"] = actor.pk if actor is not None else None
    audit_write(
        contract=ticket.contract,
        subject=ticket,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before or {},
        after=after or {},
        reason=reason,
        visibility=visibility,
        actor_label=actor_label,
        is_new=verb == "report",
    )
    if verb != "report":
        internal = visibility == Visibility.INTERNAL
        keep_up(ticket, verb, at=at, before=before or {}, after=after or {}, internal=internal)


def tell(
    ticket: Ticket,
    *,
    topic: str,
    recipients: Iterable[User],
    title: str,
    body: str = "",
    params: Mapping[str, Any],
    urgent: bool = False,
    at: datetime,
    source: str = "",
) -> None:
    """Post a message about the ticket; what the demo replays was delivered then.

    Whoever watches the ticket is told too, clients only of the topics that are meant for clients. What was written on paper and is
    entered later is no news: the late entry tells what came of it (services.late_decide).
    """
    if source == Source.PAPER:
        return
    message_post(
        contract=ticket.contract,
        topic=topic,
        recipients=people(list(recipients), _watchers(ticket, topic, at)),
        title=title,
        body=body,
        params=params,
        url=reverse("tickets:detail", args=[ticket.code]),
        subject=ticket,
        urgent=urgent,
        at=at,
        delivered_at=at if source == Source.DEMO else None,
        source=source,
    )


def _watchers(ticket: Ticket, topic: str, at: datetime) -> list[User]:
    """Those who watch the ticket and may hear of this topic, without the one who acts; no statement where nobody watches."""
    if "watch" not in ticket.holds or topic in PERSONAL_TOPICS:
        return []
    acting = ticket.__dict__.get("_acting_id")
    return [one for one in watchers_of(ticket, at, internal=topic not in CLIENT_TOPICS) if one.pk != acting]
