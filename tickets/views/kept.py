"""Named views of the list: kept, renamed, ordered, shared, deleted."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.access import POST, allow
from core.errors import DomainError, NotAllowed, NotFound
from core.http import Request
from core.roles import BUSINESS_ROLES, MANAGER
from tickets.models import TicketView
from tickets.services.views import view_forget, view_keep, view_move, view_of, view_rename, view_share
from tickets.views.lists import kept_query


@allow(*BUSINESS_ROLES, methods=POST)
def keep(request: Request) -> HttpResponse:
    """Keep the present filter, order and columns under a name."""
    try:
        view = view_keep(
            user=request.user,
            contract=request.contract,
            name=request.POST.get("name", "")[:200],
            query=kept_query(request),
        )
    except DomainError as error:
        messages.error(request, next(iter(error.fields.values()), error.message))
    else:
        messages.success(request, _("The view “%(name)s” is kept for you.") % {"name": view.name})
    return HttpResponseRedirect(f"{reverse('tickets:list')}?{kept_query(request)}")


@allow(*BUSINESS_ROLES)
def views(request: Request) -> HttpResponse:
    """One's own views and, for the manager, those that are shared."""
    rows = list(TicketView.objects.filter(contract=request.contract).select_related("owner"))
    own = [row for row in rows if row.owner_id == request.user.pk]
    shared = [row for row in rows if row.shared and row.owner_id != request.user.pk]
    context = {"own": own, "shared": shared, "may_share": request.role == MANAGER}
    return render(request, "tickets/listing/views.html", context)


@allow(*BUSINESS_ROLES, methods=POST)
def change(request: Request, pk: int) -> HttpResponse:
    """Rename, move, share or delete one view, as the pressed button says."""
    given = {"user": request.user, "contract": request.contract, "pk": pk}
    view_of(**given)
    act = request.POST.get("act", "")
    try:
        if act == "rename":
            view_rename(**given, name=request.POST.get("name", "")[:200])
            messages.success(request, _("The view is renamed."))
        elif act in ("up", "down"):
            view_move(**given, up=act == "up")
        elif act in ("share", "unshare"):
            view_share(**given, shared=act == "share")
            messages.success(
                request,
                _("Everybody in the contract's work sees the view.") if act == "share" else _("Only you see the view."),
            )
        elif act == "forget":
            name = view_forget(**given)
            messages.success(request, _("The view “%(name)s” is deleted.") % {"name": name})
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        messages.error(request, next(iter(error.fields.values()), error.message))
    return HttpResponseRedirect(reverse("tickets:views"))
