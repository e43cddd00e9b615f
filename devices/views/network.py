"""Subnets, the ledger of addresses, and what cannot be right in it."""

from collections.abc import Iterator
from math import log2
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.forms import attempt
from core.http import Request
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.conflicts import conflicts_of
from devices.finds.network import addresses_visible_to, subnets_visible_to
from devices.forms.network import AddressForm, PasteForm, SubnetForm
from devices.models import Address, Subnet
from devices.rules_network import Span, gaps, key_of, normal_mac, parse_address, size_of, spans_text, text_of
from devices.services.common import KEEPERS, local_day
from devices.services.network import (
    BUSY,
    address_edit,
    address_free,
    address_take,
    closed_spans,
    subnet_create,
    subnet_edit,
    whole_of,
)
from devices.services.network_import import addresses_import
from devices.states import AddressStatus
from devices.tabs import READERS
from devices.views.network_page import PAGE_SIZE, exported, form_page, page_context, row_of

WIDE = ("reserved", "note", "text", "purpose", "emergency")


@allow(*READERS)
def subnet_list(request: Request) -> HttpResponse:
    """The hall's subnets with how full they are; a search finds addresses in all of them."""
    q = request.GET.get("q", "").strip()[:60]
    rows = subnets_visible_to(request.user).filter(hall=request.contract.hall)
    subnets = list(
        rows.annotate(
            used=Count("addresses", filter=Q(addresses__status=AddressStatus.IN_USE)),
            kept=Count("addresses", filter=Q(addresses__status__in=(AddressStatus.RESERVED, AddressStatus.STOPPED))),
        )
    )
    found: list[Address] = []
    if q:
        everywhere = addresses_visible_to(request.user).filter(subnet__hall=request.contract.hall, status__in=BUSY)
        found = list(_matching(everywhere, q).select_related("subnet", "device", "unit")[: PAGE_SIZE + 1])
    context = page_context(
        request,
        "subnets",
        q=q,
        found=found[:PAGE_SIZE],
        more=len(found) > PAGE_SIZE,
        subnets=[{"subnet": subnet, "usage": _usage(subnet, subnet.used + subnet.kept)} for subnet in subnets],
        columns=[
            {"label": _("Subnet")},
            {"label": "VLAN"},
            {"label": _("Gateway")},
            {"label": _("Usage")},
            {"label": _("Status")},
        ],
        address_columns=_address_columns(),
        may_export=request.role in (ENGINEER, MANAGER, SUPERVISOR, LEADER),
    )
    return render(request, "devices/network/subnets.html", context)


def _usage(subnet: Subnet, busy: int) -> dict[str, Any]:
    """How full a subnet is: what can be given out, what is, and the share in whole percent."""
    usable = max(whole_of(subnet).size - size_of(closed_spans(subnet)), 1)
    big = usable.bit_length() > 32
    return {
        "usable": f"2^{round(log2(usable))}" if big else f"{usable:,}",
        "busy": busy,
        "percent": min(100, round(busy * 100 / usable)),
        "is_tight": busy * 10 >= usable * 9,
    }


def _address_columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Address")},
        {"label": _("Status")},
        {"label": _("Device")},
        {"label": _("MAC address")},
        {"label": _("Unit and user")},
        {"label": _("Note")},
    ]


def _matching(rows: QuerySet[Address], q: str) -> QuerySet[Address]:
    """Addresses whose number, MAC, device, user, unit or note is what was typed."""
    try:
        mac = normal_mac(q) or q
    except ValueError:
        mac = q  # a part of one, or none at all
    return rows.filter(
        Q(address__startswith=q)
        | Q(mac__icontains=mac)
        | Q(device__code__icontains=q)
        | Q(device__name__icontains=q)
        | Q(person__icontains=q)
        | Q(unit__name__icontains=q)
        | Q(note__icontains=q)
    )


@allow(*READERS)
def subnet_page(request: Request, pk: int) -> HttpResponse:
    """One subnet: how full it is, its addresses with the free gaps between them; never more than a page is read."""
    subnet = row_of(subnets_visible_to(request.user), pk=pk, hall=request.contract.hall)
    q, status = request.GET.get("q", "").strip()[:60], request.GET.get("status", "")
    rows = subnet.addresses.filter(status__in=BUSY).select_related("device", "unit").order_by("key")
    counts = dict(rows.order_by().values_list("status").annotate(count=Count("pk")))
    narrowed = bool(q) or status in BUSY
    if q:
        rows = _matching(rows, q)
    if status in BUSY:
        rows = rows.filter(status=status)
    after = _key(request.GET.get("after", ""))
    if after:
        rows = rows.filter(key__gt=after)
    page = list(rows[: PAGE_SIZE + 1])
    shown, more = page[:PAGE_SIZE], len(page) > PAGE_SIZE
    lines: list[dict[str, Any]] = [{"row": row} for row in shown]
    if not narrowed:
        start = key_of(int(after, 16) + 1) if after else subnet.first
        lines = _lines(subnet, shown, start, shown[-1].key if more else subnet.last)
    context = page_context(
        request,
        "subnets",
        subnet=subnet,
        usage=_usage(subnet, sum(counts.values())),
        lines=lines,
        q=q,
        narrowed=narrowed,
        chips=_chips(request, counts, status),
        columns=_address_columns(),
        next_after=shown[-1].address if more else "",
        is_first=not after,
        may_export=request.role in (ENGINEER, MANAGER, SUPERVISOR, LEADER),
    )
    return render(request, "devices/network/subnet.html", context)


