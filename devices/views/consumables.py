"""Consumables: levels, kinds and their stock, the act of replacing, the tab of a device, and what to load before a holiday."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contract.services.terms import term
from core import charts, clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid, NotAllowed, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.consumables import changes_visible_to, fits_of_hall, kinds_for, kinds_visible_to, orders_visible_to
from devices.forms.consumables import ChangeForm, CounterForm, FitForm, KindForm, LevelForm, MoveForm, SpanForm
from devices.models import ConsumableChange, ConsumableFit, ConsumableKind, CounterReading, Device
from devices.services.common import KEEPERS, local_day
from devices.services.consumables import (
    KIND_FIELDS,
    consumable_change,
    consumable_kind_create,
    consumable_kind_edit,
    counter_read,
    fit_edit,
    level_read,
    stock_adjust,
    stock_counted,
    stock_receive,
)
from devices.services.levels import LOAD_AHEAD_DAYS, Level, Load, before_holiday, coming_closures, levels_of
from devices.states import ConsumableOrderStatus
from devices.tabs import READERS
from devices.views.page import device_context, device_of
from records.querysets import attachments_of
from records.services.attachments import IncomingFile, PreparedImage, prepare_images
from records.services.audit import audit_write

PAGE_SIZE = 50
EXPORTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
HISTORY = 30
"""So many replacements and readings stand on a device's tab."""
OUT_DAYS = 30
"""Days over which times out of paper are counted on the room's page."""
STATE_LOOKS = {
    "unknown": ("muted", "help"),
    "out": ("danger", "alert-octagon"),
    "low": ("warn", "alert-triangle"),
    "ok": ("ok", "circle-check"),
}


def state_words() -> dict[str, str]:
    """What the states of a level are called."""
    return {
        "unknown": _("Not enough data"), "out": _("Probably empty"), "low": _("Running low"), "ok": _("Enough"),
    }  # fmt: skip


def shown_level(level: Level) -> dict[str, Any]:
    """A level as templates show it."""
    tone, symbol = STATE_LOOKS[level.state]
    return {
        "level": level,
        "fit": level.fit,
        "tone": tone,
        "symbol": symbol,
        "words": state_words()[level.state],
        "units": round(level.left / level.fit.kind.pages_per_unit, 1) if level.left is not None else None,
    }


def room_tabs(active: str) -> list[dict[str, Any]]:
    """The pages of the room."""
    pages = (
        ("levels", _("Levels"), "devices:consumables"),
        ("kinds", _("Stock"), "devices:consumable_kinds"),
        ("orders", _("Orders"), "devices:consumable_orders"),
        ("holiday", _("Before a holiday"), "devices:consumable_holiday"),
        ("run_data", _("Run data"), "devices:run_data"),
    )
    return [{"label": label, "url": reverse(route), "active": key == active} for key, label, route in pages]


def photos_of(request: Request, form: forms.BaseForm) -> list[PreparedImage] | None:
    """The uploaded photos, checked before any transaction; None when one was refused."""
    try:
        return prepare_images(cast(list[IncomingFile], request.FILES.getlist("photos")))
    except Invalid as error:
        form.photo_errors = [error.message]  # type: ignore[attr-defined]
        form.add_error(None, error.message)
        return None


def form_context(
    form: forms.BaseForm, *, title: str, back: str, back_label: str, submit: str, sub: str = "", **more: Any
) -> dict[str, Any]:
    """What templates/devices/consumables/form.html takes."""
    return {"form": form, "title": title, "sub": sub, "back": back, "back_label": back_label, "submit": submit, **more}


def today_of() -> date:
    """The day in the hall."""
    return local_day(clock.now())


# ---- levels


def _fits(request: Request) -> QuerySet[ConsumableFit]:
    today = today_of()
    rows = fits_of_hall(request.contract.hall_id)
    text = request.GET.get("q", "").strip()[:60]
    for word in text.split()[:4]:
        rows = rows.filter(
            Q(device__code__icontains=word) | Q(device__name__icontains=word) | Q(device__place__name__icontains=word)
            | Q(kind__name__icontains=word)
        )  # fmt: skip
    state = request.GET.get("state", "")
    if state == "low":
        rows = rows.filter(low_on__lte=today)
    elif state == "unknown":
        rows = rows.filter(Q(level=None) | Q(rate=None))
    return rows.order_by(F("low_on").asc(nulls_last=True), "device__code", "kind__name", "pk")


