"""A vendor's clock beside the contractor's: waiting for a vendor never holds the promise, but says whose time it was."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _

from core import subjects
from core.errors import Conflict, Invalid, NotAllowed
from core.transactions import joined
from parties.models import User
from records.models import Source, Visibility
from sla.models import Clock
from sla.permissions import can_move
from sla.services import row as rows
from sla.services.clock import clock_start

VENDOR = "vendor"


@joined
def vendor_clock_open(
    *,
    parent: Clock,
    vendor: str,
    started_at: datetime | None = None,
    subject: models.Model | None = None,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Clock:
    """Let a vendor's clock run beside a promise from `started_at` (default `at`) on; the promise itself goes on as before.

    `subject` is the record of the dispatch, where there is one; else what the promise is about, which then has one vendor's clock
    at a time. It ends by clock_stop, at the latest with its parent. Raises NotAllowed for anybody but the contractor's people,
    Invalid without a vendor's name or beside a promise that has no vendors (a response), Conflict when the promise has ended.
    """
    started_at = started_at or at
    row = rows.fresh(parent, "stop")
    if not can_move(actor, row.contract_id):
        raise NotAllowed(_("Only the contractor's people may call a vendor."))
    if row.parent_id is not None or not row.policy.pausable:
        raise Invalid(_("No vendor works beside this promise."))
    vendor = rows.needed(vendor, "vendor", _("Please name the vendor."))
    about = subject if subject is not None else subjects.load(row.subject_type, row.subject_id)
    open_one = Clock.objects.filter(
        subject_type=subjects.key_of(about), subject_id=about.pk, kind=VENDOR, state__in=("running", "paused")
    )
    if open_one.exists():
        raise Conflict(_("A vendor's clock runs already."))
    clock = clock_start(
        contract=row.contract,
        kind=VENDOR,
        subject=about,
        started_at=started_at,
        actor=actor,
        at=at,
        source=source,
        reason=vendor,
        parent=row,
    )
    rows.audit(
        row,
        "vendor_clock_open",
        actor=actor,
        at=at,
        source=source,
        after={"vendor": vendor, "due_at": clock.due_at},
        visibility=Visibility.INTERNAL,
    )
    return clock
