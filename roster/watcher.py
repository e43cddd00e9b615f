"""Tells the calendar which planned shifts a change of days would touch."""

from collections import Counter
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contract.rules.calendar import Day, ServiceCalendar
from core.watchers import Difference, Watcher
from parties.models import Contract
from roster.models import Shift
from roster.plan import local_day, monday_of
from roster.present import day_kind_label
from roster.states import ShiftStatus


def differences(contract: Contract, old: ServiceCalendar, new: ServiceCalendar, at: datetime) -> list[Difference]:
    """The days from today on that have planned shifts and would be of another kind or have other hours; one statement."""
    dates = Shift.objects.filter(
        contract=contract, status=ShiftStatus.PLANNED, date__gte=local_day(at) - timedelta(days=1)
    ).values_list("date", flat=True)
    found = []
    for day, number in sorted(Counter(dates).items()):
        before, after = old.day(day), new.day(day)
        if (before.kind, before.windows, before.working) != (after.kind, after.windows, after.working):
            label = ngettext("%(day)s: %(number)s shift", "%(day)s: %(number)s shifts", number) % {
                "day": day.isoformat(),
                "number": number,
            }
            url = f"{reverse('roster:week')}?week={monday_of(day)}"
            found.append(Difference(day.isoformat(), label, url, _said(before), _said(after)))
    return found


def _said(day: Day) -> str:
    hours = "、".join(str(window) for window in day.windows) or _("no service")
    return f"{day_kind_label(day.kind)} {hours}"


ROSTER_WATCHER = Watcher(name="roster", heading=gettext_lazy("Planned shifts"), differences=differences)
