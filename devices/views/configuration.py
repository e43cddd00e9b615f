"""Configuration of a device: what holds now or held on a day, versions, baselines, comparing, secrets on a logged click."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.history import config_items_visible_to, current_of, keys_of_category, values_of, versions_on
from devices.forms.history import BaselineForm, ConfigForm, EmergencyFields, PasteForm, RevealForm, WithdrawForm, day_of
from devices.models import ConfigBaseline, ConfigItem, ConfigVersion, Device
from devices.querysets import device_by_code
from devices.rules_history import MASK, Pasted, Value, compared, pasted_pairs
from devices.services.common import KEEPERS, local_day
from devices.services.configuration import baseline_mark, config_import, config_reveal, config_set, config_withdraw
from devices.services.orders import order_in_force, order_needed
from devices.tabs import READERS
from devices.views.page import device_context, device_of
from records.services.audit import audit_write

MOST_VERSIONS = 100
TAB = "configuration"


@allow(*READERS)
def configuration(request: Request, code: str) -> HttpResponse:
    """The set of parameters that holds today, or held on the day that is asked for, with the device's baselines."""
    device = device_of(request, code)
    today = local_day(clock.now())
    day = min(day_of(request.GET.get("on", "")) or today, today)
    return _page(request, device, day, today)


@allow(*KEEPERS, methods=GET_POST)
def add(request: Request, code: str) -> HttpResponse:
    """Add a parameter."""
    device, now = device_of(request, code), clock.now()
    form = ConfigForm(request.POST or None, initial={"effective_from": local_day(now), "number_seen": 0})
    order = _gate(form, device)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        done = attempt(
            form,
            config_set,
            device=device,
            contract=request.contract,
            secret=given.pop("is_secret"),
            actor=request.user,
            at=now,
            **given,
        )
        if done is not None:
            messages.success(request, _("The parameter is entered."))
            return _to_page(device)
    more = {"form": form, "order": order, "keys": keys_of_category(device.category), "title": _("Add a parameter")}
    return _form(request, device, form, more)


@allow(*READERS)
def item(request: Request, code: str, pk: int) -> HttpResponse:
    """One parameter: every value it ever had, and two of them side by side."""
    device = device_of(request, code)
    row = _item_of(device, request, pk)
    versions = list(row.versions.select_related("by", "order").order_by("-number")[: MOST_VERSIONS + 1])
    shown = versions[:MOST_VERSIONS]
    context = device_context(
        request,
        device,
        TAB,
        item=row,
        versions=[{"version": one, "value": _shown(row, one)} for one in shown],
        capped=len(versions) > MOST_VERSIONS,
        limit=MOST_VERSIONS,
        current=current_of(row, local_day(clock.now())),
        may_keep=request.role in KEEPERS,
        reveal_form=RevealForm(),
        columns=[
            {"label": _("Version"), "numeric": True},
            {"label": _("Value")},
            {"label": _("In force from")},
            {"label": _("Entered")},
            {"label": _("Reason")},
        ],
    )
    return render(request, "devices/history/config_item.html", context)


@allow(*KEEPERS, methods=GET_POST)
def change(request: Request, code: str, pk: int) -> HttpResponse:
    """Give a parameter a new value from a day on."""
    device, now = device_of(request, code), clock.now()
    row = _item_of(device, request, pk)
    newest = row.versions.order_by("-number").first()
    current = current_of(row, local_day(now))
    initial = {
        "label": row.label,
        "unit": row.unit,
        "value": current.value if current is not None else "",
        "effective_from": local_day(now),
        "number_seen": newest.number if newest is not None else 0,
    }
    form = ConfigForm(request.POST or None, known=True, secret=row.is_secret, initial=initial)
    order = _gate(form, device)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            config_set,
            device=device,
            contract=request.contract,
            key=row.key,
            actor=request.user,
            at=now,
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("The new value is entered; the old one stays readable."))
            return _to_item(device, row)
    more = {"form": form, "order": order, "item": row, "title": _("Change %(key)s") % {"key": row.key}}
    return _form(request, device, form, more)


@allow(*KEEPERS, methods=GET_POST)
def withdraw(request: Request, code: str, pk: int) -> HttpResponse:
    """Take a parameter away."""
    device, now = device_of(request, code), clock.now()
    row = _item_of(device, request, pk)
    newest = row.versions.order_by("-number").first()
    form = WithdrawForm(request.POST or None, initial={"number_seen": newest.number if newest is not None else 0})
    order = _gate(form, device)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            config_withdraw,
            item=row,
            contract=request.contract,
            actor=request.user,
            at=now,
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("The parameter is withdrawn; its values stay readable."))
            return _to_item(device, row)
    more = {"form": form, "order": order, "item": row, "title": _("Withdraw %(key)s") % {"key": row.key}}
    return _form(request, device, form, more | {"is_danger": True})