def _key(text: str) -> str:
    try:
        return key_of(parse_address(text)) if text else ""
    except ValueError:
        return ""


def _lines(subnet: Subnet, rows: list[Address], start: str, end: str) -> list[dict[str, Any]]:
    """Taken, reserved and free in their order, what is reserved or free as spans."""
    if start > end:
        return [{"row": row} for row in rows]
    window = Span(start, end)
    taken = [Span(row.key, row.key) for row in rows]
    closed = [
        Span(max(span.first, start), min(span.last, end), span.note)
        for span in closed_spans(subnet)
        if span.first <= end and span.last >= start
    ]
    lines: list[tuple[str, dict[str, Any]]] = [(row.key, {"row": row}) for row in rows]
    for span in closed:
        lines += [(part.first, _spoken(subnet, part, "closed", span.note)) for part in gaps(span, taken)]
    blocked = sorted([*taken, *closed], key=lambda span: span.first)
    lines += [(part.first, _spoken(subnet, part, "free")) for part in gaps(window, blocked)]
    return [line for _first, line in sorted(lines, key=lambda pair: pair[0])]


def _spoken(subnet: Subnet, span: Span, kind: str, note: str = "") -> dict[str, Any]:
    first, last = text_of(span.first, subnet.family), text_of(span.last, subnet.family)
    return {"kind": kind, "first": first, "last": last, "size": span.size, "note": note, "is_one": span.size == 1}


def _chips(request: Request, counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    chips = []
    for value, label in [("", _("All")), *((str(one.value), str(one.label)) for one in AddressStatus if one in BUSY)]:
        params = request.GET.copy()
        for name in ("after", "status"):
            params.pop(name, None)
        if value:
            params["status"] = value
        count = counts.get(value, 0) if value else sum(counts.values())
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen, "count": count})
    return chips


