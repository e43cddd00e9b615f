"""The history of devices: one's timeline, as it was on a day, its printed record, and all changes of the hall."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from PIL import Image

from core import clock
from core.access import POST, allow
from core.clock import SHANGHAI
from core.export import table_response
from core.http import Request
from core.pdf import pdf_render
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.history import AsOf, device_as_of, end_of, entries_of_devices, values_of, versions_on
from devices.finds.network import addresses_of
from devices.forms.history import ChangesFilter, PeriodForm, day_of
from devices.models import Device
from devices.present_history import (
    FieldNames,
    Words,
    actor_words,
    entry_cells,
    happening_of,
    value_words,
    words_of,
)
from devices.services.common import local_day
from devices.tabs import READERS
from devices.timeline import all_kinds, cursor_read, cursor_text, gathered
from devices.views.page import device_context, device_of
from records.models import AuditEntry, Source
from records.querysets import attachments_of
from records.services.audit import audit_write

PAGE_SIZE = 30
MOST_EXPORTED = 50_000
MOST_PRINTED = 400
"""So many happenings a printed record holds; the period can be narrowed."""
MOST_PHOTOS = 6
PHOTO_EDGE_PX = 480
EXPORTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
INSIDE = (ENGINEER, MANAGER, AUDITOR)
HEAD = (
    "name", "status", "category", "place", "window", "unit", "vendor", "brand", "model", "serial_no", "asset_no", "mac",
    "custodian", "ownership", "power_policy", "is_key", "criticality", "installed_on", "warranty_until", "status_reason",
    "remark",
)  # fmt: skip
"""The fields of a record in the order in which they are read; others that there may be follow."""


@allow(*READERS)
def history(request: Request, code: str) -> HttpResponse:
    """The whole life of a device, newest first, of all kinds or of one."""
    device = device_of(request, code)
    kind = request.GET.get("kind", "")
    kinds = [one for one in all_kinds() if one.slug == kind]
    cursor = cursor_read(request.GET.get("after", "")[:120])
    found = gathered(device, request.user, limit=PAGE_SIZE + 1, kinds=[one.slug for one in kinds], before=cursor)
    shown = found[:PAGE_SIZE]
    chips = [{"label": _("All"), "url": "?", "active": not kinds}]
    chips += [
        {"label": one.label, "url": f"?kind={one.slug}", "active": bool(kinds) and one.slug == kind}
        for one in all_kinds()
    ]
    today = local_day(clock.now())
    context = device_context(
        request,
        device,
        "history",
        happenings=shown,
        chips=chips,
        one_kind=bool(kinds),
        next_after=cursor_text(shown[-1]) if len(found) > PAGE_SIZE else "",
        is_first=cursor is None,
        today=today,
        year_ago=today - timedelta(days=365),
    )
    return render(request, "devices/history/history.html", context)


@allow(*READERS)
def as_of(request: Request, code: str) -> HttpResponse:
    """A device as it was when a day ended; what is different now is marked."""
    device = device_of(request, code)
    today = local_day(clock.now())
    day = min(day_of(request.GET.get("on", "")) or today, today)
    was = device_as_of(device, day)
    sets = versions_on([device], day)[device.pk] if was.state is not None else []
    now_values = values_of(versions_on([device], today)[device.pk])
    then_values = values_of(sets)
    context = device_context(
        request,
        device,
        "history",
        day=day,
        today=today,
        since=was.since,
        known=was.state is not None,
        rows=_rows(device, was),
        parameters=[
            {
                "key": key,
                "then": then_values[key].shown if key in then_values else "",
                "now": now_values[key].shown if key in now_values else "",
                "differs": (then_values.get(key) != now_values.get(key)),
            }
            for key in sorted({*then_values, *now_values})
        ],
        columns=[{"label": _("Field")}, {"label": _("As on %(on)s") % {"on": day}}, {"label": _("At present")}],
    )
    return render(request, "devices/history/as_of.html", context)


@allow(*READERS)
def record(request: Request, code: str) -> HttpResponse:
    """The device's record (设备档案) on A4: facts, configuration, photos, and its life in the chosen period."""
    device = device_of(request, code)
    now = clock.now()
    today = local_day(now)
    form = PeriodForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    last = min(asked.get("last") or today, today)
    first = asked.get("first") or date(2000, 1, 1)
    day = min(asked.get("on") or today, today)
    was = device_as_of(device, day)
    begins = datetime.combine(first, time.min, SHANGHAI)
    found = gathered(
        device, request.user, limit=MOST_PRINTED + 1, until=end_of(min(last, day)) - timedelta(microseconds=1)
    )
    life = [one for one in found if one.at >= begins]
    versions = versions_on([device], day)[device.pk] if was.state is not None else []
    context = {
        "device": device,
        "code": device.code,
        "project": request.contract.project_name,
        "made_at": now,
        "day": day,
        "is_today": day == today,
        "since": was.since,
        "known": was.state is not None,
        "first": asked.get("first"),
        "last": last,
        "rows": _paired(_rows(device, was)),
        "addresses": addresses_of([device]).get(device.pk, []) if day == today else [],
        "versions": [
            {"item": one.item, "value": values_of([one])[one.item.key].shown, "from": one.effective_from}
            for one in versions
        ],
        "happenings": life[:MOST_PRINTED],
        "capped": len(life) > MOST_PRINTED,
        "limit": MOST_PRINTED,
        "photos": _photos(device) if day == today else [],
        "parts": list(device.parts.filter(installed_on__lte=day).exclude(removed_on__lte=day)),
        "installations": list(
            device.installations.filter(installed_on__lte=day).exclude(removed_on__lte=day).select_related("software")
        ),
    }
    html = render_to_string("devices/history/record.html", context)
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{device.code}.pdf"'
    return response


