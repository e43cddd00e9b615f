"""Verb `vendor_call`: a vendor is called about a ticket; `wait_vendor` calls and lets the work wait (附三.4)a))."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from contract.services.calendar import calendar_of
from core.errors import Conflict
from core.roles import STAFF_ROLES
from parties.models import User, Vendor
from parties.querysets import role_in
from records.models import Source
from tickets.models import Dispatch, Ticket
from tickets.permissions import can_dispatch
from tickets.services import common
from tickets.services.repair_common import start_vendor_clock
from tickets.states import BEING_DONE, DISPATCH_OPEN, ToldBy

HORIZON = timedelta(days=60)
"""A vendor's promise further away than this is a slip of the pen."""


@transaction.atomic
def vendor_call(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    vendor: Vendor,
    how: str,
    task: str,
    called_at: datetime | None = None,
    due_at: datetime | None = None,
    spoke_with: str = "",
    supervisor: User | None = None,
    note: str = "",
    source: str = Source.PAGE,
) -> Dispatch:
    """Record that a vendor was called at `called_at` (default `at`) and should be there by `due_at`.

    Without a promised instant the vendor's promised hours of service time count, else the policy's. The ticket's own promise goes
    on. `supervisor` watches the work (default: who has the ticket). However many call one vendor at once, one call is entered.
    Raises NotAllowed, Invalid, Conflict (this vendor is called already, or nobody works on the ticket).
    """
    return call(
        ticket, actor, at, vendor, how, task, called_at or at, due_at, spoke_with, supervisor, note, source, waits=False
    )


def call(
    ticket: Ticket,
    actor: User,
    at: datetime,
    vendor: Vendor,
    how: str,
    task: str,
    called_at: datetime,
    due_at: datetime | None,
    spoke_with: str,
    supervisor: User | None,
    note: str,
    source: str,
    *,
    waits: bool,
) -> Dispatch:
    """What both verbs do, in their transaction: the call, the vendor's clock, one entry in the history."""
    _check(ticket, actor, at, vendor, how, task, called_at, due_at, spoke_with, supervisor, note)
    before = {"status": ticket.status}
    if waits:
        common.take(ticket, "wait_vendor", waiting_since=at, waiting_reason=f"{vendor.name}：{task.strip()}"[:300])
    elif not Ticket.objects.filter(pk=ticket.pk, status__in=BEING_DONE).update(status=F("status")):
        # The row is held from here on: work that is finished at the same moment finds this call, or this finds it finished.
        raise Conflict(common.who_won(ticket, "wait_vendor"))
    promised = due_at
    if promised is None and vendor.sla_hours:
        promised = calendar_of(ticket.contract).add(called_at, vendor.sla_hours * 3600)
    try:
        with transaction.atomic():
            dispatch = Dispatch.objects.create(
                contract=ticket.contract,
                ticket=ticket,
                vendor=vendor,
                called_at=called_at,
                how=how,
                spoke_with=spoke_with.strip(),
                due_at=promised or called_at,
                supervisor=supervisor or ticket.assignee or actor,
                task=task.strip(),
                note=note.strip(),
            )
    except IntegrityError:
        raise Conflict(
            _("%(vendor)s has been called about this ticket already and has not finished.") % {"vendor": vendor}
        ) from None
    common.hold(ticket, "dispatch")
    clock = start_vendor_clock(ticket, dispatch, actor=actor, at=at, source=source)
    if promised is None and clock.due_at is not None:
        Dispatch.objects.filter(pk=dispatch.pk).update(due_at=clock.due_at)
        dispatch.due_at = clock.due_at
    if waits:
        Ticket.objects.filter(pk=ticket.pk).update(waiting_until=dispatch.due_at)
        ticket.waiting_until = dispatch.due_at
    common.record(
        ticket,
        "wait_vendor" if waits else "vendor_call",
        actor=actor,
        at=at,
        source=source,
        before=before if waits else {},
        after={
            **({"status": ticket.status} if waits else {}),
            "dispatch": dispatch.pk,
            "vendor": vendor,
            "called_at": called_at,
            "due_at": dispatch.due_at,
            "how": how,
            "task": dispatch.task,
            "supervisor": dispatch.supervisor,
        },
    )
    return dispatch


def _check(
    ticket: Ticket,
    actor: User,
    at: datetime,
    vendor: Vendor,
    how: str,
    task: str,
    called_at: datetime,
    due_at: datetime | None,
    spoke_with: str,
    supervisor: User | None,
    note: str,
) -> None:
    common.require(
        can_dispatch(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    known = vendor.hall_id == ticket.contract.hall_id and vendor.is_active
    ours = supervisor is None or role_in(supervisor, ticket.contract_id) in STAFF_ROLES
    wrong = {
        "vendor": "" if known else _("Unknown in this hall; please choose from the list."),
        "how": common.chosen(how, ToldBy),
        "task": common.needed(task, 300, _("Please say what the vendor is to do.")),
        "spoke_with": common.optional(spoke_with, 40),
        "note": common.optional(note, 300),
        "supervisor": "" if ours else _("One of our engineers watches the vendor's work."),
    }
    if not ticket.received_at <= called_at <= at:
        wrong["called_at"] = _("The vendor was called between the report and now.")
    if due_at is not None and not called_at < due_at <= called_at + HORIZON:
        wrong["due_at"] = _("The vendor comes after the call, within %(days)s days.") % {"days": HORIZON.days}
    common.check_input(wrong)


def open_calls(ticket: Ticket) -> QuerySet[Dispatch]:
    """The vendors who are called and have not finished, the first called first."""
    rows = Dispatch.objects.filter(ticket=ticket, status__in=DISPATCH_OPEN)
    return rows.select_related("vendor").order_by("called_at", "id")


def open_call_complaint(ticket: Ticket) -> str:
    """Why the work cannot be called done yet: which vendors are called still, and what to do; "" when none is."""
    calls = [f"{call.vendor.name} {common.local_time(call.called_at)}" for call in open_calls(ticket)]
    if not calls:
        return ""
    return _(
        "A call to a vendor is open (%(calls)s). Please record first that they have finished, did not come or were called off."
    ) % {"calls": _(", ").join(calls)}
