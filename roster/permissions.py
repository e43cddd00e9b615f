"""Who may do what to the roster."""

from typing import Any

from django.utils.translation import gettext as _

from core import roles
from core.errors import NotAllowed
from parties.models import Contract
from parties.querysets import role_in
from roster.models import Leave

READERS = (roles.MANAGER, roles.ENGINEER, roles.SUPERVISOR, roles.LEADER, roles.AUDITOR)
"""Who reads the roster and the attendance; clerks see who is on duty only, the administrator has no part in the work."""


def can_plan(user: Any, contract: Contract) -> bool:
    """Whether the user plans shifts, decides on leaves and enters check-ins later: the contract's manager."""
    return role_in(user, contract.pk) == roles.MANAGER


def can_work(user: Any, contract: Contract) -> bool:
    """Whether the user may stand in the roster, ask for leave and check in: the contractor's people."""
    return role_in(user, contract.pk) in roles.STAFF_ROLES


def can_request_leave(user: Any, contract: Contract, person: Any) -> bool:
    """Everybody of the staff for themselves, the manager for anybody."""
    return can_plan(user, contract) or (can_work(user, contract) and user.pk == person.pk)


def can_withdraw_leave(user: Any, leave: Leave) -> bool:
    """Its person or the manager."""
    return can_plan(user, leave.contract) or (can_work(user, leave.contract) and leave.person_id == user.pk)


def only_manager(user: Any, contract: Contract) -> None:
    """Raise NotAllowed for anybody but the contract's manager."""
    if not can_plan(user, contract):
        raise NotAllowed(_("Only the project manager may change the roster."))
