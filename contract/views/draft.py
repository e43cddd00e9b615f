"""/calendar/edit/ and what follows: days and weeks are planned in the draft, looked at, published."""

import datetime as dt

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contract.forms import DiscardForm, EditForm, PublishForm, UndoForm, WeekForm, today_or
from contract.present import difference_rows, pairs_in_words
from contract.services.calendar import weeks_in
from contract.services.draft import (
    calendar_discard,
    calendar_edit,
    calendar_edit_week,
    calendar_publish_draft,
    calendar_undo,
    effects_of,
    plan_of,
)
from contract.views.calendar import draft_facts, local_today
from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER

MOST_DAYS, MOST_EFFECTS = 60, 200
"""Differences beyond these are counted, not listed."""


@allow(MANAGER, methods=GET_POST)
def edit(request: Request) -> HttpResponse:
    """Plan a day or a range."""
    form = EditForm(request.POST or None, initial=_edit_initial(request))
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, calendar_edit, contract=request.contract, actor=request.user, at=clock.now(), **form.edit()
        )
        if done is not None:
            text = ngettext("%(n)d day is in the draft.", "%(n)d days are in the draft.", len(done))
            messages.success(request, text % {"n": len(done)})
            return _to_year(done[0])
    context = draft_facts(plan_of(request.contract)) | {"form": form, "year": _year_of(form)}
    return render(request, "contract/edit.html", context, status=form_status(form))


def _edit_initial(request: Request) -> dict[str, object]:
    first = today_or(request.GET.get("first"), local_today())
    plan = plan_of(request.contract)
    change, published = plan.changes.get(first), plan.published.get(first)
    if change is not None and change.kind:
        windows, reason = change.windows, change.reason
    elif change is None and published is not None:
        windows, reason = published.windows, published.reason
    else:
        windows, reason = None, change.reason if change else ""
    return {
        "first": first,
        "last": today_or(request.GET.get("last"), first) if request.GET.get("last") else None,
        "windows": pairs_in_words(windows),
        "reason": reason,
    }


def _year_of(form: forms.Form) -> int:
    """The year to go back to."""
    first = form.cleaned_data.get("first") if form.is_bound and hasattr(form, "cleaned_data") else None
    date: dt.date = first or form.initial["first"]
    return date.year


@allow(MANAGER, methods=GET_POST)
def edit_week(request: Request) -> HttpResponse:
    """Plan the weekly hours and the extended Saturday."""
    plan = plan_of(request.contract)
    week = plan.week or weeks_in(plan.base)[-1]
    form = WeekForm(
        request.POST or None,
        initial={
            "weekdays": [str(int(day) - 1) for day in week.weekday_windows],
            "windows": pairs_in_words(next(iter(week.weekday_windows.values()))),
            "extended_saturday": pairs_in_words([week.extended_saturday]) if week.extended_saturday else "",
            "valid_from": plan.week.valid_from if plan.week else local_today() + dt.timedelta(days=1),
            "reason": plan.draft.weekly["reason"] if plan.draft and plan.draft.weekly else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        done = attempt(form, calendar_edit_week, contract=request.contract, actor=request.user, at=at, **form.week())
        if done is not None:
            messages.success(request, _("The new weekly hours are in the draft."))
            return _to_year(form.cleaned_data["valid_from"])
    context = draft_facts(plan) | {"form": form, "year": local_today().year}
    return render(request, "contract/edit_week.html", context, status=form_status(form))


@allow(MANAGER, methods=POST)
def undo(request: Request) -> HttpResponse:
    """Take one change out of the draft."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("This change is not part of the draft any more."))
    date = form.cleaned_data["date"]
    calendar_undo(contract=request.contract, date=date, actor=request.user, at=clock.now())
    messages.success(request, _("The change was taken out of the draft."))
    return _to_year(date or local_today())


@allow(MANAGER, methods=POST)
def discard(request: Request) -> HttpResponse:
    """Throw the draft away."""
    form = DiscardForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Please look at the draft again."))
    calendar_discard(
        contract=request.contract,
        version_seen=form.cleaned_data["version_seen"],
        actor=request.user,
        at=clock.now(),
    )
    messages.success(request, _("The draft was discarded; the published calendar stays as it is."))
    return _to_year(local_today())


@allow(MANAGER, methods=GET_POST)
def publish(request: Request) -> HttpResponse:
    """What the draft changes, for the days and for everything that rests on them; and publishing it."""
    now = clock.now()
    form = PublishForm(request.POST or None)
    chosen = request.POST.getlist("amend")
    if request.method == "POST" and form.is_valid():
        amend: dict[str, list[str]] = {}
        for one in chosen:
            name, _colon, key = one.partition(":")
            amend.setdefault(name, []).append(key)
        revision = attempt(
            form,
            calendar_publish_draft,
            contract=request.contract,
            base_seen=form.cleaned_data["base_seen"],
            version_seen=form.cleaned_data["version_seen"],
            reason=form.cleaned_data["reason"],
            amend=amend,
            actor=request.user,
            at=now,
        )
        if revision is not None:
            messages.success(request, _("Revision %(number)s is published.") % {"number": revision.number})
            return HttpResponseRedirect(reverse("contract:revisions"))
    plan = plan_of(request.contract)
    differences = plan.differences()
    rows = difference_rows(differences[:MOST_DAYS])
    today = now.astimezone(clock.SHANGHAI).date()
    effects = [
        {
            "name": effect.watcher.name,
            "heading": effect.watcher.heading,
            "rows": effect.differences[:MOST_EFFECTS],
            "count": len(effect.differences),
            "more": max(0, len(effect.differences) - MOST_EFFECTS),
            "amendable": any(one.amendable for one in effect.differences),
        }
        for effect in effects_of(plan, at=now)
    ]
    # What was typed stays, what was seen is what is shown now.
    seen = {"base_seen": plan.base.number, "version_seen": plan.version}
    context = draft_facts(plan) | {
        "form": form,
        "seen": seen,
        "chosen": chosen,
        "rows": rows,
        "count": len(differences),
        "more": max(0, len(differences) - MOST_DAYS),
        "counting": sum(one.counts for one in differences),
        "past": sum(one.date < today for one in differences),
        "effects": effects,
        "next_number": plan.base.number + 1,
        "columns": [{"label": _("Day")}, {"label": _("As published")}, {"label": _("As planned")}],
    }
    return render(request, "contract/publish.html", context, status=form_status(form))


def _to_year(date: dt.date) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('contract:year', args=[date.year])}?day={date}")
