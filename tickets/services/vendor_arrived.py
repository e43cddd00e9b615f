"""Verb `vendor_arrived`: the vendor is here, under our engineer's eyes."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.flow import claim
from parties.models import User
from records.models import Source
from tickets.models import Dispatch
from tickets.permissions import can_watch_dispatch
from tickets.services import common
from tickets.states import DISPATCH_FLOW


@transaction.atomic
def vendor_arrived(
    *,
    dispatch: Dispatch,
    actor: User,
    at: datetime,
    vendor_engineer: str,
    arrived_at: datetime | None = None,
    source: str = Source.PAGE,
) -> Dispatch:
    """Record that the vendor arrived at `arrived_at` (default `at`), and who came. Raises NotAllowed, Invalid, Conflict."""
    common.require(can_watch_dispatch(actor, dispatch), _("Only who watches the vendor's work can record this."))
    arrived_at = arrived_at or at
    common.check_input(
        {
            "vendor_engineer": common.needed(vendor_engineer, 40, _("Please say who came.")),
            "arrived_at": "" if dispatch.called_at <= arrived_at <= at else _("They came between the call and now."),
        }
    )
    claim(dispatch, DISPATCH_FLOW, "vendor_arrived", arrived_at=arrived_at, vendor_engineer=vendor_engineer.strip())
    common.record(
        dispatch.ticket,
        "vendor_arrived",
        actor=actor,
        at=at,
        source=source,
        after={
            "dispatch": dispatch.pk,
            "vendor": dispatch.vendor,
            "arrived_at": arrived_at,
            "due_at": dispatch.due_at,
            "vendor_engineer": dispatch.vendor_engineer,
        },
    )
    return dispatch