@allow(*KEEPERS, methods=POST)
def reveal(request: Request, code: str, pk: int) -> HttpResponse:
    """Show a secret once: the click is logged, and the page that shows it is kept nowhere."""
    device = device_of(request, code)
    row = _item_of(device, request, pk)
    form = RevealForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    value = config_reveal(item=row, contract=request.contract, actor=request.user, at=clock.now(), reason=reason)
    context = device_context(request, device, TAB, item=row, value=value)
    response = render(request, "devices/history/config_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


@allow(*KEEPERS, methods=POST)
def baseline(request: Request, code: str) -> HttpResponse:
    """Keep the set of a day under a name."""
    device, now = device_of(request, code), clock.now()
    form = BaselineForm(request.POST)
    if form.is_valid():
        done = attempt(
            form,
            baseline_mark,
            device=device,
            contract=request.contract,
            actor=request.user,
            at=now,
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("The baseline %(name)s is marked.") % {"name": done.name})
            return _to_page(device)
    return _page(request, device, local_day(now), local_day(now), form)


@allow(*KEEPERS, methods=GET_POST)
def paste(request: Request, code: str) -> HttpResponse:
    """Several parameters as pasted lines: looked at first, then entered all or nothing."""
    device, now = device_of(request, code), clock.now()
    today = local_day(now)
    form = PasteForm(request.POST or None, initial={"effective_from": today})
    order = _gate(form, device)
    rows: list[dict[str, Any]] = []
    if form.is_bound and form.is_valid():
        rows = _preview(device, form.cleaned_data["text"], today, request.POST.getlist("secret"))
        good = bool(rows) and not any(row["problem"] for row in rows)
        if not rows:
            form.add_error("text", _("Please paste 1 to %(limit)d lines.") % {"limit": 200})
        elif good and request.POST.get("confirm"):
            done = attempt(
                form,
                config_import,
                device=device,
                contract=request.contract,
                pairs=[(row["key"], row["value"]) for row in rows],
                secrets=request.POST.getlist("secret"),
                effective_from=form.cleaned_data["effective_from"],
                reason=form.cleaned_data["reason"],
                emergency=form.cleaned_data.get("emergency", ""),
                actor=request.user,
                at=now,
            )
            if done is not None:
                messages.success(request, _("%(count)d parameters are entered.") % {"count": done})
                return _to_page(device)
    context = device_context(
        request,
        device,
        TAB,
        form=form,
        order=order,
        rows=rows,
        ready=bool(rows) and not any(row["problem"] for row in rows) and not form.errors,
        columns=[
            {"label": _("Line"), "numeric": True},
            {"label": _("Parameter")},
            {"label": _("At present")},
            {"label": _("Value")},
            {"label": _("What happens")},
        ],
    )
    status = form_status(form) if form.errors or any(row["problem"] for row in rows) else 200
    return render(request, "devices/history/config_paste.html", context, status=status)


@allow(*READERS)
def compare(request: Request, code: str) -> HttpResponse:
    """Two sets side by side: of two days, of baselines, of two devices of one kind."""
    device = device_of(request, code)
    today = local_day(clock.now())
    baselines = list(device.config_baselines.all()[:50])
    left_text = request.GET.get("one", "") or (f"b{baselines[0].pk}" if baselines else "")
    right_text = request.GET.get("other", "")
    other_code = request.GET.get("device", "").strip()[:30]
    other, problem = device, ""
    if other_code and other_code != device.code:
        found = device_by_code(device.hall, other_code)
        if found is None:
            problem = _("There is no such device in this hall.")
        elif found.category_id != device.category_id:
            problem = _("Only devices of one kind can be compared.")
        else:
            other = found
    left = _set_of(device, left_text, request.GET.get("one_on", ""), today)
    other_baselines = baselines if other == device else list(other.config_baselines.all()[:50])
    right = _set_of(other, right_text, request.GET.get("other_on", ""), today)
    lines = compared(left[1], right[1])
    only = request.GET.get("all") != "1"
    differing = [line for line in lines if line.state != "same"]
    context = device_context(
        request,
        device,
        TAB,
        baselines=baselines,
        other_baselines=other_baselines,
        other=other,
        problem=problem,
        one=left_text,
        one_on=request.GET.get("one_on", ""),
        other_on=request.GET.get("other_on", ""),
        other_set=right_text,
        left_name=left[0],
        right_name=f"{other.code} · {right[0]}" if other != device else right[0],
        lines=differing if only else lines,
        differing=len(differing),
        same=len(lines) - len(differing),
        shows_all=not only,
        today=today,
        columns=[{"label": _("Parameter")}, {"label": left[0]}, {"label": right[0]}, {"label": _("Difference")}],
    )
    return render(request, "devices/history/config_compare.html", context)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def export(request: Request, code: str) -> HttpResponseBase:
    """The set of a day as a table, secrets covered; the export itself is entered in the history."""
    device, now = device_of(request, code), clock.now()
    today = local_day(now)
    day = min(day_of(request.POST.get("on", "")) or today, today)
    versions = versions_on([device], day)[device.pk]
    audit_write(
        contract=request.contract,
        subject=device,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "configuration", "on": day},
        visibility="internal",
    )
    header = [_("Parameter"), _("What it is"), _("Value"), _("Unit of measure"), _("In force from"), _("Version")]
    rows = [
        (
            one.item.key,
            one.item.label,
            MASK if one.item.is_secret else one.value,
            one.item.unit,
            one.effective_from,
            one.number,
        )
        for one in versions
    ]
    name = f"{device.code}_{_('Configuration')}_{day:%Y%m%d}"
    return table_response("xlsx" if request.POST.get("format") == "xlsx" else "csv", name, header, rows)


