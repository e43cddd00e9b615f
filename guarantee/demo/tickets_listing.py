"""The list in the demo: two views that the manager shares with everybody."""

from datetime import datetime

from core.roles import MANAGER
from devices.services.common import people_of
from parties.models import Contract
from tickets.services.views import view_keep, view_share

VIEWS = (
    ("未结，按期限", "group=open&sort=due"),
    ("响应超时", "late=response&sort=received&col=status&col=assignee&col=received_at&col=due"),
)


def keep_views(contract: Contract, *, until: datetime) -> None:
    """Keep and share them in the manager's name."""
    for person in people_of(contract, until, MANAGER)[:1]:
        for name, query in VIEWS:
            view = view_keep(user=person, contract=contract, name=name, query=query)
            view_share(user=person, contract=contract, pk=view.pk, shared=True)
