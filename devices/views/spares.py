"""Spare parts: the store, a part's ledger, counts of the store, and whose promised spare is missing."""

from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import charts, clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from devices.finds.spares import cover_of, movements_of, movements_visible_to, parts_visible_to, uncovered_of
from devices.forms.spares import CountForm, MoveForm, PartForm, ReasonForm
from devices.models import SpareMove, SparePart, StockMovement
from devices.querysets import categories_of, device_by_code
from devices.rules_spares import month_points
from devices.services.common import local_day
from devices.services.spares import FIELDS, Counted, count_enter, movement_reverse, part_add, part_edit, part_move
from devices.tabs import READERS
from records.services.audit import audit_write

PAGE_SIZE = 50
COUNT_LIMIT = 200
"""So many parts stand on one count; more are counted by category."""
POINTS = 24
FORMATS = ("xlsx", "csv")


@allow(*READERS)
def part_list(request: Request) -> HttpResponse:
    """The store: what is left of each part, those that run short first."""
    rows = _filtered(request)
    after = request.GET.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    page = list(rows[start : start + PAGE_SIZE + 1])
    context = {
        "parts": page[:PAGE_SIZE],
        "q": request.GET.get("q", "")[:60],
        "chips": _chips(request),
        "categories": categories_of(request.contract.hall),
        "category": request.GET.get("category", ""),
        "filtered": any(request.GET.get(name) for name in ("q", "category", "show")),
        "is_keeper": request.role in STAFF_ROLES,
        "may_export": request.role != AUDITOR,
        "next_after": start + PAGE_SIZE if len(page) > PAGE_SIZE else "",
        "is_first": not start,
        "uncovered": uncovered_of(request.contract.hall),
        "columns": [
            {"label": _("Part")},
            {"label": _("Fits")},
            {"label": _("Stored at")},
            {"label": _("Lowest stock"), "numeric": True},
            {"label": _("In stock"), "numeric": True},
        ],
    }
    return render(request, "devices/spares/list.html", context)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def part_export(request: Request) -> HttpResponseBase:
    """The filtered store as xlsx or csv; the export itself is entered in the history."""
    header = [
        _("Code"), _("Name"), _("Model"), _("Fits"), _("Stored at"), _("Shelf"), _("In stock"), _("Counted in"), _("Lowest stock"),
        _("Runs short since"), _("Last counted"), _("Price (yuan)"), _("Remark"),
    ]  # fmt: skip
    cells = (
        (
            row.code, row.name, row.model, row.category or "", row.place or "", row.shelf, row.stock, row.unit, row.min_stock,
            row.low_since if row.is_low else None, row.counted_on, row.price, row.remark,
        )
        for row in _filtered(request).iterator(chunk_size=500)
    )  # fmt: skip
    return _export(request, "spare_parts", _("Spare parts"), header, cells)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def movement_export(request: Request) -> HttpResponseBase:
    """The ledger of all parts, or of one (part=<id>), oldest first."""
    rows = movements_visible_to(request.user).filter(item__hall=request.contract.hall_id)
    part = request.GET.get("part", "")
    if part.isascii() and part.isdigit() and len(part) < 12:
        rows = rows.filter(item_id=int(part))
    rows = rows.select_related("item", "device", "loan", "actor").order_by("id")
    header = [
        _("At"), _("Code"), _("Name"), _("Movement"), _("In or out"), _("Left after it"), _("Counted in"), _("Device"), _("Loan"),
        _("Document"), _("Reason"), _("Entered by"), _("Number of the movement"), _("Reverses"),
    ]  # fmt: skip
    cells = (
        (
            row.at, row.item.code, row.item.name, row.get_kind_display(), row.change, row.balance, row.item.unit,
            row.device or "", row.loan or "", row.document, row.reason, row.actor.name if row.actor else "", row.pk,
            row.reverses_id,
        )
        for row in rows.iterator(chunk_size=500)
    )  # fmt: skip
    return _export(request, "spare_movements", _("Movements of spare parts"), header, cells)


@allow(*READERS)
def part_page(request: Request, pk: int) -> HttpResponse:
    """One part: what is left, how that came about, and what can be entered."""
    return _page(request, _part_of(request, pk), None)


@allow(*STAFF_ROLES, methods=GET_POST)
def move(request: Request, pk: int) -> HttpResponse:
    """Enter a movement; refused, the part's page comes back with what was typed."""
    part = _part_of(request, pk)
    form = MoveForm(request.POST if request.method == "POST" else None, hall=request.contract.hall)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, part_move, part=part, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )  # fmt: skip
        if done is not None:
            messages.success(
                request,
                _("Entered: %(kind)s. %(left)s %(unit)s are left.")
                % {"kind": done.get_kind_display(), "left": done.balance, "unit": part.unit},
            )
            return HttpResponseRedirect(reverse("devices:spare", args=[part.pk]))
    return _page(request, part, form)


