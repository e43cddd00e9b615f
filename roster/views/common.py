"""What the roster's pages share: who may, which day is meant, which shift is whose."""

from datetime import date
from typing import Any

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.http import Request
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from records.services.audit import audit_write
from roster.models import Shift
from roster.plan import local_day, monday_of
from roster.querysets import shifts_visible_to

EXPORTERS = (MANAGER, ENGINEER, SUPERVISOR, LEADER)
"""The auditor reads on the screen, where it is logged."""
READERS = (*EXPORTERS, AUDITOR)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


def today() -> date:
    """The local day of now."""
    return local_day(clock.now())


def day_in(request: Request, name: str, default: date) -> date:
    """The day that the address names; the default when it names none that exists."""
    try:
        day = parse_date(request.GET.get(name, "")[:10])
    except ValueError:
        day = None
    return day if day is not None and FIRST_DAY <= day <= LAST_DAY else default


def shift_of(request: Request, pk: int) -> Shift:
    """A shift of the present contract. Raises NotFound for any other."""
    shift = (
        shifts_visible_to(request.user)
        .filter(contract=request.contract, pk=pk)
        .select_related("contract", "post", "person", "stand_in")
        .first()
    )
    if shift is None:
        raise NotFound(_("There is no such shift in this contract."))
    return shift


def to_week(day: date) -> HttpResponseRedirect:
    """Back to the week of a day."""
    return HttpResponseRedirect(f"{reverse('roster:week')}?week={monday_of(day)}")


def exported(request: Request, what: str, **facts: Any) -> None:
    """Enter an export in the history."""
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=clock.now(),
        after={"what": what, **facts},
    )
