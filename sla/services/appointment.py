"""Appointments that move: the client's wish shifts when the repair begins to count; ours is traced and shifts nothing."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contract import rules as calendar_rules
from core.errors import Conflict, Invalid, NotAllowed
from core.transactions import joined
from parties.models import User
from records.models import Source
from sla import rules
from sla.models import Clock, ClockEvent
from sla.permissions import can_move
from sla.services import row as rows
from sla.services.policies import target_of
from sla.states import AskedBy


@joined
def clock_move_appointment(
    *,
    clock: Clock,
    starts_at: datetime,
    asked_by: str,
    name: str,
    how: str,
    reason: str = "",
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Clock:
    """Note that the appointment from which a repair counts is now at `starts_at`, who asked for it (`name`) and how.

    Asked by the client, the clock starts anew there: its pauses are forgotten, its whole ladder is laid again. Asked by us, an
    event keeps it and nothing shifts (附三.4)a). Raises NotAllowed for anybody but the contractor's people; Invalid for a promise
    without an appointment, an instant that has passed, a missing name or way, or a move by more than four hours without the
    client's reason; Conflict once the deadline was missed.
    """
    asked = asked_by == AskedBy.CLIENT
    row = rows.fresh(clock, "restart" if asked else "move")
    if not can_move(actor, row.contract_id):
        raise NotAllowed(_("Only the contractor's people may move an appointment."))
    if row.kind not in rules.FROM_APPOINTMENT:
        raise Invalid(_("This promise does not count from an appointment."))
    if asked_by not in AskedBy.values:
        raise Invalid(_("Please say who asked for it."), fields={"asked_by": _("Please say who asked for it.")})
    name = rows.needed(name, "name", _("Please name who asked for it."))
    how = rows.needed(how, "how", _("Please say how they asked."))
    reason = reason.strip()
    if starts_at < at:
        message = _("The new appointment lies in the past.")
        raise Invalid(message, fields={"starts_at": message})
    if starts_at - row.started_at > rules.FREE_MOVE and not reason:
        message = _("An appointment that moves by more than four hours needs the client's reason.")
        raise Invalid(message, fields={"reason": message})
    row = rows.settle(row, at, at, source)
    moved: dict[str, Any] = {"asked_by": str(asked_by), "name": name, "how": how}
    before = {"started_at": row.started_at, "due_at": row.due_at}
    if asked:
        _restart(row, starts_at, reason, moved, actor, at)
    else:
        data = {**moved, "starts_at": starts_at.isoformat()}
        rows.enter(row, ClockEvent.Kind.MOVE, at, at, actor, reason, data)
    rows.audit(
        row,
        "clock_move_appointment",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={**moved, "appointment": starts_at, "started_at": row.started_at, "due_at": row.due_at},
        reason=reason,
    )
    return rows.show(clock, row)


def _restart(row: Clock, starts_at: datetime, reason: str, moved: dict[str, Any], actor: User, at: datetime) -> None:
    if row.breached_at is not None:
        raise Conflict(_("The deadline was missed already, and that stays. Ask the client for an exemption instead."))
    calendar = rows.calendar_for(row)
    due = calendar_rules.due(calendar, starts_at, target_of(row.policy))
    data = {
        **rules.fixed(due),
        **moved,
        "old_started_at": row.started_at.isoformat(),
        "old_due_at": row.due_at.isoformat() if row.due_at else None,
    }
    values = {
        "started_at": starts_at,
        "due_at": due.due_at,
        "provisional": due.provisional,
        "epoch": row.epoch + 1,
    }
    rows.move(row, "restart", values)
    rows.enter(row, ClockEvent.Kind.RESTART, starts_at, at, actor, reason, data)
    rows.drop_ladder(row)
    rows.lay_ladder(row, row.policy, calendar, due, at, again=True)
