"""Verb `confirm_reporter`: an engineer has asked who sent a report from a label, as said or corrected."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.errors import Conflict
from parties.models import Unit, User
from records.models import Source
from records.services.audit import changes
from tickets.models import Ticket
from tickets.permissions import can_confirm_reporter
from tickets.services import common
from tickets.services.report import PHONE


@transaction.atomic
def ticket_confirm_reporter(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    reporter_name: str,
    reporter_phone: str,
    unit: Unit | None,
    source: str = Source.PAGE,
) -> Ticket:
    """Write down who reported it; what the client signs gets a new version with it.

    Raises NotAllowed, Invalid, or Conflict when somebody has confirmed it before.
    """
    common.require(can_confirm_reporter(actor, ticket), _("Only an engineer or the project manager can confirm this."))
    known = unit is not None and unit.organisation_id == ticket.contract.client_id and unit.is_active
    common.check_input(
        {
            "reporter_name": common.needed(reporter_name, 40, _("Please say who reported it.")),
            "reporter_phone": "" if PHONE.match(reporter_phone.strip()) else _("Please give a telephone number."),
            "unit": "" if known else _("Please choose the unit."),
        }
    )
    given: dict[str, Any] = {
        "reporter_name": reporter_name.strip(),
        "reporter_phone": reporter_phone.strip(),
        "unit": unit,
    }
    before, after = changes(ticket, **given)
    names = {**ticket.frozen_names, "unit": unit.name if unit is not None else ""}
    values = {**given, "unconfirmed": False, "frozen_names": names}
    rows = Ticket.objects.filter(pk=ticket.pk, unconfirmed=True)
    if not rows.update(version=F("version") + 1, content_version=F("content_version") + 1, **values):
        raise Conflict(_("Who reported this has been confirmed already."))
    for name, value in values.items():
        setattr(ticket, name, value)
    ticket.refresh_from_db(fields=["version", "content_version"])
    common.record(
        ticket,
        "confirm_reporter",
        actor=actor,
        at=at,
        source=source,
        before={"unconfirmed": True, **before},
        after={"unconfirmed": False, **after},
    )
    return ticket
