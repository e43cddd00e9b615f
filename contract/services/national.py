"""A year's State Council arrangement comes in: read from a table, told of while it is missing, taken over for every contract."""

import csv
import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from contract.models import MissingYearReminder, PublishedYear
from contract.permissions import can_take_national
from contract.rules import NationalDay, NationalDaysError, Problem, read_national_days
from contract.rules.national import missing_year
from contract.services.calendar import national_year_load
from core import posting
from core.clock import SHANGHAI
from core.errors import Invalid, NotAllowed
from core.roles import ADMIN, MANAGER
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source

TOPIC = "calendar"
FAULTS = {
    "heading": gettext_lazy("the first line must name the columns year,date,kind,name,notice"),
    "columns": gettext_lazy("the row must have five columns"),
    "year": gettext_lazy("this is no year"),
    "date": gettext_lazy("this is no date (write 2027-02-06)"),
    "kind": gettext_lazy("the kind must be holiday or makeup"),
    "name": gettext_lazy("the name of the holiday is missing"),
    "notice": gettext_lazy("the number of the notice is missing"),
    "date_outside_year": gettext_lazy("the date lies outside the year of its notice"),
    "makeup_not_on_weekend": gettext_lazy("a make-up workday must fall on a weekend"),
    "duplicate": gettext_lazy("the date is named twice"),
    "empty": gettext_lazy("the table has no rows"),
    "missing_holiday": gettext_lazy("a holiday that the law fixes is missing; is the table complete?"),
    "unreadable": gettext_lazy("the file cannot be read as a table of text"),
}
LOADED = gettext_noop("The holiday arrangement of %(years)s is loaded")
LOADED_BODY = gettext_noop(
    "%(notice)s. Days that were provisional are settled; promises whose due time changes were amended."
)
MISSING = gettext_noop("The holiday arrangement of %(year)s is missing")
MISSING_BODY = gettext_noop(
    "Days of %(year)s are provisional until the administrator has loaded the State Council's arrangement."
)


def national_read(text: str) -> tuple[NationalDay, ...]:
    """The days of a table. Raises NationalDaysError that names every bad row."""
    try:
        return read_national_days(text)
    except csv.Error as error:
        raise NationalDaysError([Problem(0, "unreadable", "")]) from error


def problems_in_words(error: NationalDaysError, *, first_line: int = 1) -> list[str]:
    """Every problem with its line, for the person who sent the table. `first_line` is the number of the heading's line."""
    told = []
    for problem in error.problems:
        words = str(FAULTS[problem.code])
        if problem.value:
            words = _("%(what)s: “%(value)s”") % {"what": words, "value": problem.value}
        line = problem.line - 1 + first_line
        told.append(_("Line %(line)s: %(what)s") % {"line": line, "what": words} if problem.line else words)
    return told


@transaction.atomic
def national_take(
    *, contract: Contract, days: Sequence[NationalDay], actor: User, at: dt.datetime, source: str = Source.PAGE
) -> list[int]:
    """Take over the arrangement of the years that `days` speak of, for every contract of the house; returns the years that changed.

    The managers of every contract that has not ended are told. `contract` is the one in which the administrator acts. Raises
    NotAllowed, and Invalid when nothing would change or a date belongs to another year already.
    """
    if not can_take_national(actor, contract):
        raise NotAllowed(_("Only the administrator loads the holiday arrangement."))
    changed = national_year_load(days=days, at=at, actor=actor, source=source)
    if not changed:
        raise Invalid(_("This arrangement is loaded already; nothing changes."))
    today = at.astimezone(SHANGHAI).date()
    notices = dict.fromkeys(day.notice for day in days if day.year in changed)
    for running in Contract.objects.filter(ends_on__gte=today).order_by("pk"):
        posting.post(
            contract=running,
            topic=TOPIC,
            recipients=people_with_role(running, MANAGER, on=today),
            title=LOADED,
            body=LOADED_BODY,
            params={"years": "、".join(map(str, changed)), "notice": "、".join(notices)},
            url=reverse("contract:year", args=[changed[-1]]),
            at=at,
        )
    return changed


def year_missing(today: dt.date) -> int | None:
    """The year whose arrangement should be loaded by now and is not: one that has begun, or from 15 November on the next one."""
    return missing_year(set(PublishedYear.objects.values_list("year", flat=True)), today)


def missing_year_remind(*, at: dt.datetime) -> int:
    """Tell managers and administrators of every running contract, once a week, of a missing year; returns how many contracts.

    The row of the week decides: whoever writes it posts, however often and by however many processes this is called.
    """
    today = at.astimezone(SHANGHAI).date()
    year = year_missing(today)
    if year is None:
        return 0
    week = today - dt.timedelta(days=today.weekday())
    told = MissingYearReminder.objects.filter(week=week).values("contract_id")
    reminded = 0
    for contract in (
        Contract.objects.filter(starts_on__lte=today, ends_on__gte=today).exclude(pk__in=told).order_by("pk")
    ):
        with transaction.atomic():
            _row, created = MissingYearReminder.objects.get_or_create(
                contract=contract, week=week, defaults={"year": year, "posted_at": at}
            )
            if not created:
                continue
            posting.post(
                contract=contract,
                topic=TOPIC,
                recipients=people_with_role(contract, MANAGER, ADMIN, on=today),
                title=MISSING,
                body=MISSING_BODY,
                params={"year": year},
                url=reverse("contract:year", args=[year]),
                at=at,
            )
        reminded += 1
    return reminded
