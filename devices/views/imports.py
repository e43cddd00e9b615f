"""Import of the register: upload, what would come of it, carrying it out, taking it back."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Conflict, DomainError, NotAllowed, NotFound
from core.export import book_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ENGINEER, MANAGER
from core.sheets import read_table
from devices.finds.listing import batches_visible_to, counts_of, with_counts
from devices.finds.register import catalogue_of
from devices.forms.listing import ImportForm
from devices.models import DeviceBatch, DeviceBatchRow
from devices.services.common import KEEPERS
from devices.services.imports import (
    batch_undo,
    field_label,
    import_check,
    import_commit,
    import_discard,
    import_map,
    import_start,
    in_words,
    keys_of,
    known_of,
)
from devices.states import BatchStatus
from devices.workbooks import errors_book, template_book

PAGE_SIZE = 100
HISTORY = 50
MAP_LIMIT = 40
"""So many unknown words are offered at once; the next ones come when these are mapped."""
Outcome = DeviceBatchRow.Outcome


@allow(*KEEPERS, methods=GET_POST)
def import_list(request: Request) -> HttpResponse:
    """Upload a file, get the template, see what was imported before."""
    form = ImportForm(request.POST or None, request.FILES or None) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        batch = attempt(form, _start, request=request, upload=form.cleaned_data["file"])
        if batch is not None:
            return HttpResponseRedirect(reverse("devices:import_detail", args=[batch.pk]))
    rows = batches_visible_to(request.user).filter(hall=request.contract.hall_id).select_related("created_by")
    context = {
        "form": form,
        "batches": list(with_counts(rows).order_by("-id")[:HISTORY]),
        "history": HISTORY,
        "categories": list(catalogue_of(request.contract.hall).categories.values()),
        "columns": [
            {"label": _("Import")},
            {"label": _("Rows")},
            {"label": _("Who")},
            {"label": _("When")},
            {"label": _("Status")},
        ],
    }
    return render(request, "devices/import_list.html", context, status=form_status(form))


def _start(*, request: Request, upload: Any) -> DeviceBatch:
    table = read_table(upload.file)
    return import_start(
        contract=request.contract, table=table, file_name=str(upload.name), actor=request.user, at=clock.now()
    )


def _batch(request: Request, pk: int) -> DeviceBatch:
    rows = batches_visible_to(request.user).filter(hall=request.contract.hall_id, pk=pk)
    batch = rows.select_related("contract__hall", "hall", "created_by", "committed_by", "undone_by").first()
    if batch is None:
        raise NotFound(_("There is no such import in this hall."))
    return batch


@allow(*KEEPERS)
def import_detail(request: Request, pk: int) -> HttpResponse:
    """What would come, or came, of each row; what can be done now."""
    return _page(request, _batch(request, pk))


def _page(request: Request, batch: DeviceBatch, status: int = 200) -> HttpResponse:
    counts = counts_of(batch)
    shown = request.GET.get("show", "")
    if shown not in Outcome.values:
        shown = next((one for one in ("error", "changed", "new", "same") if counts[one]), "")
    after = request.GET.get("after", "")
    rows = batch.rows.filter(outcome=shown).select_related("device").order_by("number")
    if after.isdigit() and len(after) < 9:
        rows = rows.filter(number__gt=int(after))
    page = list(rows[: PAGE_SIZE + 1])
    more = len(page) > PAGE_SIZE
    labels = {value: str(label) for value, label in Outcome.choices}
    checked = batch.status == BatchStatus.CHECKED
    context = {
        "batch": batch,
        "is_import": batch.kind == DeviceBatch.Kind.IMPORT,
        "counts": [
            {
                "key": key,
                "label": labels[key],
                "count": counts[key],
                "active": key == shown,
                "wrong": key == Outcome.ERROR and counts[key] > 0,
            }
            for key in ("error", "new", "changed", "same")
            if key != "error" or batch.kind == DeviceBatch.Kind.IMPORT
        ],
        "rows": [_row(row) for row in page[:PAGE_SIZE]],
        "shown": labels.get(shown, ""),
        "unknown": _unknown(batch) if checked and counts["error"] else [],
        "errors": counts["error"],
        "todo": counts["new"] + counts["changed"],
        "is_checked": checked,
        "may_commit": checked and not counts["error"] and counts["new"] + counts["changed"] > 0,
        "may_undo": batch.status == BatchStatus.COMMITTED and (not counts["new"] or request.role == MANAGER),
        "manager_undoes": batch.status == BatchStatus.COMMITTED and counts["new"] and request.role == ENGINEER,
        "next_url": f"?{urlencode({'show': shown, 'after': page[PAGE_SIZE - 1].number})}" if more else "",
        "first_url": f"?{urlencode({'show': shown})}" if after else "",
        "columns": [{"label": _("Row")}, {"label": _("Device")}, {"label": _("What it does")}],
    }
    return render(request, "devices/import_detail.html", context, status=status)


def _row(row: DeviceBatchRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "code": row.code or (row.device.code if row.device else ""),
        "name": row.device.name if row.device else _new_name(row),
        "device": row.device,
        "diff": [
            {
                "label": field_label(line["key"]),
                "before": in_words(line["key"], line["before"]),
                "after": in_words(line["key"], line["after"]),
            }
            for line in row.diff
        ],
        "errors": [{"label": field_label(key), "text": text} for key, text in row.errors.items()],
    }


def _new_name(row: DeviceBatchRow) -> str:
    return next(
        (line["after"] for line in row.diff if line["key"] == "name"),
        " · ".join(cell for cell in row.cells[:3] if cell)[:60],
    )


def _unknown(batch: DeviceBatch) -> list[dict[str, Any]]:
    """The words that nobody knows, each once, with what they could stand for."""
    words: dict[tuple[str, str], int] = {}
    for unknown in batch.rows.filter(outcome=Outcome.ERROR).values_list("unknown", flat=True):
        for kind, word in unknown.items():
            words[(kind, word)] = words.get((kind, word), 0) + 1
    if not words:
        return []
    known = known_of(batch.contract, {})
    found = []
    for (kind, word), number in sorted(words.items(), key=lambda item: (item[0][0], -item[1]))[:MAP_LIMIT]:
        options = [
            {"pk": thing.pk, "label": f"{thing.code} · {thing.unit}" if kind == "window" else str(thing)}
            for thing in known.rows[kind].values()
        ]
        options.sort(key=lambda option: str(option["label"]))
        found.append({"kind": kind, "label": field_label(kind), "word": word, "number": number, "options": options})
    return found


@allow(*KEEPERS, methods=POST)
def import_words(request: Request, pk: int) -> HttpResponse:
    """Say which existing thing a word of the file stands for; every row is read again."""
    batch = _batch(request, pk)
    mapping: dict[str, dict[str, int]] = {}
    for kind, word, thing in zip(
        request.POST.getlist("kind"), request.POST.getlist("word"), request.POST.getlist("thing"), strict=False
    ):
        if thing.isdigit() and len(thing) < 18:
            mapping.setdefault(kind, {})[word] = int(thing)
    return _verb(request, batch, lambda: import_map(batch=batch, mapping=mapping, actor=request.user, at=clock.now()))


def _verb(request: Request, batch: DeviceBatch, act: Callable[[], Any], done: str = "") -> HttpResponse:
    """Do it and lead back to the import; a refusal is shown there, with its status and what the rows look like now."""
    try:
        act()
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        messages.error(request, next(iter(error.fields.values()), error.message))
        batch = _batch(request, batch.pk)
        if isinstance(error, Conflict) and batch.status == BatchStatus.CHECKED:
            import_check(batch=batch, at=clock.now())
        return _page(request, batch, status=error.status)
    if done:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("devices:import_detail", args=[batch.pk]))


@allow(*KEEPERS, methods=POST)
def import_finish(request: Request, pk: int) -> HttpResponse:
    """Carry out every row, or none."""
    batch = _batch(request, pk)
    reason = request.POST.get("reason", "")
    return _verb(
        request,
        batch,
        lambda: import_commit(batch=batch, reason=reason, actor=request.user, at=clock.now()),
        _("The import is carried out."),
    )


@allow(*KEEPERS, methods=POST)
def import_lay_aside(request: Request, pk: int) -> HttpResponse:
    """Lay an import aside that is not wanted."""
    batch = _batch(request, pk)
    return _verb(
        request, batch, lambda: import_discard(batch=batch, actor=request.user), _("The import is laid aside.")
    )


@allow(*KEEPERS, methods=POST)
def import_undo(request: Request, pk: int) -> HttpResponse:
    """Give every device of the batch back what it had before."""
    batch = _batch(request, pk)
    return _verb(
        request,
        batch,
        lambda: batch_undo(batch=batch, actor=request.user, at=clock.now()),
        _("Everything is as it was."),
    )


@allow(*KEEPERS)  # type: ignore[arg-type]
def import_errors(request: Request, pk: int) -> HttpResponseBase:
    """The file as it came, its wrong cells marked."""
    batch = _batch(request, pk)
    if batch.kind != DeviceBatch.Kind.IMPORT:
        raise NotFound(_("There is no such import in this hall."))
    keys = keys_of(catalogue_of(batch.hall), batch.header)
    book = errors_book(batch.header, keys, batch.rows.order_by("number").iterator(chunk_size=500))
    word = _("checked")
    return book_response(book, f"{batch.file_name.rsplit('.', 1)[0]}_{word}")


@allow(*KEEPERS)  # type: ignore[arg-type]
def template(request: Request) -> HttpResponseBase:
    """The template, with the hall's own lists to choose from and, for a chosen category, its own columns."""
    known = known_of(request.contract, {})
    wanted = request.GET.get("category", "")
    category = known.catalogue.categories.get(int(wanted)) if wanted.isdigit() and len(wanted) < 18 else None
    lists = {
        "category": [row.name for row in known.rows["category"].values()],
        "place": [row.name for row in known.rows["place"].values()],
        "window": [row.code for row in known.rows["window"].values()],
        "unit": [row.name for row in known.rows["unit"].values()],
        "vendor": [row.name for row in known.rows["vendor"].values()],
    }
    book = template_book({key: list(dict.fromkeys(values)) for key, values in lists.items()}, known.catalogue, category)
    return book_response(book, f"设备导入模板{'_' + category.name if category else ''}")
