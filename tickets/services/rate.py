"""Verb `rate`: the client's rating, voluntary, one per ticket, never by the handler (interpretations 13)."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contract.services.terms import term
from core import clock
from core.errors import Conflict, NotAllowed
from parties.models import User
from records.models import Source
from tickets import rules
from tickets.models import Rating, Ticket
from tickets.permissions import can_rate
from tickets.services import common
from tickets.services.follow_up import follow_up_open
from tickets.states import RatingWay


@transaction.atomic
def ticket_rate(
    *,
    ticket: Ticket,
    level: int,
    comment: str = "",
    way: str,
    rated_by: User | None,
    rater_name: str,
    at: datetime,
    source: str = Source.PAGE,
) -> Rating:
    """Rate a signed ticket within the days of the term `rating_days`, from 5 (very satisfied) to 1.

    `rated_by` is None only for ratings given with a signature by link or in hand-over mode, where the signature vouches for the
    rater. Raises NotAllowed, Invalid, or Conflict when it is rated already or not signed.
    """
    if rated_by is None:
        common.require(way in (RatingWay.LINK, RatingWay.HANDOVER), _("A rating needs a name behind it."))
    elif not can_rate(rated_by, ticket):
        raise NotAllowed(_("Only the client's side can rate, and never somebody who handled the ticket."))
    common.check_input(
        {
            "level": "" if level in Rating.Level.values else _("Please choose one of the five levels."),
            "comment": common.optional(comment, 500),
            "way": common.chosen(way, RatingWay),
        }
    )
    common.take(ticket, "rate")
    if ticket.signed_at is None:
        raise Conflict(_("A ticket can be rated once it is signed."))
    days = int(term(ticket.contract, "rating_days", ticket.signed_at.astimezone(clock.SHANGHAI).date()))
    if at > rules.rating_open_until(ticket.signed_at, days):
        raise Conflict(
            _("A ticket can be rated for %(days)s days after its signature; that time is over.") % {"days": days}
        )
    try:
        with transaction.atomic():
            rating = Rating.objects.create(
                ticket=ticket,
                level=level,
                comment=comment.strip(),
                way=way,
                rated_by=rated_by,
                rater_name=rater_name,
                rated_at=at,
            )
    except IntegrityError:
        raise Conflict(_("This ticket has been rated already; thank you.")) from None
    common.record(
        ticket,
        "rate",
        actor=rated_by,
        actor_label=rater_name,
        at=at,
        source=source,
        after={"level": level, "way": way},
        reason=comment.strip(),
    )
    if level <= Rating.Level.DISSATISFIED:
        follow_up_open(ticket=ticket, rating=rating, at=at, source=source)
    return rating