@allow(ENGINEER, MANAGER, methods=GET_POST)
def subnet_new(request: Request) -> HttpResponse:
    """Enter a subnet."""
    form = SubnetForm(request.POST or None, contract=request.contract)
    if form.is_bound and form.is_valid():
        subnet = attempt(
            form,
            subnet_create,
            hall=request.contract.hall,
            contract=request.contract,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if subnet is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:subnet", subnet.pk)
    return form_page(
        request,
        form,
        "subnets",
        title=_("Enter a subnet"),
        back=reverse("devices:subnets"),
        back_label=_("Subnets"),
        submit=_("Save"),
        wide=WIDE,
    )


@allow(ENGINEER, MANAGER, methods=GET_POST)
def subnet_change(request: Request, pk: int) -> HttpResponse:
    """Change a subnet."""
    subnet = row_of(subnets_visible_to(request.user), pk=pk, hall=request.contract.hall)
    names = ("name", "cidr", "vlan", "gateway", "dns", "purpose", "is_active", "version")
    initial = {name: getattr(subnet, name) for name in names} | {"reserved": spans_text(subnet.reserved)}
    form = SubnetForm(request.POST or None, contract=request.contract, initial=initial)
    back = reverse("devices:subnet", args=[pk])
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            subnet_edit,
            subnet=subnet,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect(back)
    return form_page(
        request,
        form,
        "subnets",
        title=_("Change the subnet"),
        back=back,
        back_label=str(subnet),
        submit=_("Save"),
        wide=WIDE,
    )


@allow(ENGINEER, MANAGER, methods=GET_POST)
def take(request: Request, pk: int) -> HttpResponse:
    """Take an address of a subnet: the next free one, or the one that is asked for."""
    subnet = row_of(subnets_visible_to(request.user), pk=pk, hall=request.contract.hall)
    asked = {name: request.GET.get(name, "")[:45] for name in ("address", "device")}
    form = AddressForm(request.POST or None, contract=request.contract, initial=asked)
    back = reverse("devices:subnet", args=[pk])
    if form.is_bound and form.is_valid():
        row = attempt(
            form,
            address_take,
            subnet=subnet,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.values(),
        )
        if row is not None:
            messages.success(request, _("%(address)s is taken.") % {"address": row.address})
            return redirect(back)
    return form_page(
        request,
        form,
        "subnets",
        title=_("Take an address"),
        sub=str(subnet),
        back=back,
        back_label=subnet.name,
        submit=_("Take"),
        wide=WIDE,
    )


@allow(ENGINEER, MANAGER, methods=GET_POST)
def address_change(request: Request, pk: int) -> HttpResponse:
    """Change what stands with an address, or give it back."""
    row = _address(request, pk)
    initial: dict[str, Any] = {
        name: getattr(row, name) for name in ("status", "mac", "unit", "person", "note", "version")
    }
    initial |= {"device": row.device.code if row.device else ""}
    form = AddressForm(request.POST or None, contract=request.contract, initial=initial)
    del form.fields["address"]
    back = reverse("devices:subnet", args=[row.subnet_id])
    if form.is_bound and form.is_valid():
        values = form.values()
        done = attempt(
            form,
            address_edit,
            address=row,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            emergency=values.pop("emergency"),
            values=values,
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect(back)
    return form_page(
        request,
        form,
        "subnets",
        title=row.address,
        sub=str(row.subnet),
        back=back,
        back_label=row.subnet.name,
        submit=_("Save"),
        wide=WIDE,
        chosen_device=str(row.device or ""),
        give_back=reverse("devices:address_free", args=[pk]),
        is_key=row.device is not None and row.device.is_key,
    )


@allow(ENGINEER, MANAGER, methods=POST)
def free(request: Request, pk: int) -> HttpResponse:
    """Give an address back."""
    row = _address(request, pk)
    seen = request.POST.get("version", "")
    address_free(
        address=row,
        contract=request.contract,
        actor=request.user,
        at=clock.now(),
        version_seen=int(seen) if seen.isdecimal() else None,
        emergency=request.POST.get("emergency", "")[:300],
    )
    messages.success(request, _("%(address)s is free again.") % {"address": row.address})
    return redirect("devices:subnet", row.subnet_id)


def _address(request: Request, pk: int) -> Address:
    rows = addresses_visible_to(request.user).select_related("subnet__hall", "device", "unit")
    return row_of(rows, pk=pk, subnet__hall=request.contract.hall)


@allow(*KEEPERS, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def address_export(request: Request) -> StreamingHttpResponse | FileResponse:
    """The ledger, of one subnet or of all, as csv or xlsx."""
    rows = addresses_visible_to(request.user).filter(subnet__hall=request.contract.hall, status__in=BUSY)
    chosen = request.GET.get("subnet", "")
    if chosen.isdecimal():
        rows = rows.filter(subnet_id=int(chosen))
    if request.GET.get("q", "").strip():
        rows = _matching(rows, request.GET["q"].strip()[:60])
    if request.GET.get("status") in BUSY:
        rows = rows.filter(status=request.GET["status"])
    header = [
        _("Subnet"), _("Address"), "VLAN", _("Status"), _("Device number"), _("Device"), _("MAC address"), _("Unit"), _("User"),
        _("Note"),
    ]  # fmt: skip
    return exported(request, "addresses", str(_("IP addresses")), header, _cells(rows))


def _cells(rows: QuerySet[Address]) -> Iterator[tuple[Any, ...]]:
    ordered = rows.select_related("subnet", "device", "unit").order_by("subnet__family", "key")
    for row in ordered.iterator(chunk_size=500):
        device = row.device
        yield (
            row.subnet.name, row.address, row.subnet.vlan, row.get_status_display(), device.code if device else "",
            device.name if device else "", row.mac, row.unit.name if row.unit else "", row.person, row.note,
        )  # fmt: skip


@allow(ENGINEER, MANAGER, methods=GET_POST)
def address_paste(request: Request) -> HttpResponse:
    """Paste an existing list: first tried out line by line, then entered as a whole."""
    form = PasteForm(request.POST or None)
    outcomes = None
    if form.is_bound and form.is_valid():
        dry_run = "enter" not in request.POST
        outcomes = attempt(
            form,
            addresses_import,
            hall=request.contract.hall,
            contract=request.contract,
            text=form.cleaned_data["text"],
            actor=request.user,
            at=clock.now(),
            dry_run=dry_run,
        )
        if outcomes and not dry_run and not any(one.result == "wrong" for one in outcomes):
            count = sum(one.result != "same" for one in outcomes)
            said = ngettext("%(n)d address entered or changed.", "%(n)d addresses entered or changed.", count)
            messages.success(request, said % {"n": count})
            return redirect("devices:subnets")
    wrong = sum(one.result == "wrong" for one in outcomes or [])
    context = page_context(
        request,
        "subnets",
        form=form,
        outcomes=outcomes,
        wrong=wrong,
        columns=[
            {"label": _("Line"), "numeric": True},
            {"label": _("Address")},
            {"label": _("Device")},
            {"label": _("MAC address")},
            {"label": _("Note")},
            {"label": _("Result")},
        ],
    )
    return render(request, "devices/network/paste.html", context, status=422 if form.errors or wrong else 200)


@allow(*READERS)
def conflict_list(request: Request) -> HttpResponse:
    """What cannot be right in the ledger."""
    context = page_context(
        request,
        "conflicts",
        conflicts=conflicts_of(request.contract.hall, local_day(clock.now())),
        columns=[{"label": _("Address")}, {"label": _("Device")}, {"label": _("Kind")}, {"label": _("What is wrong")}],
    )
    return render(request, "devices/network/conflicts.html", context)
