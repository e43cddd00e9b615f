"""Who may do what to a weekly report."""

from typing import Any

from core import roles
from parties.models import Contract
from parties.querysets import role_in


def can_draft(user: Any, contract: Contract) -> bool:
    """Whether the user may see drafts, edit them and issue them: the contract's manager."""
    return role_in(user, contract.pk) == roles.MANAGER
