"""Who may set up channels, and who may see what was sent to whom."""

from typing import Any

from django.utils.translation import gettext as _

from core.errors import NotAllowed
from core.roles import ADMIN, MANAGER
from parties.models import Contract
from parties.querysets import role_in

SETTERS = (MANAGER, ADMIN)
"""Set up channels. What was sent, and to whom, only the manager sees: the administrator has no part in the work."""


def require_setter(user: Any, contract: Contract) -> None:
    """Raise NotAllowed unless the person may set up the contract's channels."""
    if role_in(user, contract.pk) not in SETTERS:
        raise NotAllowed(_("Only the project manager and the administrator may set up channels."))


def require_admin(user: Any, contract: Contract) -> None:
    """Raise NotAllowed unless the person is the contract's administrator."""
    if role_in(user, contract.pk) != ADMIN:
        raise NotAllowed(_("Only the administrator may open addresses inside the house."))


def require_manager(user: Any, contract: Contract) -> None:
    """Raise NotAllowed unless the person is the contract's project manager."""
    if role_in(user, contract.pk) != MANAGER:
        raise NotAllowed(_("Only the project manager may send something again."))
