"""A fault that turns out to be difficult: the promise of an hour ends with its true result, that of days begins."""

from datetime import datetime

from django.utils.translation import gettext as _

from core import subjects
from core.errors import Invalid, NotAllowed
from core.transactions import joined
from parties.models import User
from records.models import Source
from sla import rules
from sla.models import Clock
from sla.permissions import can_amend
from sla.services import row as rows
from sla.services.clock import clock_start, clock_stop


@joined
def clock_reclassify(
    *,
    clock: Clock,
    kind: str,
    received_at: datetime,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Clock:
    """Close the promise of an hour at `at`, kept or missed as it is, and start that of 5 or 7 working days from the day of receipt.

    Done after the breach it is flagged in the event and the history (附三.4)c, interpretation 9). Vendors' clocks end with the old
    promise; who still waits for one opens it beside the new. Raises NotAllowed for anybody but the manager, Invalid without a
    reason or for another kind, Conflict when the clock has ended. Returns the new clock; it knows the old one by `replaces`.
    """
    row = rows.fresh(clock, "stop")
    if not can_amend(actor, row.contract_id):
        raise NotAllowed(_("Only the project manager may call a fault difficult."))
    if row.kind not in rules.FROM_APPOINTMENT or kind not in rules.DIFFICULT:
        raise Invalid(_("Only a repair within the hour becomes one of working days."))
    reason = rows.needed(reason, "reason", _("Please say why the fault is difficult."))
    if received_at > at:
        raise Invalid(_("It cannot have been received after now."))
    late = row.breached_at is not None or (row.due_at is not None and at > row.due_at)
    note = {"reclassified_to": kind, "after_breach": late}
    stopped = clock_stop(clock=row, at=at, actor=actor, reason=reason, source=source, note=note)
    started = clock_start(
        contract=row.contract,
        kind=kind,
        subject=subjects.load(row.subject_type, row.subject_id),
        started_at=received_at,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        replaces=stopped,
    )
    rows.audit(
        stopped,
        "clock_reclassify",
        actor=actor,
        at=at,
        source=source,
        before={"kind": row.kind, "due_at": stopped.due_at},
        after={"kind": kind, "clock": started.pk, "due_at": started.due_at, "after_breach": late},
        reason=reason,
    )
    rows.show(clock, stopped)
    return started
