"""Who may do what with promises."""

from typing import Any

from core.roles import CLIENT_ROLES, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from parties.querysets import role_in


def can_publish(user: Any, contract_id: int) -> bool:
    """Publish a new version of a promise: the project manager."""
    return role_in(user, contract_id) == MANAGER


def can_amend(user: Any, contract_id: int) -> bool:
    """Amend a running promise, or close it as one of another kind: the project manager."""
    return role_in(user, contract_id) == MANAGER


def can_move(user: Any, contract_id: int) -> bool:
    """Note that an appointment was moved, or open a vendor's clock: the contractor's people."""
    return role_in(user, contract_id) in STAFF_ROLES


def can_explain(user: Any, contract_id: int) -> bool:
    """Say why a promise was missed: the contractor's people."""
    return role_in(user, contract_id) in STAFF_ROLES


def can_ask_exemption(user: Any, contract_id: int) -> bool:
    """Ask that a promise be excused: the contractor's people."""
    return role_in(user, contract_id) in STAFF_ROLES


def can_decide_exemption(user: Any, contract_id: int) -> bool:
    """Answer such a request: the client's supervisor and leader."""
    return role_in(user, contract_id) in (SUPERVISOR, LEADER)


def sees_inside(user: Any, contract_id: int) -> bool:
    """Whether ladders, who was told, and vendors' clocks are shown: to the contractor's people and the auditor only."""
    role = role_in(user, contract_id)
    return role is not None and role not in CLIENT_ROLES
