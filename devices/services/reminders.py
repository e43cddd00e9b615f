"""Tells people once what is due. The database decides who was told: the task may run at any time and as often as it likes."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_noop

from core.roles import ENGINEER, MANAGER, SUPERVISOR
from devices.due import Due, Source, all_sources
from devices.models import Reminder
from devices.services.common import local_day, people_of
from notifications.services.outbox import message_post
from parties.models import Contract, User

TITLE = gettext_noop("%(t_what)s: %(count)d due")
BODY = gettext_noop("%(names)s")
NAMED = 5
"""So many things a message names; the page shows the rest."""


def due_tell(*, at: datetime) -> int:
    """Tell the people of every contract in force what became due since they were last told; returns how many things."""
    today = local_day(at)
    told = 0
    for contract in (
        Contract.objects.filter(starts_on__lte=today, ends_on__gte=today).select_related("hall").order_by("pk")
    ):
        for source in all_sources():
            if source.tells:
                told += _tell(contract, source, at)
    return told


@transaction.atomic
def _tell(contract: Contract, source: Source, at: datetime) -> int:
    today = local_day(at)
    rows = [(due, _mark(due, overdue=due.is_overdue(today))) for due in source.rows(contract, today)]
    if not rows:
        return 0
    known = set(
        Reminder.objects.filter(contract=contract, kind=source.slug, key__in=[due.key for due, _ in rows]).values_list(
            "key", "mark"
        )
    )
    fresh = [(due, mark) for due, mark in rows if (due.key, mark) not in known]
    if not fresh:
        return 0
    # Whoever tells the same at the same moment loses on the unique key, and with it its whole transaction: nobody hears it twice.
    Reminder.objects.bulk_create(
        Reminder(contract=contract, kind=source.slug, key=due.key, mark=mark, at=at) for due, mark in fresh
    )
    _post(contract, source, [due for due, _ in fresh], at)
    return len(fresh)


def _mark(due: Due, *, overdue: bool) -> str:
    """Which announcement this is: its own mark, its day, and once more when that has passed."""
    return "|".join(part for part in (due.mark, due.due_on.isoformat(), "overdue" if overdue else "") if part)[:40]


def _post(contract: Contract, source: Source, fresh: Sequence[Due], at: datetime) -> None:
    roles = (MANAGER, ENGINEER, SUPERVISOR) if source.to_client else (MANAGER, ENGINEER)
    recipients: list[User] = people_of(contract, at, *roles)
    names = "；".join(due.title for due in fresh[:NAMED]) + ("…" if len(fresh) > NAMED else "")
    message_post(
        contract=contract,
        topic="devices",
        recipients=recipients,
        title=TITLE,
        body=BODY,
        params={"t_what": _msgid(source), "count": len(fresh), "names": names},
        url=f"/devices/due/#{source.slug}",
        at=at,
    )


def _msgid(source: Source) -> str:
    """The English label of a source, which the reader's language puts into words."""
    with translation.override(None):
        return str(source.label)