@allow(*READERS)
def changes(request: Request) -> HttpResponse:
    """Every change of every device of the hall, newest first."""
    entries, form, filtered = _filtered(request)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 12:
        entries = entries.filter(pk__lt=int(before))
    page = list(entries.order_by("-pk")[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    context = {
        "rows": _changes_rows(request, shown),
        "form": form,
        "is_filtered": filtered,
        "batch": request.GET.get("batch", "")[:40],
        "more_open": any(request.GET.get(name) for name in ("who", "source", "field", "first", "last")),
        "next_before": shown[-1].pk if len(page) > PAGE_SIZE else "",
        "is_first": not before,
        "may_export": request.role in EXPORTERS,
        "columns": [{"label": _("When")}, {"label": _("Device")}, {"label": _("What")}, {"label": _("Who")}],
    }
    return render(request, "devices/history/changes.html", context)


@allow(*EXPORTERS, methods=POST)  # type: ignore[arg-type]
def changes_export(request: Request) -> HttpResponseBase:
    """The filtered changes as a table, ids beside labels; the export itself is entered in the history."""
    entries, _form, _filtered_at_all = _filtered(request)
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "changes", "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    header = [
        _("When"), _("Device number"), _("Name"), _("What"), _("Field"), _("Before"), _("After"), _("Who"), _("Source"),
        _("Reason"), _("Batch"), _("Entry"),
    ]  # fmt: skip
    name = f"{_('Change records')}_{now.astimezone(SHANGHAI):%Y%m%d_%H%M}"
    fmt = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    return table_response(fmt, name, header, _export_cells(request, entries))


# ----------------------------------------------------------------------------------------------------------------------


def _filtered(request: Request) -> tuple[QuerySet[AuditEntry], ChangesFilter, bool]:
    rows = entries_of_devices(request.contract.hall, inside=request.role in INSIDE)
    words = Words(FieldNames(request.contract.hall_id), 0)
    fields = [(name, words.label(name)) for name in (*HEAD, "extra", "address")]
    form = ChangesFilter(request.GET, fields=fields)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    if asked.get("device"):
        found = Device.objects.filter(hall=request.contract.hall_id, code__iexact=asked["device"].strip())
        rows = rows.filter(subject_id__in=found.values("pk"))
    if asked.get("who"):
        rows = rows.filter(actor_label__icontains=asked["who"].strip())
    if asked.get("source"):
        rows = rows.filter(source=asked["source"])
    if asked.get("field"):
        rows = rows.filter(Q(after__has_key=asked["field"]) | Q(before__has_key=asked["field"]))
    if asked.get("first"):
        rows = rows.filter(at__gte=datetime.combine(asked["first"], time.min, SHANGHAI))
    if asked.get("last"):
        rows = rows.filter(at__lt=end_of(asked["last"]))
    if asked.get("batch"):
        rows = rows.filter(batch=asked["batch"])
    return rows, form, any(asked.values())


def _changes_rows(request: Request, entries: list[AuditEntry]) -> list[dict[str, Any]]:
    devices = {row.pk: row for row in Device.objects.filter(pk__in={entry.subject_id for entry in entries})}
    names = FieldNames(request.contract.hall_id)
    rows = []
    for entry in entries:
        device = devices[entry.subject_id]
        rows.append({"device": device, "happening": happening_of(entry, Words(names, device.category_id))})
    return rows


def _export_cells(request: Request, entries: QuerySet[AuditEntry]) -> Iterator[tuple[Any, ...]]:
    devices = {
        pk: (code, name, category)
        for pk, code, name, category in Device.objects.filter(hall=request.contract.hall_id).values_list(
            "pk", "code", "name", "category_id"
        )
    }
    names = FieldNames(request.contract.hall_id)
    sources = dict(Source.choices)
    for entry in entries.order_by("-pk")[:MOST_EXPORTED].iterator(chunk_size=500):
        code, name, category = devices[entry.subject_id]
        words = Words(names, category)
        fields, before, after = entry_cells(entry, words)
        title = happening_of(entry, words).title
        yield (
            entry.at, code, name, title, fields, before, after, actor_words(entry), str(sources.get(entry.source, "")),
            entry.reason, entry.batch, entry.pk,
        )  # fmt: skip


def _rows(device: Device, was: AsOf) -> list[dict[str, Any]]:
    """The fields of a device with what they were and what they are, custom fields last; empty ones on both sides are left out."""
    if was.state is None:
        return []
    words = words_of(device)
    rows = []
    rest = [name for name in was.present if name not in (*HEAD, "extra", "code", "short_code", "status_since")]
    for name in (*HEAD, *rest):
        if name not in was.state:
            continue
        then, now = was.state[name], was.present[name]
        if then in (None, "", False) and now in (None, "", False):
            continue
        rows.append(
            {
                "label": words.label(name),
                "then": words.value(name, then),
                "now": words.value(name, now),
                "differs": name in was.changed,
            }
        )
    then_extra, now_extra = was.state.get("extra") or {}, was.present.get("extra") or {}
    for key in sorted({*then_extra, *now_extra}):
        then, now = then_extra.get(key), now_extra.get(key)
        if then in (None, "") and now in (None, ""):
            continue
        rows.append(
            {
                "label": words.extra_label(key),
                "then": value_words(then),
                "now": value_words(now),
                "differs": (then or "") != (now or ""),
            }
        )
    return rows


def _paired(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Facts two by two for the sheet; a long one alone."""
    table: list[list[dict[str, Any]]] = []
    for row in rows:
        is_long = len(row["then"]) > 24
        last = table[-1] if table else []
        if not is_long and len(last) == 1 and not last[0].get("is_long"):
            last.append(row)
        else:
            table.append([row | {"is_long": is_long}])
    return table


def _photos(device: Device) -> list[dict[str, Any]]:
    """The newest photos of a device, made small for paper."""
    shown = []
    for row in attachments_of(device).filter(content_type__startswith="image/").order_by("-pk")[:MOST_PHOTOS]:
        with row.file.open("rb") as file, Image.open(file) as picture:
            small = picture.convert("RGB")
            small.thumbnail((PHOTO_EDGE_PX, PHOTO_EDGE_PX))
            out = BytesIO()
            small.save(out, "JPEG", quality=80)
        shown.append({"data": f"data:image/jpeg;base64,{b64encode(out.getvalue()).decode()}", "at": row.added_at})
    return shown
