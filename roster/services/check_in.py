"""Check-ins: somebody says that they are there, or the manager says so later and why (五.2(2), 附四)."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid, NotAllowed
from parties.models import User
from records.models import Source, Visibility
from records.services.audit import audit_write
from roster.models import CheckIn, Shift
from roster.permissions import can_work, only_manager
from roster.plan import approved_absences, shift_facts
from roster.rules import CHECK_IN_OPENS, Expected, expected, late_seconds
from roster.states import CheckInWay, ShiftStatus


@transaction.atomic
def check_in(*, shift: Shift, way: str, actor: User, at: datetime, source: str = Source.PAGE) -> CheckIn:
    """Note that somebody has come to their shift; said twice, the first instant stands.

    Raises NotAllowed when the shift is not theirs, Conflict when it was taken out, and Invalid before the doors open or
    after it ended.
    """
    mine = expected_at(shift, actor)
    if mine is None or not can_work(actor, shift.contract):
        raise NotAllowed(_("This is not your shift."))
    if at < mine.starts_at - CHECK_IN_OPENS:
        minutes = int(CHECK_IN_OPENS.total_seconds() // 60)
        raise Invalid(_("You can check in from %(minutes)s minutes before the shift.") % {"minutes": minutes})
    if at >= mine.ends_at:
        raise Invalid(_("This shift is over. Please ask the project manager to enter your check-in."))
    found = CheckIn.objects.filter(shift=shift, person=actor).first()
    if found is not None:
        return found
    row = CheckIn(
        contract=shift.contract,
        shift=shift,
        person=actor,
        at=at,
        way=way,
        late_seconds=late_seconds(mine.starts_at, at),
        recorded_at=at,
    )
    return _kept(row, actor, source)


@transaction.atomic
def check_in_enter(
    *, shift: Shift, person: User, came_at: datetime, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> CheckIn:
    """Enter a check-in later, marked as such with its reason.

    Raises NotAllowed for anybody but the manager, Invalid without a reason, for somebody who was not expected, or an
    instant outside the shift or in the future; Conflict when there is a check-in already.
    """
    only_manager(actor, shift.contract)
    if not reason.strip():
        message = _("Please say why it is entered later.")
        raise Invalid(message, fields={"reason": message})
    theirs = expected_at(shift, person)
    if theirs is None:
        message = _("%(name)s was not expected at this shift.") % {"name": person}
        raise Invalid(message, fields={"person": message})
    if came_at > at or not theirs.starts_at - CHECK_IN_OPENS <= came_at < theirs.ends_at:
        message = _("The time must lie within the shift and not in the future.")
        raise Invalid(message, fields={"came_at": message})
    if CheckIn.objects.filter(shift=shift, person=person).exists():
        raise _already(person)
    row = CheckIn(
        contract=shift.contract,
        shift=shift,
        person=person,
        at=came_at,
        way=CheckInWay.LATER,
        late_seconds=late_seconds(theirs.starts_at, came_at),
        entered_by=actor,
        reason=reason.strip(),
        recorded_at=at,
    )
    return _kept(row, actor, source)


def expected_at(shift: Shift, person: User) -> Expected | None:
    """From when until when somebody has to be at a shift, as its person or in somebody's place; None: they have not.

    Raises Conflict when the shift was taken out of the roster.
    """
    if shift.status != ShiftStatus.PLANNED:
        raise Conflict(_("This shift has already been taken out of the roster."))
    if shift.post.is_stand_by:
        return None
    people = [row for row in (shift.person_id, shift.stand_in_id) if row is not None]
    absences = approved_absences(shift.contract, [*people, person.pk], shift.starts_at, shift.ends_at)
    rows = expected(shift_facts(shift), absences)
    return next((row for row in rows if row.person == person.pk), None)


def _kept(row: CheckIn, actor: User, source: str) -> CheckIn:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _already(row.person) from error
    audit_write(
        contract=row.contract,
        subject=row.shift,
        verb="check_in_enter" if row.way == CheckInWay.LATER else "check_in",
        actor=actor,
        at=row.recorded_at,
        source=source,
        after={"person": row.person, "at": row.at, "way": row.way, "late_seconds": row.late_seconds},
        reason=row.reason,
        visibility=Visibility.INTERNAL,
    )
    return row


def _already(person: User) -> Conflict:
    return Conflict(_("%(name)s has already checked in for this shift.") % {"name": person})
