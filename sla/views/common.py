"""What the doors to promises share: who may use them, and how a clock is found."""

from django.utils.translation import gettext as _

from core.errors import NotFound
from core.http import Request
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from sla.models import Clock
from sla.querysets import clock_visible_to

WALL_ROLES = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
"""Who may put the promises on a wall."""
POLICY_ROLES = (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)
"""Who may read what is promised."""


def clock_of(request: Request, pk: int) -> Clock:
    """The clock of that number in the reader's present contract; NotFound for any other."""
    clock = clock_visible_to(request.user, pk)
    if clock is None or clock.contract_id != request.contract.pk:
        raise NotFound(_("There is no such clock."))
    return clock
