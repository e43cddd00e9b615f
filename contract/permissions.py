"""Who may change the calendar, the parameters and the national arrangement."""

from typing import Any

from core import roles
from parties.models import Contract
from parties.querysets import role_in


def can_edit(user: Any, contract: Contract) -> bool:
    """Whether the user may plan and publish the contract's calendar: its manager."""
    return role_in(user, contract.pk) == roles.MANAGER


def can_set_term(user: Any, contract: Contract) -> bool:
    """Whether the user may set a parameter: the contract's manager."""
    return role_in(user, contract.pk) == roles.MANAGER


def can_take_national(user: Any, contract: Contract) -> bool:
    """Whether the user may take over a year's arrangement, which holds for every contract: an administrator."""
    return role_in(user, contract.pk) == roles.ADMIN
