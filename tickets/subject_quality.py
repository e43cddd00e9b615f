"""How the lower apps reach the follow-up of a bad rating: label, address, who sees it, whom its promises tell."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from core.subjects import Subject
from parties.models import User
from tickets.finds.quality import follow_ups_visible_to
from tickets.models import FollowUp


def label(follow_up: FollowUp) -> str:
    """What messages call it: its number and the ticket that was rated."""
    return _("%(number)s · bad rating of %(code)s") % {"number": follow_up.code, "code": follow_up.ticket.code}


def recipients(follow_up: FollowUp, target: str, _at: datetime) -> list[User]:
    """The person behind a ladder's target that the roster does not know: whoever follows it up."""
    person = follow_up.assignee
    return [person] if target == "assignee" and person is not None and person.is_active else []


FOLLOW_UP = Subject(
    key="follow_up",
    model=FollowUp,
    label=label,
    url=lambda follow_up: reverse("tickets:follow_up", args=[follow_up.code]),
    visible_to=follow_ups_visible_to,
    recipients=recipients,
    mine=lambda user: FollowUp.objects.filter(assignee=user),
)
