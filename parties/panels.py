"""What people and organisations say on the home pages."""

from core.http import Request
from core.panels import Panel
from core.roles import ADMIN, MANAGER
from parties.querysets import office_contacts


def office_missing(request: Request, _obj: None) -> Panel | None:
    """A warning to administrator and manager while the last rung of every ladder reaches nobody at the contractor's office."""
    if request.role not in (ADMIN, MANAGER) or office_contacts(request.contract):
        return None
    return Panel("parties/_office_missing.html", position=80)
