"""Change orders (变更单): drafted, submitted, decided by somebody else, carried out in their window, closed with their result."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, Invalid, NotAllowed
from core.flow import claim
from core.roles import ENGINEER, MANAGER, SUPERVISOR
from devices.finds.history import order_in_force_on, values_of, versions_on
from devices.finds.network import addresses_of
from devices.models import ChangeKind, ChangeOrder, ChangeOutcome, Decider, Device, EmergencyChange
from devices.services.common import KEEPERS, check_input, code_for, local_day, needed, optional, people_of, require_role
from devices.states import CHANGE_ORDER_FLOW, ChangeStatus
from notifications.services.outbox import message_post
from parties.models import Contract, User
from parties.querysets import role_in
from records.models import Source
from records.services.audit import audit_write, changes

TOPIC = "devices"
MOST_DEVICES = 50
LONGEST_WINDOW = timedelta(days=31)
THOUGHT = ("plan", "impact", "security_impact", "reliability", "fallback")
"""What a draft may leave open and a submitted order may not (五.2(3))."""
LIMITS = {"plan": 2000, "impact": 500, "security_impact": 500, "reliability": 500, "fallback": 500}


@dataclass(frozen=True, kw_only=True)
class OrderData:
    """What somebody writes into a change order."""

    kind: str
    title: str
    reason: str
    window_from: datetime
    window_to: datetime
    devices: Sequence[Device] = field(default_factory=tuple)
    plan: str = ""
    impact: str = ""
    security_impact: str = ""
    reliability: str = ""
    fallback: str = ""


# What other rooms ask -------------------------------------------------------------------------------------------------


def order_needed(device: Device) -> bool:
    """Whether configuration and network address of a device are changed under an order only: those of key devices."""
    return device.is_key


def order_in_force(device: Device, at: datetime) -> ChangeOrder | None:
    """The approved and started order in whose window the instant lies; None when there is none."""
    return order_in_force_on(device, at)


def order_required(
    *, device: Device, contract: Contract, what: str, emergency: str, actor: User | None, at: datetime, source: str
) -> ChangeOrder | None:
    """Let a change of a device pass: under the order in force, or, for a key device, with the reason why it could not wait.

    Call it in the transaction of the change. `what` names the change in a few words, never a secret. An emergency is listed apart
    and told to manager and supervisor. Raises Invalid (field "emergency") when a key device has neither.
    """
    if source in (Source.DEMO, Source.TASK):
        # What a task carries out was decided by a person before.
        return None
    order = order_in_force(device, at)
    if order is not None:
        # Finishing the order waits until this change is in: the snapshot afterwards shows it.
        if not ChangeOrder.objects.filter(pk=order.pk, status=ChangeStatus.IN_PROGRESS).update(
            status=models.F("status")
        ):
            raise Conflict(_("The change order has just been closed. Please look at it again."))
        return order
    if not order_needed(device):
        return None
    problem = needed(
        emergency,
        300,
        _("This is a key device: please start an approved change order in its window, or say why it could not wait."),
    )
    check_input({"emergency": problem})
    EmergencyChange.objects.create(
        contract=contract, device=device, what=what[:120], reason=emergency.strip(), by=actor, at=at
    )
    message_post(
        contract=contract,
        topic=TOPIC,
        recipients=people_of(contract, at, MANAGER, SUPERVISOR),
        title=gettext_noop("Key device changed without an order: %(name)s"),
        body=gettext_noop("%(what)s. Why it could not wait: %(reason)s"),
        params={"name": str(device), "what": what[:120], "reason": emergency.strip()},
        url=reverse("devices:emergencies"),
        urgent=True,
        at=at,
    )
    return None


# Verbs ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def order_draft(
    *, contract: Contract, data: OrderData, actor: User, at: datetime, source: str = Source.PAGE
) -> ChangeOrder:
    """Write a change order. Raises NotAllowed; Invalid without title, reason, devices or a window that goes forward."""
    require_role(actor, contract, *KEEPERS)
    _check(data, contract)
    order = ChangeOrder.objects.create(
        contract=contract, code=code_for(contract, "BG", at), requested_by=actor, requested_at=at, **_values(data)
    )
    order.devices.set(data.devices)
    after = {**_values(data), "code": order.code, "devices": list(data.devices)}
    _audit(order, "draft", actor, at, source, after=after)
    return order


@transaction.atomic
def order_edit(
    *, order: ChangeOrder, version_seen: int, data: OrderData, actor: User, at: datetime, source: str = Source.PAGE
) -> ChangeOrder:
    """Change a draft, or take up again what was refused; it is a draft then.

    Raises NotAllowed for anybody but who asked for it and the manager; Invalid; Conflict when it has moved on.
    """
    _require_owner(order, actor)
    _check(data, order.contract)
    values = _values(data)
    before, after = changes(order, **values)
    old = list(order.devices.order_by("code"))
    if {row.pk for row in old} != {row.pk for row in data.devices}:
        before["devices"], after["devices"] = [str(row) for row in old], [str(row) for row in data.devices]
    updated = ChangeOrder.objects.filter(
        pk=order.pk, version=version_seen, status__in=CHANGE_ORDER_FLOW.move("edit").sources
    ).update(
        **values,
        status=ChangeStatus.DRAFTED,
        approver=None,
        decided_at=None,
        decision="",
        version=models.F("version") + 1,
    )
    if not updated:
        raise Conflict(_("This order has moved on since you opened it. Please look at its present state."))
    order.devices.set(data.devices)
    order.refresh_from_db()
    _audit(order, "edit", actor, at, source, before=before, after=after)
    return order


@transaction.atomic
def order_submit(*, order: ChangeOrder, actor: User, at: datetime, source: str = Source.PAGE) -> ChangeOrder:
    """Ask for approval: an engineer asks the manager, the manager asks the client's supervisor.

    Raises NotAllowed; Invalid when plan, impact, security, reliability or fallback is missing (五.2(3)), or the window is over.
    """
    _require_owner(order, actor)
    check_input({name: needed(getattr(order, name), LIMITS[name]) for name in THOUGHT})
    check_input({"window_to": _still_ahead(order, at)})
    # Who asks decides who answers: a manager's order is the supervisor's to approve, whoever sends it off.
    asked_by = role_in(order.requested_by, order.contract_id)
    decider = Decider.MANAGER if asked_by == ENGINEER else Decider.SUPERVISOR
    claim(order, CHANGE_ORDER_FLOW, "submit", submitted_at=at, decider=decider)
    _audit(order, "submit", actor, at, source, after={"status": order.status, "decider": decider})
    _tell(
        order, people_of(order.contract, at, str(decider)), gettext_noop("%(code)s waits for your approval"), actor, at
    )
    return order


@transaction.atomic
def order_approve(
    *,
    order: ChangeOrder,
    version_seen: int,
    actor: User,
    at: datetime,
    decision: str = "",
    source: str = Source.PAGE,
) -> ChangeOrder:
    """Approve an order. Raises NotAllowed for anybody but whose turn it is, never who asked; Conflict; Invalid (window over)."""
    _require_decider(order, actor)
    check_input({"decision": optional(decision, 300) or _still_ahead(order, at)})
    _same(order, version_seen)
    claim(order, CHANGE_ORDER_FLOW, "approve", approver=actor, decided_at=at, decision=decision.strip())
    _audit(order, "approve", actor, at, source, after={"status": order.status, "approver": actor}, reason=decision)
    _tell(order, [order.requested_by], gettext_noop("%(code)s is approved"), actor, at)
    return order


@transaction.atomic
def order_refuse(
    *, order: ChangeOrder, version_seen: int, decision: str, actor: User, at: datetime, source: str = Source.PAGE
) -> ChangeOrder:
    """Refuse an order and say why; it can be taken up again. Raises NotAllowed, Invalid without a reason, Conflict."""
    _require_decider(order, actor)
    check_input({"decision": needed(decision, 300, _("Please say why it is refused."))})
    _same(order, version_seen)
    claim(order, CHANGE_ORDER_FLOW, "refuse", approver=actor, decided_at=at, decision=decision.strip())
    _audit(order, "refuse", actor, at, source, after={"status": order.status, "approver": actor}, reason=decision)
    _tell(order, [order.requested_by], gettext_noop("%(code)s is refused"), actor, at)
    return order


@transaction.atomic
def order_start(*, order: ChangeOrder, actor: User, at: datetime, source: str = Source.PAGE) -> ChangeOrder:
    """Begin the work within the window; what its devices are configured like is kept. Raises NotAllowed, Conflict, Invalid."""
    require_role(actor, order.contract, *KEEPERS)
    if not order.window_from <= at <= order.window_to:
        raise Invalid(
            _("Work may begin within the order's window only. If it has passed, cancel the order and write a new one.")
        )
    claim(order, CHANGE_ORDER_FLOW, "start", started_by=actor, started_at=at, before=snapshot_of(order, at))
    _audit(order, "start", actor, at, source, after={"status": order.status})
    return order


@transaction.atomic
def order_finish(
    *, order: ChangeOrder, outcome: str, result: str, actor: User, at: datetime, source: str = Source.PAGE
) -> ChangeOrder:
    """Close an order with its outcome; what its devices are configured like now is kept beside what was. Raises NotAllowed,
    Invalid without outcome and result, Conflict."""
    require_role(actor, order.contract, *KEEPERS)
    problem = "" if outcome in ChangeOutcome.values else _("Please choose how it ended.")
    check_input({"outcome": problem, "result": needed(result, 1000)})
    # The row is claimed before its devices are read: changes under this order are all in, or refused.
    claim(
        order,
        CHANGE_ORDER_FLOW,
        "finish",
        finished_by=actor,
        finished_at=at,
        outcome=outcome,
        result=result.strip(),
    )
    order.after = snapshot_of(order, at)
    ChangeOrder.objects.filter(pk=order.pk).update(after=order.after)
    _audit(
        order, "finish", actor, at, source, after={"status": order.status, "outcome": outcome, "result": order.result}
    )
    people = [order.requested_by, *([order.approver] if order.approver else [])]
    _tell(order, people, gettext_noop("%(code)s is done"), actor, at)
    return order


@transaction.atomic
def order_cancel(
    *, order: ChangeOrder, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> ChangeOrder:
    """Give an order up before work has begun, and say why. Raises NotAllowed, Invalid without a reason, Conflict."""
    _require_owner(order, actor)
    check_input({"reason": needed(reason, 300, _("Please give the reason."))})
    before = order.status
    claim(order, CHANGE_ORDER_FLOW, "cancel", result=reason.strip())
    _audit(order, "cancel", actor, at, source, before={"status": before}, after={"status": order.status}, reason=reason)
    people = [order.requested_by, *([order.approver] if order.approver else [])]
    _tell(order, people, gettext_noop("%(code)s is cancelled"), actor, at)
    return order


def snapshot_of(order: ChangeOrder, at: datetime) -> dict[str, Any]:
    """How an order's devices are configured now, by their ids: parameters (a secret as a mark without its value), addresses and
    place, each with the names they have today."""
    devices = list(order.devices.select_related("place").order_by("code"))
    versions = versions_on(devices, local_day(at))
    addresses = addresses_of(devices)
    return {
        str(device.pk): {
            "device": str(device),
            "place": str(device.place),
            "addresses": addresses.get(device.pk, []),
            "items": {key: asdict(value) for key, value in values_of(versions[device.pk]).items()},
        }
        for device in devices
    }


# ----------------------------------------------------------------------------------------------------------------------


def _values(data: OrderData) -> dict[str, Any]:
    return {
        "kind": data.kind,
        "title": data.title.strip(),
        "reason": data.reason.strip(),
        "window_from": data.window_from,
        "window_to": data.window_to,
        **{name: str(getattr(data, name)).strip() for name in THOUGHT},
    }


def _check(data: OrderData, contract: Contract) -> None:
    wrong = {
        "kind": "" if data.kind in ChangeKind.values else _("Please choose the kind of change."),
        "title": needed(data.title, 80),
        "reason": needed(data.reason, 500, _("Please give the reason.")),
        "devices": _device_complaint(data.devices, contract),
        "window_to": _window_complaint(data.window_from, data.window_to),
        **{name: optional(getattr(data, name), limit) for name, limit in LIMITS.items()},
    }
    check_input(wrong)


def _device_complaint(devices: Sequence[Device], contract: Contract) -> str:
    if not devices:
        return _("Please name at least one device.")
    if len(devices) > MOST_DEVICES:
        return _("At most %(count)d devices.") % {"count": MOST_DEVICES}
    if any(device.hall_id != contract.hall_id for device in devices):
        return _("There is no such device in this hall.")
    return ""


def _window_complaint(start: datetime, end: datetime) -> str:
    if end <= start:
        return _("The window must end after it begins.")
    if end - start > LONGEST_WINDOW:
        return _("A window has at most %(days)s days.") % {"days": LONGEST_WINDOW.days}
    return ""


def _still_ahead(order: ChangeOrder, at: datetime) -> str:
    return "" if order.window_to > at else _("The window is over. Please set another one first.")


def _require_owner(order: ChangeOrder, actor: User) -> None:
    role = role_in(actor, order.contract_id)
    if role != MANAGER and not (role in KEEPERS and actor.pk == order.requested_by_id):
        raise NotAllowed(_("Only who asked for it and the project manager may do this."))


def _require_decider(order: ChangeOrder, actor: User) -> None:
    if not can_decide(actor, order):
        raise NotAllowed(_("This order is not yours to decide."))


def can_decide(actor: Any, order: ChangeOrder) -> bool:
    """Whether this account may approve or refuse the order: it has the asked role, and did not ask itself."""
    return (
        bool(order.decider) and role_in(actor, order.contract_id) == order.decider and actor.pk != order.requested_by_id
    )


def _same(order: ChangeOrder, version_seen: int) -> None:
    if order.version != version_seen:
        raise Conflict(_("This order has moved on since you opened it. Please look at its present state."))


def _audit(
    order: ChangeOrder,
    verb: str,
    actor: User,
    at: datetime,
    source: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit_write(
        contract=order.contract,
        subject=order,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after=after,
        reason=reason,
    )


def _tell(order: ChangeOrder, people: list[User], title: str, actor: User, at: datetime) -> None:
    message_post(
        contract=order.contract,
        topic=TOPIC,
        recipients=[person for person in people if person.pk != actor.pk],
        title=title,
        body=gettext_noop("%(title)s. Window: %(from_at)s to %(to_at)s"),
        params={"code": order.code, "title": order.title, "from_at": order.window_from, "to_at": order.window_to},
        url=reverse("devices:order", args=[order.code]),
        subject=order,
        at=at,
    )
