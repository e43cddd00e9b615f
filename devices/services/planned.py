"""Changes of status that wait for their day: planned by a keeper, carried out once by the beat, cancellable until then."""

from datetime import date, datetime

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, DomainError
from core.flow import claim
from core.roles import MANAGER
from devices.models import Device, PlannedStatus
from devices.services.common import check_input, local_day, needed, require_keeper, require_role
from devices.services.register import MANAGERS_VERBS, REASON_LIMIT, device_status_set, status_verb
from devices.states import PLANNED_STATUS_FLOW, DeviceStatus, PlannedState
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write

log = structlog.get_logger(__name__)
DAYS_AHEAD = 732


@transaction.atomic
def planned_add(
    *,
    device: Device,
    contract: Contract,
    target: str,
    on: date,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> PlannedStatus:
    """Plan a status from a day to come. Raises NotAllowed, Invalid, and Conflict when one is planned already."""
    require_keeper(actor, contract, source=source)
    today = local_day(at)
    check_input(
        {
            "reason": needed(reason, REASON_LIMIT, _("Please say why.")),
            "status": "" if target in DeviceStatus.values else _("Please choose one of the values offered."),
            "on": ""
            if 0 < (on - today).days <= DAYS_AHEAD
            else _("Please choose a day from tomorrow, within two years."),
        }
    )
    if status_verb(device, target) in MANAGERS_VERBS:
        require_role(actor, contract, MANAGER)
    try:
        with transaction.atomic():
            plan = PlannedStatus.objects.create(
                device=device,
                contract=contract,
                target=target,
                on=on,
                reason=reason.strip(),
                planned_by=actor,
                planned_at=at,
            )
    except IntegrityError:
        raise Conflict(_("A change of status is planned already; cancel it first.")) from None
    _told(plan, "plan_status", actor=actor, at=at, source=source)
    return plan


@transaction.atomic
def planned_cancel(*, plan: PlannedStatus, actor: User, at: datetime, source: str = Source.PAGE) -> PlannedStatus:
    """Give up a planned change. Raises NotAllowed, and Conflict when it was carried out meanwhile."""
    require_keeper(actor, plan.contract, source=source)
    claim(plan, PLANNED_STATUS_FLOW, "cancel", ended_at=at)
    _told(plan, "cancel_plan", actor=actor, at=at, source=source)
    return plan


def planned_carry_out(*, at: datetime) -> int:
    """Carry out what is due, each change in a transaction of its own; returns how many devices changed.

    Running twice does nothing the second time. What the flow no longer allows is ended with its reason and not tried again.
    """
    today, done = local_day(at), 0
    due = PlannedStatus.objects.filter(status=PlannedState.PLANNED, on__lte=today)
    for pk in due.order_by("on", "pk").values_list("pk", flat=True):
        done += _carry_out(pk, at)
    return done


def _carry_out(pk: int, at: datetime) -> int:
    plan = PlannedStatus.objects.select_related("device__hall", "contract").get(pk=pk)
    try:
        with transaction.atomic():
            claim(plan, PLANNED_STATUS_FLOW, "carry_out", ended_at=at)
            device_status_set(
                device=plan.device, contract=plan.contract, status=plan.target, reason=plan.reason, actor=None, at=at,
                source=Source.TASK,
            )  # fmt: skip
    except DomainError as error:
        plan.refresh_from_db()
        if plan.status == PlannedState.PLANNED:
            with transaction.atomic():
                claim(plan, PLANNED_STATUS_FLOW, "refuse", ended_at=at, outcome=error.message[:200])
                _told(plan, "refuse_plan", actor=None, at=at, source=Source.TASK)
        log.info("planned_status_not_carried_out", plan=pk, why=type(error).__name__)
        return 0
    return 1


def _told(plan: PlannedStatus, verb: str, *, actor: User | None, at: datetime, source: str) -> None:
    audit_write(
        contract=plan.contract,
        subject=plan.device,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        after={"of": f"plannedstatus:{plan.pk}", "status": plan.target, "on": plan.on, "outcome": plan.outcome},
        reason=plan.reason,
    )