# ----------------------------------------------------------------------------------------------------------------------


def _page(
    request: Request, device: Device, day: date, today: date, baseline_form: BaselineForm | None = None
) -> HttpResponse:
    versions = versions_on([device], day)[device.pk]
    gone = device.config_items.exclude(pk__in=[one.item_id for one in versions]) if day == today else []
    context = device_context(
        request,
        device,
        TAB,
        rows=[{"version": one, "item": one.item, "value": _shown(one.item, one)} for one in versions],
        gone=list(gone),
        baselines=list(device.config_baselines.select_related("marked_by")[:20]),
        day=day,
        today=today,
        is_today=day == today,
        may_keep=request.role in KEEPERS,
        may_export=request.role in (ENGINEER, MANAGER, SUPERVISOR, LEADER),
        needs_order=order_needed(device),
        order=order_in_force(device, clock.now()),
        baseline_form=baseline_form or BaselineForm(initial={"on": today}),
        columns=[
            {"label": _("Parameter")},
            {"label": _("Value")},
            {"label": _("In force from")},
            {"label": _("Version"), "numeric": True},
        ],
    )
    status = form_status(baseline_form) if baseline_form is not None else 200
    return render(request, "devices/history/configuration.html", context, status=status)


def _form(request: Request, device: Device, form: EmergencyFields, more: dict[str, Any]) -> HttpResponse:
    context = device_context(request, device, TAB, **more)
    return render(request, "devices/history/config_form.html", context, status=form_status(form))


def _gate(form: EmergencyFields, device: Device) -> Any:
    """Ask for the reason of an emergency only where it is needed; returns the order in force."""
    order = order_in_force(device, clock.now())
    if order is not None or not order_needed(device):
        form.needs_no_emergency()
    return order


def _item_of(device: Device, request: Request, pk: int) -> ConfigItem:
    row = config_items_visible_to(request.user).filter(device=device, pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such parameter on this device."))
    row.device = device
    return row


def _shown(item: ConfigItem, version: ConfigVersion) -> str:
    if version.is_withdrawn:
        return _("withdrawn")
    return Value(version.value, item.unit, item.is_secret).shown


def _set_of(device: Device, chosen: str, on: str, today: date) -> tuple[str, dict[str, Value]]:
    """The set that an address asks for, with its name: "b<number>" a baseline, else the set of a day, today's without one."""
    if chosen.startswith("b") and chosen[1:].isascii() and chosen[1:].isdigit() and len(chosen) < 12:
        found = ConfigBaseline.objects.filter(device=device, pk=int(chosen[1:])).first()
        if found is not None:
            rows = found.versions.select_related("item")
            return _("Baseline %(name)s (%(on)s)") % {"name": found.name, "on": found.on}, values_of(rows, opened=True)
    day = min(day_of(on) or today, today)
    name = _("At present") if day == today else _("As on %(on)s") % {"on": day}
    return name, values_of(versions_on([device], day)[device.pk], opened=True)


def _preview(device: Device, text: str, today: date, secrets: list[str]) -> list[dict[str, Any]]:
    """What each pasted line would do, by the same rules that will decide when it is done."""
    known = {one.item.key: one for one in versions_on([device], today)[device.pk]}
    items = {row.key: row for row in device.config_items.all()}
    problems = {
        "no_sign": _("There is no = in this line."),
        "no_key": _("There is no name before the =."),
        "long_key": _("The name is too long."),
        "long_value": _("The value is too long."),
        "twice": _("This name stands above already."),
        "too_many": _("There are more lines than can be entered at once."),
    }
    rows = []
    for line in pasted_pairs(text):
        held = known.get(line.key)
        item = items.get(line.key)
        secret = item.is_secret if item is not None else line.key in secrets
        rows.append(
            {
                "line": line.line,
                "key": line.key,
                "value": line.value,
                "shown": MASK if secret else line.value,
                "now": _shown(held.item, held) if held is not None else "",
                "problem": problems.get(line.problem, "")
                or ("" if line.value or line.problem else _("There is no value.")),
                "is_new": item is None,
                "is_secret": secret,
                "state": _state(line, held),
            }
        )
    return rows


def _state(line: Pasted, held: ConfigVersion | None) -> str:
    if held is None:
        return _("new")
    if held.item.is_secret:
        return _("set anew")
    return _("same") if held.value == line.value else _("changed")


def _to_page(device: Device) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:configuration", args=[device.code]))


def _to_item(device: Device, row: ConfigItem) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:config_item", args=[device.code, row.pk]))
