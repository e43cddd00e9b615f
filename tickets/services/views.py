"""Named views of the list: kept by their owner, shared by the manager with everybody in the contract's work."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.roles import MANAGER
from parties.models import Contract, User
from parties.querysets import role_in
from tickets.models import TicketView
from tickets.services.common import check_input, needed

VIEWS_LIMIT = 30
QUERY_LIMIT = 600


def view_of(user: User, contract: Contract, pk: int) -> TicketView:
    """One of one's own views; a shared one is also its contract's manager's. Raises NotFound."""
    view = TicketView.objects.filter(contract=contract, pk=pk).first()
    if view is None or not (view.owner_id == user.pk or (view.shared and role_in(user, contract.pk) == MANAGER)):
        raise NotFound(_("There is no such view among yours."))
    return view


@transaction.atomic
def view_keep(*, user: User, contract: Contract, name: str, query: str) -> TicketView:
    """Keep a filter with its order and columns under a name of one's own; the same name again replaces it. Raises Invalid."""
    name = name.strip()
    check_input({"name": needed(name, 30, _("Please give it a name."))})
    if len(query) > QUERY_LIMIT:
        raise Invalid(
            _("This filter is too long to be kept."), fields={"name": _("This filter is too long to be kept.")}
        )
    views = TicketView.objects.filter(owner=user, contract=contract)
    if views.filter(name=name).update(query=query):
        return views.get(name=name)
    if views.count() >= VIEWS_LIMIT:
        message = _("You have %(limit)s views already; please delete one first.") % {"limit": VIEWS_LIMIT}
        raise Invalid(message, fields={"name": message})
    last = views.aggregate(last=Max("position"))["last"] or 0
    # Of two forms with the same name at the same moment, both end as one view.
    view, _made = TicketView.objects.update_or_create(
        owner=user, contract=contract, name=name, defaults={"query": query}, create_defaults={"query": query, "position": last + 1}
    )  # fmt: skip
    return view


@transaction.atomic
def view_rename(*, user: User, contract: Contract, pk: int, name: str) -> TicketView:
    """Call a view something else. Raises NotFound, Invalid, or Conflict when another has the name."""
    view = view_of(user, contract, pk)
    name = name.strip()
    check_input({"name": needed(name, 30, _("Please give it a name."))})
    try:
        with transaction.atomic():
            TicketView.objects.filter(pk=view.pk).update(name=name)
    except IntegrityError as error:
        message = _("There is a view of this name already.")
        raise Conflict(message, fields={"name": message}) from error
    view.name = name
    return view


@transaction.atomic
def view_move(*, user: User, contract: Contract, pk: int, up: bool) -> None:
    """Let a view stand one place earlier or later among one's own. Raises NotFound."""
    view = view_of(user, contract, pk)
    rows = list(TicketView.objects.filter(owner=view.owner_id, contract=contract))
    here = next(number for number, row in enumerate(rows) if row.pk == view.pk)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
    for number, row in enumerate(rows, start=1):
        row.position = number
    TicketView.objects.bulk_update(rows, ["position"])


def view_share(*, user: User, contract: Contract, pk: int, shared: bool) -> TicketView:
    """Show a view to everybody in the contract's work, or no longer. The manager only: raises NotAllowed, NotFound."""
    if role_in(user, contract.pk) != MANAGER:
        raise NotAllowed(_("Only the project manager shares views."))
    view = view_of(user, contract, pk)
    TicketView.objects.filter(pk=view.pk).update(shared=shared)
    view.shared = shared
    return view


def view_forget(*, user: User, contract: Contract, pk: int) -> str:
    """Delete a view; returns what it was called. Raises NotFound."""
    view = view_of(user, contract, pk)
    TicketView.objects.filter(pk=view.pk).delete()
    return view.name
