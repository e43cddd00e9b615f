"""Compensatory days: what Saturdays and holidays earned, what was taken, what is left."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.access import POST, allow
from core.errors import NotFound
from core.export import csv_response
from core.http import Request
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from parties.models import Contract
from roster.forms import staff_of
from roster.models import CompOff
from roster.present import halves, leave_text
from roster.querysets import balances
from roster.views.common import exported

READERS = (MANAGER, SUPERVISOR, LEADER, AUDITOR)
SHOWN = 300
"""So many movements of a person are listed."""


@allow(*READERS, ENGINEER)
def balances_page(request: Request) -> HttpResponse:
    """Everybody's balance; an engineer sees the own one with the list behind it."""
    if request.role == ENGINEER:
        return _person_page(request, request.user)
    found = balances(request.contract)
    rows = [
        {"person": person, **{name: halves(value) for name, value in _of(found, person.pk).items()}}
        for person in staff_of(request.contract)
    ]
    context = {
        "rows": rows,
        "may_export": request.role != AUDITOR,
        "columns": [
            {"label": _("Who")},
            {"label": _("Earned"), "numeric": True},
            {"label": _("Taken"), "numeric": True},
            {"label": _("Left"), "numeric": True},
        ],
    }
    return render(request, "roster/comp_off.html", context)


@allow(*READERS, ENGINEER)
def person(request: Request, pk: int) -> HttpResponse:
    """One person's balance and the list behind it; an engineer's own only."""
    row = staff_of(request.contract).filter(pk=pk).first()
    if row is None or (request.role == ENGINEER and row.pk != request.user.pk):
        raise NotFound(_("There is no such person in this contract."))
    return _person_page(request, row)


@allow(MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def export(request: Request) -> StreamingHttpResponse:
    """Every movement as CSV."""
    exported(request, "comp_off")
    header = [_("Who"), _("Day"), _("What"), _("Days"), _("For")]
    return csv_response(_("Compensatory days"), header, _rows(request.contract))


def _rows(contract: Contract) -> Iterator[list[Any]]:
    for row in _movements(contract).order_by("person_id", "date", "pk"):
        yield [
            row.person.name,
            row.date.isoformat(),
            row.get_kind_display(),
            halves(row.half_days),
            _cause(row),
        ]


def _movements(contract: Contract) -> Any:
    return CompOff.objects.filter(contract=contract).select_related("person", "shift__post", "leave")


def _cause(row: CompOff) -> str:
    if row.shift is not None:
        return str(row.shift.post.name)
    return leave_text(row.leave) if row.leave is not None else ""


def _of(found: dict[int, dict[str, int]], pk: int) -> dict[str, int]:
    return found.get(pk, {"earned": 0, "used": 0, "left": 0})


def _person_page(request: Request, who: Any) -> HttpResponse:
    figures = _of(balances(request.contract), who.pk)
    rows = [
        {"row": row, "days": halves(row.half_days), "cause": _cause(row)}
        for row in _movements(request.contract).filter(person=who).exclude(half_days=0).order_by("-date", "-pk")[:SHOWN]
    ]
    context = {
        "who": who,
        "rows": rows,
        **{name: halves(value) for name, value in figures.items()},
        "may_list": request.role in READERS,
        "is_mine": who.pk == request.user.pk,
        "columns": [{"label": _("Day")}, {"label": _("What")}, {"label": _("For")}, {"label": _("Days"), "numeric": True}],
    }  # fmt: skip
    return render(request, "roster/comp_off_person.html", context)
