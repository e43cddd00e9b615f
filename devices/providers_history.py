"""What this room tells to a device's timeline and to the page of due things: reads of the history, and change orders."""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import Exists, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from core.clock import SHANGHAI
from core.roles import AUDITOR, ENGINEER, MANAGER
from core.templatetags.ui import when
from devices.due import LIMIT, Due
from devices.models import ChangeOrder, ChangeOutcome
from devices.present_history import CONFIGURATION_VERBS, happening_of, words_of
from devices.states import ChangeStatus
from devices.timeline import Asked, Happening
from parties.models import Contract
from parties.querysets import memberships_of
from records.models import AuditEntry, Visibility

INSIDE = (ENGINEER, MANAGER, AUDITOR)
"""Who reads what the client is not shown."""
TOLD_ELSEWHERE = ("consumable_", "meter_", "run_data_", "spot_", "check_", "spare_")
"""Verbs whose records are a kind of their own on the timeline."""


def changes(asked: Asked) -> Iterable[Happening]:
    """Changes of the device's own record, its parts and addresses."""
    elsewhere = Q(verb__in=CONFIGURATION_VERBS)
    for prefix in TOLD_ELSEWHERE:
        elsewhere |= Q(verb__startswith=prefix)
    return _entries(asked, ~elsewhere)


def configuration(asked: Asked) -> Iterable[Happening]:
    """Changes of its parameters, never with a secret."""
    return _entries(asked, Q(verb__in=CONFIGURATION_VERBS))


def _entries(asked: Asked, which: Q) -> list[Happening]:
    mine = memberships_of(asked.user).filter(contract__hall_id=asked.device.hall_id, role__in=INSIDE)
    rows = AuditEntry.objects.filter(which, subject_type="device", subject_id=asked.device.pk).filter(
        Q(visibility=Visibility.CLIENT) | Exists(mine)
    )
    if asked.until is not None:
        rows = rows.filter(at__lte=asked.until)
    words = words_of(asked.device)
    return [happening_of(row, words) for row in rows.order_by("-at", "-pk")[: asked.limit]]


def orders(asked: Asked) -> Iterable[Happening]:
    """The change orders of a device, each at its latest step."""
    told = []
    rows = ChangeOrder.objects.filter(devices=asked.device).exclude(
        status__in=(ChangeStatus.DRAFTED, ChangeStatus.CANCELLED)
    )
    for order in rows.select_related("requested_by", "approver", "started_by", "finished_by").order_by("-pk"):
        told += _steps(order)
    if asked.until is not None:
        told = [one for one in told if one.at <= asked.until]
    told.sort(key=lambda one: (one.at, one.key), reverse=True)
    return told[: asked.limit]


def _steps(order: ChangeOrder) -> list[Happening]:
    """What happened to an order, as far as it concerns its devices: decided, begun, done."""
    url = reverse("devices:order", args=[order.code])
    refused = order.status == ChangeStatus.REFUSED
    steps = [
        (1, order.submitted_at, order.requested_by, _("Change order submitted"), "send", ""),
        (
            2,
            order.decided_at,
            order.approver,
            _("Change order refused") if refused else _("Change order approved"),
            "circle-x" if refused else "circle-check",
            "danger" if refused else "",
        ),
        (3, order.started_at, order.started_by, _("Change begun"), "tool", ""),
        (
            4,
            order.finished_at,
            order.finished_by,
            _("Change rolled back") if order.outcome == ChangeOutcome.ROLLED_BACK else _("Change done"),
            "arrow-back-up" if order.outcome == ChangeOutcome.ROLLED_BACK else "checks",
            "warn" if order.outcome == ChangeOutcome.ROLLED_BACK else "ok",
        ),
    ]
    return [
        Happening(
            at=at,
            key=f"{order.pk}.{number}",
            title=title,
            text=f"{order.code} {order.title}" + (f"\n{order.decision}" if number == 2 and order.decision else ""),
            actor=person.name if person is not None else "",
            url=url,
            icon=icon,
            tone=tone,
        )
        for number, at, person, title, icon, tone in steps
        if at is not None
    ]


def orders_due(contract: Contract, today: date) -> Iterable[Due]:
    """Approved orders whose window is over and that nobody has closed."""
    end = datetime.combine(today, time.max, SHANGHAI)
    rows = ChangeOrder.objects.filter(
        contract__hall=contract.hall_id,
        status__in=(ChangeStatus.APPROVED, ChangeStatus.IN_PROGRESS),
        window_to__lte=end,
    ).order_by("window_to", "pk")
    return [
        Due(
            key=str(order.pk),
            title=str(order),
            text=_("Window until %(at)s: please close or cancel the order") % {"at": when(order.window_to)},
            due_on=order.window_to.astimezone(SHANGHAI).date(),
            url=reverse("devices:order", args=[order.code]),
        )
        for order in rows[:LIMIT]
    ]
