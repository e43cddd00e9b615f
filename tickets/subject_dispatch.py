"""How the lower apps reach a call to a vendor: its clock runs beside the ticket's promise and rings with who has the ticket."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from core.subjects import Subject
from parties.models import User
from tickets.finds.repair import dispatches_visible_to
from tickets.models import Dispatch


def label(dispatch: Dispatch) -> str:
    """What messages and boards call it: the ticket, and who was called."""
    return _("%(code)s · waiting for %(vendor)s") % {"code": dispatch.ticket.code, "vendor": dispatch.vendor.name}


def url(dispatch: Dispatch) -> str:
    """The ticket's page, at its vendors."""
    return reverse("tickets:detail", args=[dispatch.ticket.code]) + "#vendors"


def recipients(dispatch: Dispatch, target: str, _at: datetime) -> list[User]:
    """The people behind a ladder's target that the roster does not know: who watches the vendor, and who has the ticket."""
    if target != "assignee":
        return []
    people = {person.pk: person for person in (dispatch.supervisor, dispatch.ticket.assignee) if person is not None}
    return [person for person in people.values() if person.is_active]


SUBJECT = Subject(
    key="dispatch",
    model=Dispatch,
    label=label,
    url=url,
    visible_to=dispatches_visible_to,
    recipients=recipients,
    mine=lambda user: Dispatch.objects.filter(ticket__assignee=user),
)