@allow(*STAFF_ROLES, methods=GET_POST)
def reverse_movement(request: Request, pk: int) -> HttpResponse:
    """Set a wrong movement right by its opposite, with the reason."""
    rows = movements_visible_to(request.user).filter(item__hall=request.contract.hall_id)
    movement = rows.select_related("item", "device", "actor").filter(pk=pk).first()
    if movement is None:
        raise NotFound(_("There is no such movement in this hall."))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, movement_reverse, movement=movement, contract=request.contract, actor=request.user, at=clock.now(),
            **form.cleaned_data,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("The movement is reversed; both stay in the ledger."))
            return HttpResponseRedirect(reverse("devices:spare", args=[movement.item_id]))
    context = {"form": form, "movement": movement, "part": movement.item}
    return render(request, "devices/spares/reverse.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def add(request: Request) -> HttpResponse:
    """Enter a kind of part."""
    hall = request.contract.hall
    form = PartForm(request.POST if request.method == "POST" else None, hall=hall)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, part_add, hall=hall, contract=request.contract, values=_values(form), actor=request.user, at=clock.now()
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("The part is entered. Its stock begins with what you receive."))
            return HttpResponseRedirect(reverse("devices:spare", args=[done.pk]))
    context = {"form": form, "part": None, "back_url": reverse("devices:spares")}
    return render(request, "devices/spares/form.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Change what a part is called, where it is kept, how few there may be."""
    part = _part_of(request, pk)
    initial = {name: getattr(part, name) for name in FIELDS} | {"version": part.version}
    form = PartForm(request.POST if request.method == "POST" else None, hall=request.contract.hall, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            part_edit,
            part=part,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=_values(form),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("devices:spare", args=[part.pk]))
    context = {"form": form, "part": part, "back_url": reverse("devices:spare", args=[part.pk])}
    return render(request, "devices/spares/form.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def count(request: Request) -> HttpResponse:
    """Enter a count of the store: every part that was counted, differences with their reason, all under one batch."""
    parts = _counted_parts(request)
    form = CountForm(request.POST if request.method == "POST" else None, parts=parts)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        lines = [
            Counted(part, data[f"seen_{part.pk}"] or 0, data[f"counted_{part.pk}"], data[f"reason_{part.pk}"])
            for part in parts
            if data[f"counted_{part.pk}"] is not None
        ]
        done = attempt(
            form, count_enter, contract=request.contract, lines=lines, document=data["document"], actor=request.user,
            at=clock.now(),
        )  # fmt: skip
        if done is not None:
            differ = sum(movement.change != 0 for movement in done)
            counted = ngettext("%(n)d part was counted.", "%(n)d parts were counted.", len(done)) % {"n": len(done)}
            found = ngettext("%(n)d difference was entered.", "%(n)d differences were entered.", differ) % {"n": differ}
            alike = _("Everything was as it should be.")
            messages.success(request, f"{counted} {found if differ else alike}")
            return HttpResponseRedirect(reverse("devices:spares"))
    context = {
        "form": form,
        "lines": [
            {
                "part": part,
                "counted": form[f"counted_{part.pk}"],
                "seen": form[f"seen_{part.pk}"],
                "reason": form[f"reason_{part.pk}"],
            }
            for part in parts
        ],
        "categories": categories_of(request.contract.hall),
        "category": request.GET.get("category", ""),
        "capped": len(parts) >= COUNT_LIMIT,
        "limit": COUNT_LIMIT,
    }
    return render(request, "devices/spares/count.html", context, status=form_status(form))


@allow(*STAFF_ROLES)
def count_sheet(request: Request) -> HttpResponse:
    """The blank count sheet on A4: where each part is kept, and room for what is found. The books' figure is not told."""
    html = render_to_string(
        "devices/spares/count_sheet.html",
        {
            "project": request.contract.project_name,
            "hall": request.contract.hall,
            "made_at": clock.now(),
            "parts": _counted_parts(request),
        },
    )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="count-sheet.pdf"'
    return response


@allow(*READERS)
def cover(request: Request) -> HttpResponse:
    """Whose spare is promised, how many stand ready, and which kinds have none (附三.4)c))."""
    context = {
        "rows": list(cover_of(request.contract.hall)),
        "columns": [
            {"label": _("Category")},
            {"label": _("In use"), "numeric": True},
            {"label": _("Faulty or under repair"), "numeric": True},
            {"label": _("Lent out"), "numeric": True},
            {"label": _("Spares ready"), "numeric": True},
        ],
    }
    return render(request, "devices/spares/cover.html", context)


def _page(request: Request, part: SparePart, form: MoveForm | None) -> HttpResponse:
    rows = movements_of(part)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 12:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    points = month_points(
        [local_day(row.at) for row in reversed(shown)], [row.balance for row in reversed(shown)], POINTS
    )
    is_keeper = request.role in STAFF_ROLES
    move_form = form or MoveForm(hall=request.contract.hall)
    context = {
        "part": part,
        "facts": _facts(part),
        "movements": [
            {"row": row, "reversed_by": getattr(row, "reversed_by", None), "reversible": is_keeper and _reversible(row)}
            for row in shown
        ],
        "chart": charts.line(
            [f"{day:%m-%d}" for day, _left in points],
            [left for _day, left in points],
            title=_("What was left of %(part)s") % {"part": part},
            unit=part.unit,
            limit=part.min_stock or None,
            limit_label=_("lowest stock %(count)s") % {"count": part.min_stock},
        )
        if len(points) > 1
        else "",
        "form": move_form,
        "named": _named(request, move_form),
        "is_keeper": is_keeper,
        "may_export": request.role != AUDITOR,
        "next_before": shown[-1].pk if len(page) > PAGE_SIZE else "",
        "is_first": not before,
        "columns": [
            {"label": _("At")},
            {"label": _("Movement")},
            {"label": _("In or out"), "numeric": True},
            {"label": _("Left after it"), "numeric": True},
            {"label": _("Used for")},
            {"label": _("Entered by")},
            {"label": _("Actions"), "hidden": True},
        ],
    }
    return render(request, "devices/spares/part.html", context, status=form_status(move_form))


def _named(request: Request, form: MoveForm) -> str:
    """How the picker shows the device that was typed before a refusal."""
    device = device_by_code(request.contract.hall, form.data.get("device", "")[:40]) if form.is_bound else None
    return str(device) if device else ""


def _reversible(row: StockMovement) -> bool:
    kinds = (SpareMove.LENT, SpareMove.GIVEN_BACK, SpareMove.REVERSED)
    return row.change != 0 and row.kind not in kinds and not hasattr(row, "reversed_by")


def _part_of(request: Request, pk: int) -> SparePart:
    rows = parts_visible_to(request.user).filter(hall=request.contract.hall_id, pk=pk)
    part = rows.select_related("category", "place", "hall").first()
    if part is None:
        raise NotFound(_("There is no such part in this hall."))
    return part


def _values(form: PartForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "version"}


def _filtered(request: Request) -> QuerySet[SparePart]:
    rows = parts_visible_to(request.user).filter(hall=request.contract.hall_id)
    rows = rows.select_related("category", "place")
    for word in request.GET.get("q", "")[:60].split()[:6]:
        rows = rows.filter(
            Q(code__icontains=word) | Q(name__icontains=word) | Q(model__icontains=word) | Q(shelf__icontains=word)
        )
    category = request.GET.get("category", "")
    if category.isascii() and category.isdigit() and len(category) < 12:
        rows = rows.filter(category_id=int(category))
    show = request.GET.get("show", "")
    rows = rows.filter(is_active=show != "off")
    if show == "low":
        rows = rows.filter(stock__lt=F("min_stock"))
    return rows.order_by(F("low_since").asc(nulls_last=True), "code")


def _chips(request: Request) -> list[dict[str, object]]:
    chosen = request.GET.get("show", "")
    chips = []
    for value, label in (("", _("All")), ("low", _("Runs short")), ("off", _("Not kept any more"))):
        params = request.GET.copy()
        for name in ("after", "show"):
            params.pop(name, None)
        if value:
            params["show"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


def _counted_parts(request: Request) -> list[SparePart]:
    """The parts of a count in the order of the shelves."""
    rows = _filtered(request).filter(is_active=True)
    return list(rows.order_by("place__position", "shelf", "code")[:COUNT_LIMIT])


def _facts(part: SparePart) -> list[tuple[str, object]]:
    return [
        (_("Code"), part.code),
        (_("Model"), part.model),
        (_("Fits"), part.category or _("Several kinds of devices")),
        (_("Stored at"), " · ".join(text for text in (str(part.place or ""), part.shelf) if text)),
        (_("Lowest stock"), f"{part.min_stock} {part.unit}"),
        (_("Last counted"), f"{part.counted_on:%Y-%m-%d}" if part.counted_on else _("never")),
        (_("Price (yuan)"), part.price),
        (_("Remark"), part.remark),
    ]


def _export(request: Request, what: str, name: str, header: list[str], cells: Any) -> HttpResponseBase:
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": what, "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    fmt = request.POST.get("format", "")
    stamp = f"{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return table_response(fmt if fmt in FORMATS else "csv", f"{name}_{stamp}", header, cells, sheet=name)
