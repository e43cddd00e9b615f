"""Verb `correct`: what was noted wrongly is put right; both values stay in the history. Instants are never corrected."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from parties.models import User
from records.models import Source
from records.services.audit import changes
from tickets import canonical, rules
from tickets.models import Ticket
from tickets.permissions import can_correct
from tickets.services import common
from tickets.services.report import PHONE, belonging_complaints
from tickets.states import FaultType, Impact, Urgency

FIELDS = (
    "title",
    "description",
    "reporter_name",
    "reporter_phone",
    "unit",
    "window",
    "place",
    "device",
    "category",
    "fault_type",
    "impact",
    "urgency",
)
"""What can be corrected. System instants, the channel and the number cannot."""
NAMED = ("unit", "window", "place", "device", "category")


@transaction.atomic
def ticket_correct(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    seen: int,
    values: Mapping[str, Any],
    reason: str,
    source: str = Source.PAGE,
) -> Ticket:
    """Set some of FIELDS; `seen` is the ticket's version that the person looked at. The priority follows impact and urgency.

    What the client signs gets a new version when it changes. A running promise keeps its terms: the manager amends it, with a
    reason, where the correction asks for that. Raises NotAllowed, Invalid, or Conflict when it was changed meanwhile.
    """
    common.require(
        can_correct(actor, ticket), _("Only the engineer who has this ticket, or the manager, can correct it.")
    )
    if unknown := set(values) - set(FIELDS):
        raise Invalid(_("This cannot be corrected: %(names)s") % {"names": ", ".join(sorted(unknown))})
    new: dict[str, Any] = {name: getattr(ticket, name) for name in FIELDS} | {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }
    new["priority"] = rules.priority_of(new["impact"], new["urgency"])
    common.check_input(
        {"reason": common.needed(reason, 300, _("Please say why it is corrected.")), **_wrong(ticket, new)}
    )
    before, after = changes(ticket, **new)
    if not after:
        raise Invalid(_("Nothing was changed."))
    signed = set(canonical.SIGNED_FIELDS["completion"]) & set(after)
    held = Ticket.objects.filter(pk=ticket.pk, version=seen)
    if not held.update(content_version=F("content_version") + (1 if signed else 0)):
        raise Conflict(_("Somebody has changed this ticket since you looked at it. Please look at its present state."))
    for name in NAMED:
        setattr(ticket, name, new[name])
    names = {key: value for key, value in canonical.names_of(ticket).items() if key in NAMED}
    common.take(ticket, "correct", frozen_names={**ticket.frozen_names, **names}, **new)
    ticket.refresh_from_db(fields=["content_version"])
    common.record(
        ticket, "correct", actor=actor, at=at, source=source, before=before, after=after, reason=reason.strip()
    )
    return ticket


def _wrong(ticket: Ticket, new: Mapping[str, Any]) -> dict[str, str]:
    if new["unit"] is not None:
        belongs = belonging_complaints(
            ticket.contract, new["unit"], new["window"], new["place"], new["device"], new["category"]
        )
    else:
        belongs = {"unit": "" if ticket.unconfirmed else _("Unknown in this hall; please choose from the list.")}
    return {
        "title": common.needed(new["title"], 80),
        "description": common.needed(new["description"], 2000, _("Please say what is wrong.")),
        "reporter_name": common.needed(new["reporter_name"], 40, _("Please say who reports it.")),
        "reporter_phone": ""
        if not new["reporter_phone"] or PHONE.match(new["reporter_phone"])
        else _("Please give a telephone number."),
        "fault_type": common.chosen(new["fault_type"], FaultType, blank=True),
        "impact": common.chosen(new["impact"], Impact),
        "urgency": common.chosen(new["urgency"], Urgency),
        **belongs,
    }
