"""Compensatory days: what was worked on Saturdays and holidays is entered once it is over (附四, 附二.10)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from contract.services.calendar import calendar_of
from parties.models import Contract
from roster.models import CheckIn, CompOff
from roster.plan import local_day
from roster.rules import earned_half_days
from roster.states import CompOffKind, ShiftStatus

LOOK_BACK = 92
"""Check-ins of so many past days are looked at: one that is entered later still earns its day."""


@transaction.atomic
def comp_off_earn(contract: Contract, at: datetime) -> int:
    """Enter what people earned by shifts on days off that are over and to which they came; returns how many entries are new.

    Safe to repeat: each shift earns once for each person, by the calendar of the moment it is entered.
    """
    today = local_day(at)
    calendar = calendar_of(contract)
    off = [day.date for day in calendar.days(today - timedelta(days=LOOK_BACK), today) if not day.working]
    came = list(
        CheckIn.objects.filter(
            contract=contract,
            shift__date__in=off,
            shift__status=ShiftStatus.PLANNED,
            shift__ends_at__lte=at,
            shift__post__is_stand_by=False,
        )
        .exclude(Exists(CompOff.objects.filter(shift=OuterRef("shift_id"), person=OuterRef("person_id"))))
        .select_related("shift")
        .order_by("shift__starts_at", "pk")
    )
    if not came:
        return 0
    earned = {
        (row["person_id"], row["date"]): row["total"]
        for row in CompOff.objects.filter(contract=contract, kind=CompOffKind.EARNED, date__in=off)
        .values("person_id", "date")
        .annotate(total=Sum("half_days"))
    }
    rows = []
    for row in came:
        key = (row.person_id, row.shift.date)
        worth = earned_half_days(
            working=False,
            stand_by=False,
            length=row.shift.ends_at - row.shift.starts_at,
            already=earned.get(key, 0),
        )
        earned[key] = earned.get(key, 0) + worth
        rows.append(
            CompOff(
                contract=contract,
                person_id=row.person_id,
                kind=CompOffKind.EARNED,
                half_days=worth,
                date=row.shift.date,
                shift=row.shift,
                recorded_at=at,
            )
        )
    CompOff.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