@allow(*READERS)
def levels(request: Request) -> HttpResponse:
    """What is left everywhere, what runs out first on top."""
    now = clock.now()
    today = local_day(now)
    page = _page_number(request)
    rows = list(_fits(request)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    shown = [shown_level(level) for level in levels_of(rows[:PAGE_SIZE], contract=request.contract, today=today)]
    counted = fits_of_hall(request.contract.hall_id).aggregate(
        low=Count("pk", filter=Q(low_on__lte=today)),
        unknown=Count("pk", filter=Q(level=None) | Q(rate=None)),
        every=Count("pk"),
    )
    limit = int(term(request.contract, "paper_out_minutes", today))
    outs = [
        row.out_minutes or 0
        for row in changes_visible_to(request.user)
        .filter(contract=request.contract, at__gte=now - timedelta(days=OUT_DAYS))
        .exclude(out_since=None)
    ]
    waiting = orders_visible_to(request.user).filter(
        contract__hall_id=request.contract.hall_id,
        status__in=(ConsumableOrderStatus.CALLED, ConsumableOrderStatus.ARRIVED),
    )
    orders = waiting.aggregate(
        every=Count("pk"), late=Count("pk", filter=Q(status=ConsumableOrderStatus.CALLED, promised_at__lt=now))
    )
    context = {
        "pages": room_tabs("levels"),
        "rows": shown,
        "q": request.GET.get("q", "")[:60],
        "chips": _state_chips(request, counted),
        "filtered": bool(request.GET.get("q") or request.GET.get("state")),
        "counted": counted,
        "orders": orders,
        "outs": {"count": len(outs), "late": sum(minutes > limit for minutes in outs), "most": max(outs, default=0)},
        "out_days": OUT_DAYS,
        "limit": limit,
        "may_keep": request.role in KEEPERS,
        "may_export": request.role in EXPORTERS,
        "next_page": page + 1 if len(rows) > PAGE_SIZE else 0,
        "previous_page": page - 1,
        "columns": [
            {"label": _("Device")}, {"label": _("Consumable")}, {"label": _("Level")}, {"label": _("Days left"), "numeric": True},
            {"label": _("Uses a day"), "numeric": True}, {"label": _("Used up on")}, {"label": _("Status")},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/levels.html", context)


def _page_number(request: Request) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), 2_000) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _state_chips(request: Request, counted: dict[str, int]) -> list[dict[str, Any]]:
    chosen = request.GET.get("state", "")
    chips = []
    for value, label, count in (
        ("", _("All"), counted["every"]),
        ("low", _("Running low"), counted["low"]),
        ("unknown", _("Not enough data"), counted["unknown"]),
    ):
        params = {name: text for name, text in (("q", request.GET.get("q", "")[:60]), ("state", value)) if text}
        chips.append({"label": label, "url": f"?{urlencode(params)}", "active": value == chosen, "count": count})
    return chips


@allow(*EXPORTERS, methods=POST)
def levels_export(request: Request) -> Any:
    """The filtered levels as csv or xlsx; the export itself is entered in the history."""
    now = clock.now()
    export_entered(request, "consumable levels")
    header = [
        _("Device number"), _("Name"), _("Place"), _("Consumable"), _("Level (%)"), _("Days left"), _("Uses a day"),
        _("Used up on"), _("Status"),
    ]  # fmt: skip
    words = state_words()
    rows = (
        [
            level.fit.device.code, level.fit.device.name, level.fit.device.place.name, level.fit.kind.name, level.percent,
            level.days, round(level.fit.rate, 1) if level.fit.rate else None, level.fit.empty_on, words[level.state],
        ]
        for level in levels_of(_fits(request)[:5_000], contract=request.contract, today=local_day(now))
    )  # fmt: skip
    return table_response(fmt_of(request), file_name(_("Consumables")), header, rows, sheet=_("Consumables"))


def fmt_of(request: Request) -> str:
    """Which table was asked for: xlsx or csv."""
    return "xlsx" if request.POST.get("format") == "xlsx" else "csv"


def file_name(name: str) -> str:
    """A download's name with the hour."""
    return f"{name}_{clock.now().astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"


def export_entered(request: Request, what: str) -> None:
    """Enter in the history that somebody took a table out of the house."""
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=clock.now(),
        after={"what": what, "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )


# ---- kinds and stock


def _kind(request: Request, pk: int) -> ConsumableKind:
    rows = kinds_visible_to(request.user).filter(hall_id=request.contract.hall_id, pk=pk).select_related("vendor")
    kind = rows.first()
    if kind is None:
        raise NotFound(_("There is no such consumable in this hall."))
    return kind


def _kinds(request: Request) -> QuerySet[ConsumableKind]:
    rows = kinds_visible_to(request.user).filter(hall_id=request.contract.hall_id).select_related("vendor")
    text = request.GET.get("q", "").strip()[:60]
    if text:
        rows = rows.filter(name__icontains=text)
    return rows.annotate(devices=Count("fits", filter=Q(fits__is_active=True))).order_by("-is_active", "name")


@allow(*READERS)
def kinds(request: Request) -> HttpResponse:
    """The kinds of consumables with their stock."""
    rows = list(_kinds(request)[:200])
    context = {
        "pages": room_tabs("kinds"),
        "kinds": rows,
        "q": request.GET.get("q", "")[:60],
        "may_keep": request.role in KEEPERS,
        "may_export": request.role in EXPORTERS,
        "columns": [
            {"label": _("Consumable")}, {"label": _("In stock"), "numeric": True}, {"label": _("Lowest stock"), "numeric": True},
            {"label": _("Supplied by")}, {"label": _("Devices"), "numeric": True}, {"label": _("Status")},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/kinds.html", context)


@allow(*EXPORTERS, methods=POST)
def kinds_export(request: Request) -> Any:
    """The kinds and their stock as csv or xlsx."""
    export_entered(request, "consumable stock")
    header = [
        _("Name"), _("Sort"), _("Unit of count"), _("In stock"), _("Lowest stock"), _("Supplied by"), _("Vendor"),
        _("Pages or prints of one unit"),
    ]  # fmt: skip
    rows = (
        [
            row.name, row.get_kind_display(), row.unit, row.stock, row.min_stock, row.get_supplied_by_display(),
            str(row.vendor or ""), row.pages_per_unit,
        ]
        for row in _kinds(request)
    )  # fmt: skip
    return table_response(fmt_of(request), file_name(_("Consumables in stock")), header, rows)


@allow(*KEEPERS, methods=GET_POST)
def kind_add(request: Request) -> HttpResponse:
    """Add a kind of consumable."""
    form = KindForm(request.POST or None, hall=request.contract.hall)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, consumable_kind_create, contract=request.contract, values=form.values(),
            categories=list(form.cleaned_data["categories"]), actor=request.user, at=clock.now(),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:consumable_kind", done.pk)
    context = form_context(
        form, title=_("Add a consumable"), back=reverse("devices:consumable_kinds"), back_label=_("Stock"), submit=_("Add")
    )  # fmt: skip
    return render(request, "devices/consumables/form.html", context, status=form_status(form))


@allow(*KEEPERS, methods=GET_POST)
def kind_edit(request: Request, pk: int) -> HttpResponse:
    """Change a kind of consumable; its stock changes by movements alone."""
    kind = _kind(request, pk)
    initial = {name: getattr(kind, name) for name in KIND_FIELDS}
    initial |= {"categories": list(kind.categories.all()), "version": kind.version}
    form = KindForm(request.POST or None, hall=request.contract.hall, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, consumable_kind_edit, kind=kind, contract=request.contract, version_seen=form.cleaned_data["version"] or 0,
            values=form.values(), categories=list(form.cleaned_data["categories"]), actor=request.user, at=clock.now(),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:consumable_kind", kind.pk)
    context = form_context(
        form, title=_("Change the consumable"), sub=kind.name, back=reverse("devices:consumable_kind", args=[kind.pk]),
        back_label=kind.name, submit=_("Save"),
    )  # fmt: skip
    return render(request, "devices/consumables/form.html", context, status=form_status(form))


@allow(*READERS, methods=GET_POST)
def kind(request: Request, pk: int) -> HttpResponse:
    """One kind: facts, the movements of its stock, where it is used; a POST moves stock."""
    row = _kind(request, pk)
    may_keep = request.role in KEEPERS
    form = MoveForm(request.POST or None, initial={"seen": row.stock})
    if form.is_bound:
        if not may_keep:
            raise NotAllowed(_("Your role may not change the register."))
        if form.is_valid() and _moved(request, form, row):
            messages.success(request, _("Entered. %(count)s are left in stock.") % {"count": row.stock})
            return redirect("devices:consumable_kind", row.pk)
        row.refresh_from_db()
    fits = fits_of_hall(request.contract.hall_id).filter(kind=row).order_by(
        F("low_on").asc(nulls_last=True), "device__code"
    )  # fmt: skip
    shown = [shown_level(level) for level in levels_of(fits[:PAGE_SIZE], contract=request.contract, today=today_of())]
    context = {
        "kind": row,
        "facts": _kind_facts(row),
        "movements": list(row.movements.select_related("actor", "device").order_by("-at", "-pk")[:PAGE_SIZE]),
        "rows": shown,
        "form": form,
        "may_keep": may_keep,
        "columns": [
            {"label": _("When")}, {"label": _("Movement")}, {"label": _("By how many"), "numeric": True},
            {"label": _("Left"), "numeric": True}, {"label": _("Who and why")},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/kind.html", context, status=form_status(form))


def _moved(request: Request, form: MoveForm, row: ConsumableKind) -> bool:
    clean = form.cleaned_data
    common: dict[str, Any] = {
        "kind": row, "contract": request.contract, "actor": request.user, "at": clock.now(), "reason": clean["reason"],
    }  # fmt: skip
    service: Callable[..., Any]
    if clean["what"] == "count":
        service, own = stock_counted, {"counted": clean["quantity"], "seen": clean["seen"]}
    elif clean["what"] == "adjust":
        service, own = stock_adjust, {"change": clean["quantity"]}
    else:
        service, own = stock_receive, {"quantity": clean["quantity"]}
    return attempt(form, service, **common, **own) is not None


def _kind_facts(row: ConsumableKind) -> list[tuple[str, Any]]:
    return [
        (_("Sort"), row.get_kind_display()),
        (_("One unit gives"), _("%(count)s pages or prints") % {"count": row.pages_per_unit}),
        (_("A full device has"), _("%(count)s pages or prints") % {"count": row.capacity}),
        (_("Supplied by"), row.get_supplied_by_display()),
        (_("Vendor"), row.vendor or ""),
        (_("Counter that shows its use"), row.get_metric_display() if row.metric else ""),
        (
            _("Warns"),
            _("%(days)s days before, or at %(percent)s%%") % {"days": row.warn_days, "percent": row.warn_percent},
        ),
        (_("Used in categories"), "、".join(row.categories.values_list("name", flat=True))),
        (_("Status"), "" if row.is_active else _("Out of use")),
    ]


# ---- in the device


@allow(*KEEPERS, methods=GET_POST)
def change(request: Request, code: str) -> HttpResponse:
    """Put a consumable in: which, how many, done. Reached from the scan page, the device's tab and the list before a holiday."""
    device = device_of(request, code)
    offered = kinds_for(device)
    start = {"kind": request.GET.get("kind", "")[:20], "load_for": parse_day(request.GET.get("load_for", ""))}
    initial = {name: value for name, value in start.items() if value}
    form = ChangeForm(request.POST or None, kinds=offered, initial=initial)
    if form.is_bound and form.is_valid():
        photos = photos_of(request, form)
        values = form.values()
        if photos is not None:
            done = attempt(
                form, consumable_change, device=device, contract=request.contract, actor=request.user, at=clock.now(),
                photos=photos, **values,
            )  # fmt: skip
            if done is not None:
                messages.success(
                    request, _("Entered: %(name)s × %(count)s") % {"name": done.fit.kind, "count": done.quantity}
                )
                if values["load_for"]:
                    return redirect(reverse("devices:consumable_holiday"))
                return redirect("devices:consumable_tab", device.code)
    context = {
        "device": device,
        "form": form,
        "kinds": offered,
        "chosen": str(form["kind"].value() or ""),
        "load_for": form["load_for"].value(),
    }
    return render(request, "devices/consumables/change.html", context, status=form_status(form))


def parse_day(text: str) -> date | None:
    """A day of an address; None for anything else."""
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


@allow(*READERS, methods=GET_POST)
def tab(request: Request, code: str) -> HttpResponse:
    """A device's consumables: levels, days left, history, chart; a POST enters a level or a counter."""
    device = device_of(request, code)
    may_keep = request.role in KEEPERS
    offered = kinds_for(device)
    what = request.POST.get("what", "")
    level_form = LevelForm(request.POST if what == "level" else None, kinds=offered)
    counter_form = CounterForm(request.POST if what == "counter" else None)
    form: forms.BaseForm = level_form if level_form.is_bound else counter_form
    if request.method == "POST":
        if not may_keep:
            raise NotAllowed(_("Your role may not change the register."))
        if _entered(request, device, level_form, counter_form):
            messages.success(request, _("Saved."))
            return redirect("devices:consumable_tab", device.code)
    today = today_of()
    fits = list(
        ConsumableFit.objects.filter(device=device, is_active=True).select_related("device__place", "kind").order_by("kind__name")
    )  # fmt: skip
    changes = list(
        ConsumableChange.objects.filter(fit__device=device)
        .select_related("fit__kind", "actor", "order")
        .order_by("-at", "-pk")[:HISTORY]
    )
    readings = list(
        CounterReading.objects.filter(counter__device=device)
        .select_related("counter", "actor")
        .order_by("-at", "-pk")[:HISTORY]
    )
    context = device_context(
        request,
        device,
        "consumables",
        rows=[shown_level(level) for level in levels_of(fits, contract=request.contract, today=today)],
        changes=changes,
        readings=readings,
        graphs=_graphs(readings),
        offered=offered,
        level_form=level_form,
        counter_form=counter_form,
        may_keep=may_keep,
        limit=int(term(request.contract, "paper_out_minutes", today)),
        history=HISTORY,
    )
    return render(request, "devices/consumables/tab.html", context, status=form_status(form))


def _entered(request: Request, device: Device, level_form: LevelForm, counter_form: CounterForm) -> bool:
    common = {"device": device, "contract": request.contract, "actor": request.user, "at": clock.now()}
    if level_form.is_bound and level_form.is_valid():
        return attempt(level_form, level_read, **common, **level_form.cleaned_data) is not None
    if counter_form.is_bound and counter_form.is_valid():
        values = dict(counter_form.cleaned_data)
        values["value"] = values.pop("reading")
        return attempt(counter_form, counter_read, **common, **values) is not None
    return False


def _graphs(readings: list[CounterReading]) -> list[Any]:
    found = []
    for metric in dict.fromkeys(row.counter.metric for row in readings):
        rows = [row for row in reversed(readings) if row.counter.metric == metric][-13:]
        if len(rows) > 1:
            labels = [f"{row.at.astimezone(clock.SHANGHAI):%m-%d}" for row in rows[1:]]
            used = [None if two.is_new_meter else two.value - one.value for one, two in pairwise(rows)]
            title = _("%(counter)s since the reading before") % {"counter": rows[0].counter.get_metric_display()}
            found.append({"title": title, "svg": charts.columns(labels, used, title=title)})
    return found


@allow(*KEEPERS, methods=GET_POST)
def fit(request: Request, code: str, pk: int) -> HttpResponse:
    """What this one device holds of a kind, and when to warn."""
    device = device_of(request, code)
    row = ConsumableFit.objects.filter(device=device, pk=pk).select_related("device", "kind").first()
    if row is None:
        raise NotFound(_("There is no such consumable in this hall."))
    names = ("capacity", "warn_percent", "warn_days", "is_active", "version")
    form = FitForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        done = attempt(
            form, fit_edit, fit=row, contract=request.contract, version_seen=values.pop("version"), values=values,
            actor=request.user, at=clock.now(),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:consumable_tab", device.code)
    context = form_context(
        form, title=row.kind.name, sub=str(device), back=reverse("devices:consumable_tab", args=[device.code]),
        back_label=device.code, submit=_("Save"),
    )  # fmt: skip
    return render(request, "devices/consumables/form.html", context, status=form_status(form))


@allow(*READERS)
def change_photos(request: Request, pk: int) -> HttpResponse:
    """The photos of one replacement."""
    rows = changes_visible_to(request.user).filter(contract__hall_id=request.contract.hall_id, pk=pk)
    row = rows.select_related("fit__device", "fit__kind", "actor").first()
    if row is None:
        raise NotFound(_("There is no such replacement in this hall."))
    context = {"change": row, "photos": list(attachments_of(row))}
    return render(request, "devices/consumables/photos.html", context)


# ---- before a holiday


def _span(request: Request) -> tuple[date | None, date | None, list[Any], SpanForm]:
    """The chosen days, the closures to come, and the form for others."""
    closures = coming_closures(request.contract, today_of())
    first, last = parse_day(request.GET.get("first", "")), parse_day(request.GET.get("last", ""))
    asked = bool(request.GET.get("first") or request.GET.get("last"))
    form = SpanForm(request.GET if asked else None)
    if asked:
        form.is_valid()
        if first and last and not timedelta() <= last - first <= timedelta(days=60):
            form.add_error("last", _("Please choose at most 60 days, in their order."))
            first = last = None
        elif not (first and last):
            first = last = None
    elif closures:
        first, last = closures[0].first_day, closures[0].last_day
    return first, last, closures, form


@allow(*READERS)
def holiday(request: Request) -> HttpResponse:
    """What to load before a closure, in walking order; ticked off by putting it in."""
    first, last, closures, form = _span(request)
    loads = before_holiday(request.contract, first, last, today=today_of()) if first and last else []
    context = {
        "pages": room_tabs("holiday"),
        "first": first,
        "last": last,
        "days": (last - first).days + 1 if first and last else 0,
        "loads": [_shown_load(load) for load in loads],
        "open": sum(load.loaded_at is None for load in loads),
        "ahead": (first - today_of()).days if first and first - today_of() > timedelta(days=LOAD_AHEAD_DAYS + 1) else 0,
        "closures": [
            {
                "label": f"{'、'.join(row.names)} {row.first_day:%m-%d} – {row.last_day:%m-%d}",
                "url": f"?first={row.first_day}&last={row.last_day}",
                "active": (row.first_day, row.last_day) == (first, last),
            }
            for row in closures
        ],
        "form": form,
        "may_keep": request.role in KEEPERS,
        "margin": int(term(request.contract, "holiday_margin_days", today_of())),
        "columns": [
            {"label": _("Device")}, {"label": _("Consumable")}, {"label": _("Level")}, {"label": _("Days left"), "numeric": True},
            {"label": _("To load")}, {"label": _("Done"), "hidden": False},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/holiday.html", context, status=422 if form.errors else 200)


def _shown_load(load: Load) -> dict[str, Any]:
    return shown_level(load.level) | {"load": load, "done": load.loaded_at is not None}


@allow(*READERS)
def holiday_sheet(request: Request) -> HttpResponse:
    """The list on A4, to be ticked with a pen, in the reader's language."""
    first, last, _closures, _form = _span(request)
    if first is None or last is None:
        raise NotFound(_("Please choose the days of the closure first."))
    loads = before_holiday(request.contract, first, last, today=today_of())
    html = render_to_string(
        "devices/consumables/holiday_sheet.html",
        {
            "project": request.contract.project_name,
            "code": f"{request.contract.code} {date_format(first, 'Ymd')}",
            "made_at": clock.now(),
            "first": first,
            "last": last,
            "days": (last - first).days + 1,
            "loads": [_shown_load(load) for load in loads],
        },
    )
    return pdf_answer(html, f"load-{first:%Y%m%d}")


def pdf_answer(html: str, name: str) -> HttpResponse:
    """A document as PDF in the browser."""
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
