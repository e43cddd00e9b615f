"""The register of devices: list, page of one device, and the answers of the picker."""

from django.db.models import Prefetch
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.errors import NotFound
from core.export import csv_response
from core.http import Request
from core.panels import panels_for
from core.roles import AUDITOR, BUSINESS_ROLES, CLERK, CLIENT_ROLES, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from devices.filters import DeviceFilter
from devices.models import Device
from devices.finds.network import addresses_in_use
from devices.querysets import devices_visible_to, find_devices, sees_configuration
from devices.services.network import addresses_of
from devices.states import DeviceStatus
from records.services.audit import audit_write

READERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)
PAGE_SIZE = 50


@allow(*READERS)
def device_list(request: Request) -> HttpResponse:
    """All devices of the hall, filtered, paged by their number."""
    devices = _filtered(request)
    rows = devices.qs.select_related("category", "place", "window", "unit").order_by("code")
    after = request.GET.get("after", "")[:30]
    if after:
        rows = rows.filter(code__gt=after)
    page = list(rows[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    context = {
        "devices": shown,
        "form": devices.form,
        "chips": _chips(request),
        "filtered": any(request.GET.get(name) for name in ("q", "category", "place", "status")),
        "may_export": request.role != AUDITOR,
        "next_after": shown[-1].code if len(page) > PAGE_SIZE else "",
        "is_first": not after,
        "columns": [{"label": _("Device")}, {"label": _("Category")}, {"label": _("Place")}, {"label": _("Status")}],
    }
    return render(request, "devices/list.html", context)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def device_export(request: Request) -> StreamingHttpResponse:
    """The filtered list as CSV; the export itself is entered in the history."""
    rows = _filtered(request).qs.select_related("category", "place", "window", "unit", "vendor").order_by("code")
    rows = rows.prefetch_related(Prefetch("addresses", addresses_in_use(), to_attr="addresses_in_use"))
    now = clock.now()
    header = [
        _("Device number"), _("Short code"), _("Name"), _("Category"), _("Place"), _("Window"), _("Unit"), _("Brand"), _("Model"),
        _("Serial number"), _("IP address"), _("Status"), _("Power policy"), _("Warranty until"),
    ]  # fmt: skip
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "devices", "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    cells = (
        (
            row.code, row.short_code, row.name, row.category.name, row.place.name, row.window or "", row.unit or "", row.brand,
            row.model, row.serial_no, "、".join(one.address for one in row.addresses_in_use), row.get_status_display(), row.get_power_policy_display(), row.warranty_until,
        )
        for row in rows.iterator(chunk_size=500)
    )  # fmt: skip
    return csv_response(f"{_('Devices')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}", header, cells)


@allow(*BUSINESS_ROLES)
def device_detail(request: Request, code: str) -> HttpResponse:
    """One device: facts, and what other parts of the house know of it."""
    device = (
        devices_visible_to(request.user)
        .filter(hall=request.contract.hall, code=code)
        .select_related("category", "place", "window", "unit", "vendor")
        .first()
    )
    if device is None:
        raise NotFound(_("There is no such device in this hall."))
    context = {
        "device": device,
        "facts": _facts(device),
        "configuration": _configuration(device) if sees_configuration(request.user, request.contract.pk) else [],
        "panels": panels_for("device", request, device),
        "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "may_list": request.role in READERS,
    }
    return render(request, "devices/detail.html", context)


@allow(*CLIENT_ROLES, *STAFF_ROLES)
def device_pick(request: Request) -> HttpResponse:
    """The picker's answer to what was typed so far: number, name and place, nothing more."""
    found = find_devices(request.contract.hall, request.GET.get("q", "")[:60])
    options = [{"code": row.code, "name": row.name, "note": _where(row)} for row in found]
    return render(request, "components/picker_options.html", {"options": options})


def _filtered(request: Request) -> DeviceFilter:
    devices = devices_visible_to(request.user).filter(hall=request.contract.hall)
    if request.role == CLERK:
        devices = devices.none()
    return DeviceFilter(request.GET, queryset=devices, hall=request.contract.hall)


def _chips(request: Request) -> list[dict[str, object]]:
    chosen = request.GET.get("status", "")
    rows: list[tuple[str, str]] = [("", _("All"))]
    rows += [(str(status.value), str(status.label)) for status in DeviceStatus]
    chips = []
    for value, label in rows:
        params = request.GET.copy()
        for name in ("after", "status"):
            params.pop(name, None)
        if value:
            params["status"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


def _where(device: Device) -> str:
    return " · ".join(part for part in (device.place.name, device.window.code if device.window else "") if part)


def _facts(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Device number"), device.code),
        (_("Short code"), device.short_code),
        (_("Category"), device.category.name),
        (_("Place"), _where(device)),
        (_("Unit"), device.unit or ""),
        (_("Brand and model"), f"{device.brand} {device.model}".strip()),
        (_("Owned by"), device.get_ownership_display()),
        (_("Vendor"), device.vendor or ""),
        (_("Power policy"), device.get_power_policy_display()),
        (_("Key device"), _("Yes") if device.is_key else ""),
        (_("Installed on"), f"{device.installed_on:%Y-%m-%d}" if device.installed_on else ""),
        (_("Warranty until"), f"{device.warranty_until:%Y-%m-%d}" if device.warranty_until else ""),
    ]


def _configuration(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Serial number"), device.serial_no),
        (_("IP address"), "、".join(addresses_of([device]).get(device.pk, []))),
        (_("MAC address"), device.mac),
        (_("Criticality"), device.get_criticality_display()),
        (_("Remark"), device.remark),
    ]
