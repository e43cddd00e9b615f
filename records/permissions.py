"""Who may look at the proof of the records."""

from typing import Any

from core.roles import ADMIN, AUDITOR, MANAGER, SUPERVISOR
from parties.models import Contract
from parties.querysets import role_in

CHAIN_ROLES = (SUPERVISOR, AUDITOR, MANAGER, ADMIN)
"""Who sees the state of the audit chain and may have it checked: both sides, and whoever watches them."""


def can_verify(user: Any, contract: Contract) -> bool:
    """Ask for a check of a contract's records."""
    return role_in(user, contract.pk) in CHAIN_ROLES
