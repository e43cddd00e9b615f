"""Connections: the list, the form from either device, the device's own tab."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.forms import attempt
from core.http import Request
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.network import links_visible_to
from devices.forms.network import LayerForm, LinkEditForm, LinkForm
from devices.models import DrawnLayer, Link, Port
from devices.rules_network import port_order
from devices.services.common import KEEPERS, local_day
from devices.services.links import FIELDS, layer_set, link_create, link_edit, link_remove
from devices.services.registrations import REQUESTERS
from devices.states import AddressStatus
from devices.tabs import READERS
from devices.views.network_page import PAGE_SIZE, exported, form_page, page_context, row_of
from devices.views.page import device_context, device_of


def _with_ends(rows: QuerySet[Link]) -> QuerySet[Link]:
    ports = Port.objects.select_related("device__place").order_by("side")
    return rows.prefetch_related(Prefetch("ports", ports, to_attr="ends"))


@allow(*READERS)
def link_list(request: Request) -> HttpResponse:
    """The hall's connections, newest first."""
    rows = _found(request)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 15:
        rows = rows.filter(pk__lt=int(after))
    page = list(_with_ends(rows.order_by("-pk"))[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    context = page_context(
        request,
        "links",
        links=shown,
        next_after=shown[-1].pk if len(page) > PAGE_SIZE else "",
        is_first=not after,
        q=request.GET.get("q", "")[:60],
        chips=_chips(request),
        may_export=request.role in (ENGINEER, MANAGER, SUPERVISOR, LEADER),
        columns=[
            {"label": _("From")},
            {"label": _("To")},
            {"label": _("Kind")},
            {"label": _("Cable label")},
            {"label": _("VLANs")},
            {"label": _("Note")},
        ],
    )
    return render(request, "devices/network/links.html", context)


def _found(request: Request) -> QuerySet[Link]:
    rows = links_visible_to(request.user).filter(hall=request.contract.hall_id)
    q, kind = request.GET.get("q", "").strip()[:60], request.GET.get("kind", "")
    if kind in Link.Kind.values:
        rows = rows.filter(kind=kind)
    if q:
        ports = Port.objects.filter(
            Q(device__code__icontains=q) | Q(device__name__icontains=q) | Q(name__iexact=q), link__isnull=False
        )
        rows = rows.filter(
            Q(label__icontains=q) | Q(note__icontains=q) | Q(vlans__icontains=q) | Q(pk__in=ports.values("link_id"))
        )
    return rows


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("kind", "")
    chips = []
    for value, label in [("", _("All")), *((str(one.value), str(one.label)) for one in Link.Kind)]:
        params = request.GET.copy()
        for name in ("after", "kind"):
            params.pop(name, None)
        if value:
            params["kind"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def link_export(request: Request) -> StreamingHttpResponse | FileResponse:
    """The filtered connections as csv or xlsx."""
    header = [
        _("From"), _("Port"), _("To"), _("Port"), _("Kind"), _("Cable label"), _("Length (m)"), _("VLANs"), _("Note"),
    ]  # fmt: skip
    return exported(request, "links", str(_("Connections")), header, _cells(_found(request)))


def _cells(rows: QuerySet[Link]) -> Iterator[tuple[Any, ...]]:
    for row in _with_ends(rows.order_by("pk")).iterator(chunk_size=500):
        a, b = row.ends  # type: ignore[attr-defined]
        yield (
            str(a.device), a.name, str(b.device), b.name, row.get_kind_display(), row.label, row.metres, row.vlans, row.note,
        )  # fmt: skip


@allow(*READERS)
def device_network(request: Request, code: str) -> HttpResponse:
    """The tab of a device: its addresses, ports, connections, registrations and extensions."""
    device = device_of(request, code)
    ports = Port.objects.filter(device=device, link__isnull=False).select_related("link")
    links = {port.link_id or 0: port for port in ports}
    far = Port.objects.filter(link_id__in=list(links)).exclude(device=device).select_related("device__place")
    others = {port.link_id: port for port in far}
    layer = DrawnLayer.objects.filter(device=device).first()
    addresses = (
        device.addresses.exclude(status=AddressStatus.FREE).select_related("subnet").order_by("subnet__family", "key")
    )
    context = device_context(
        request,
        device,
        "network",
        addresses=list(addresses),
        links=sorted(
            ({"port": port, "far": others.get(pk), "link": port.link} for pk, port in links.items()),
            key=lambda row: port_order(row["port"].name),
        ),
        registrations=list(device.registrations.select_related("address").order_by("-requested_at")[:20]),
        extensions=list(device.extensions.order_by("number")[:20]),
        today=local_day(clock.now()),
        may_keep=request.role in KEEPERS,
        may_request=request.role in REQUESTERS,
        layer_form=LayerForm(initial={"layer": layer.layer if layer else ""}),
        layer=layer,
        address_columns=[
            {"label": _("Address")},
            {"label": _("Subnet")},
            {"label": _("MAC address")},
            {"label": _("Note")},
            {"label": _("Status")},
        ],
        link_columns=[
            {"label": _("Port")},
            {"label": _("Connected to")},
            {"label": _("Kind")},
            {"label": _("Cable label")},
            {"label": _("VLANs")},
        ],
    )
    return render(request, "devices/network/device.html", context)


@allow(ENGINEER, MANAGER, methods=GET_POST)
def link_new(request: Request, code: str) -> HttpResponse:
    """Connect a device to another."""
    device = device_of(request, code)
    form = LinkForm(request.POST or None, contract=request.contract)
    back = reverse("devices:network", args=[code])
    if form.is_bound and form.is_valid():
        values = form.values()
        ends = {name: values.pop(name) for name in ("a_port", "b_port")}
        done = attempt(
            form,
            link_create,
            contract=request.contract,
            a=device,
            b=values.pop("device"),
            values=values,
            actor=request.user,
            at=clock.now(),
            **ends,
        )
        if done is not None:
            messages.success(request, _("Connected."))
            return redirect(back)
    return form_page(
        request,
        form,
        "links",
        title=_("Connect a device"),
        sub=str(device),
        back=back,
        back_label=device.name,
        submit=_("Connect"),
        wide=("note",),
    )


@allow(ENGINEER, MANAGER, methods=GET_POST)
def link_change(request: Request, pk: int) -> HttpResponse:
    """Change a connection, or plug it into another port."""
    link = row_of(_with_ends(links_visible_to(request.user)), pk=pk, hall=request.contract.hall_id)
    a, b = link.ends  # type: ignore[attr-defined]
    initial: dict[str, Any] = {name: getattr(link, name) for name in (*FIELDS, "version")}
    initial |= {"a_port": a.name, "b_port": b.name}
    form = LinkEditForm(request.POST or None, contract=request.contract, initial=initial)
    for name, end in (("a_port", a), ("b_port", b)):
        form.fields[name].label = _("Port of %(device)s") % {"device": end.device.code}
        form.fields[name].help_text = ""
    if form.is_bound and form.is_valid():
        values = form.values()
        ends = {name: values.pop(name) for name in ("a_port", "b_port")}
        done = attempt(
            form,
            link_edit,
            link=link,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=values,
            actor=request.user,
            at=clock.now(),
            **ends,
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:network", a.device.code)
    return form_page(
        request,
        form,
        "links",
        title=_("Change the connection"),
        sub=f"{a.device} ↔ {b.device}",
        back=reverse("devices:network", args=[a.device.code]),
        back_label=a.device.name,
        submit=_("Save"),
        wide=("note",),
        unplug=reverse("devices:link_remove", args=[pk]),
    )


@allow(ENGINEER, MANAGER, methods=POST)
def link_drop(request: Request, pk: int) -> HttpResponse:
    """Unplug a connection."""
    link = row_of(_with_ends(links_visible_to(request.user)), pk=pk, hall=request.contract.hall_id)
    code = link.ends[0].device.code  # type: ignore[attr-defined]
    seen = request.POST.get("version", "")
    link_remove(
        link=link,
        contract=request.contract,
        version_seen=int(seen) if seen.isdecimal() else link.version,
        actor=request.user,
        at=clock.now(),
    )
    messages.success(request, _("Unplugged."))
    return redirect("devices:network", code)


@allow(ENGINEER, MANAGER, methods=POST)
def layer(request: Request, code: str) -> HttpResponse:
    """Say in which layer a device is drawn."""
    device = device_of(request, code)
    form = LayerForm(request.POST)
    if form.is_valid():
        layer_set(
            device=device,
            contract=request.contract,
            layer=form.cleaned_data["layer"],
            actor=request.user,
            at=clock.now(),
        )
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Please choose a layer."))
    return redirect("devices:network", code)
