"""The manager's verbs on the plan: add, change, take out, copy a week, generate from rotations."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Conflict
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER
from roster.forms import CopyForm, GenerateForm, ReasonForm, ShiftForm
from roster.models import Shift
from roster.plan import local_day, monday_of, plan_of
from roster.present import VERDICTS, finding_text, weekday
from roster.querysets import rotations_visible_to
from roster.services.shifts import (
    Outcome,
    copy_preview,
    generate_preview,
    roster_generate,
    shift_add,
    shift_cancel,
    shift_change,
    week_copy,
)
from roster.states import ShiftStatus
from roster.views.common import day_in, shift_of, to_week, today

SHOWN = 400
"""So many lines of a preview are shown; all are counted."""


@allow(MANAGER, methods=GET_POST)
def add(request: Request) -> HttpResponse:
    """One shift more; day, post and person may come with the address."""
    now = clock.now()
    initial = {
        "date": day_in(request, "date", local_day(now)),
        "post": _number(request.GET.get("post", "")),
        "person": _number(request.GET.get("person", "")),
    }
    form = ShiftForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        done = attempt(form, shift_add, contract=request.contract, actor=request.user, at=now, **given)
        if done is not None:
            _say(request, done, _("%(name)s is planned.") % {"name": done.person.name})
            return to_week(done.date)
    context = {"form": form, "back": initial["date"]}
    return render(request, "roster/shift_form.html", context, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def change(request: Request, pk: int) -> HttpResponse:
    """Who stands there and when; and the way out of the roster."""
    shift = _planned(request, pk)
    now = clock.now()
    zone = clock.SHANGHAI
    initial = {
        "person": shift.person_id,
        "stand_in": shift.stand_in_id,
        "starts": shift.starts_at.astimezone(zone).time(),
        "ends": shift.ends_at.astimezone(zone).time(),
        "note": shift.note,
        "version": shift.version,
    }
    form = ShiftForm(request.POST or None, contract=request.contract, changing=True, initial=initial)
    if form.is_bound and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"]
        done = attempt(form, shift_change, shift=shift, version_seen=version, actor=request.user, at=now, **given)
        if done is not None:
            _say(request, done, _("The shift is changed."))
            return to_week(done.date)
    context = {
        "form": form,
        "shift": shift,
        "cancel_form": ReasonForm(),
        "back": shift.date,
        "weekday": weekday(shift.date),
    }
    return render(request, "roster/shift_form.html", context, status=form_status(form))


@allow(MANAGER, methods=POST)
def cancel(request: Request, pk: int) -> HttpResponse:
    """Take a shift out of the roster."""
    shift = _planned(request, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        done = attempt(
            form,
            shift_cancel,
            shift=shift,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The shift is taken out of the roster."))
            return to_week(shift.date)
    zone = clock.SHANGHAI
    initial = {
        "person": shift.person_id,
        "stand_in": shift.stand_in_id,
        "starts": shift.starts_at.astimezone(zone).time(),
        "ends": shift.ends_at.astimezone(zone).time(),
        "note": shift.note,
        "version": shift.version,
    }
    context = {
        "form": ShiftForm(contract=request.contract, changing=True, initial=initial),
        "shift": shift,
        "cancel_form": form,
        "back": shift.date,
        "weekday": weekday(shift.date),
    }
    return render(request, "roster/shift_form.html", context, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def copy(request: Request) -> HttpResponse:
    """Copy a week onto another: first what would become of it, then the act."""
    monday = monday_of(day_in(request, "week", today()))
    initial = {"source_week": monday, "target_week": monday + timedelta(days=7)}
    form = CopyForm(request.POST or None, initial=initial)
    outcome = None
    if form.is_bound and form.is_valid():
        if "apply" in request.POST:
            outcome = attempt(
                form, week_copy, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
            )
            if outcome is not None:
                _say_outcome(request, outcome)
                return to_week(form.cleaned_data["target_week"])
        else:
            outcome = attempt(form, copy_preview, contract=request.contract, **form.cleaned_data)
    context = {"form": form, "outcome": outcome, "lines": _lines(outcome), "back": monday}
    return render(request, "roster/copy.html", context, status=form_status(form) if outcome is None else 200)


@allow(MANAGER, methods=GET_POST)
def generate(request: Request) -> HttpResponse:
    """Plan from the rotations: first what would become of it, then the act."""
    monday = monday_of(day_in(request, "week", today()))
    form = GenerateForm(request.POST or None, initial={"first": monday, "last": monday + timedelta(days=27)})
    outcome = None
    if form.is_bound and form.is_valid():
        if "apply" in request.POST:
            outcome = attempt(
                form,
                roster_generate,
                contract=request.contract,
                actor=request.user,
                at=clock.now(),
                **form.cleaned_data,
            )
            if outcome is not None:
                _say_outcome(request, outcome)
                return to_week(form.cleaned_data["first"])
        else:
            outcome = attempt(form, generate_preview, contract=request.contract, **form.cleaned_data)
    context = {
        "form": form,
        "outcome": outcome,
        "lines": _lines(outcome),
        "back": monday,
        "has_rotations": rotations_visible_to(request.user).filter(contract=request.contract, is_active=True).exists(),
    }
    return render(request, "roster/generate.html", context, status=form_status(form) if outcome is None else 200)


def _planned(request: Request, pk: int) -> Shift:
    shift = shift_of(request, pk)
    if shift.status != ShiftStatus.PLANNED:
        raise Conflict(_("This shift has already been taken out of the roster."))
    return shift


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _say(request: Request, shift: Shift, text: str) -> None:
    """Say that it is done, and what is wrong with that day now."""
    plan = plan_of(shift.contract, shift.date, shift.date)
    mine = [row for row in plan.findings if row.person == shift.person_id]
    if mine:
        messages.warning(request, f"{text} {'; '.join(finding_text(plan, row) for row in mine)}")
    else:
        messages.success(request, text)


def _say_outcome(request: Request, outcome: Outcome) -> None:
    number = len(outcome.new)
    text = ngettext("%(number)s shift is planned.", "%(number)s shifts are planned.", number) % {"number": number}
    if outcome.existing:
        text += " " + _("%(number)s were planned already.") % {"number": outcome.existing}
    if outcome.skipped:
        text += " " + _("%(number)s were left out.") % {"number": len(outcome.skipped)}
    messages.success(request, text)


def _lines(outcome: Outcome | None) -> list[dict[str, Any]]:
    """What a preview shows: what is left out first, then what is new."""
    if outcome is None:
        return []
    return [
        {
            "date": row.turn.date,
            "weekday": weekday(row.turn.date),
            "post": row.post.name if row.post else "",
            "person": row.person.name,
            "stand_in": row.stand_in.name if row.stand_in else "",
            "verdict": VERDICTS[row.verdict],
            "is_new": row.verdict.value == "new",
        }
        for row in [*outcome.skipped, *outcome.new][:SHOWN]
    ]
