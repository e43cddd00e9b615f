"""Stocktakes: begun, counted with the phone, settled, finished."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, Invalid, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.checks import figures_of, stocktakes_visible_to
from devices.forms.checks import ByHandForm, CountForm, DecisionForm, NoteForm, StocktakeForm, SurplusForm
from devices.models import Stocktake, StocktakeLine
from devices.querysets import device_by_code
from devices.rules_access import rate_percent
from devices.services.common import KEEPERS
from devices.services.stocktakes import (
    SETTLES,
    line_by_hand,
    line_settle,
    line_take_back,
    rest_missing,
    stocktake_cancel,
    stocktake_count,
    stocktake_finish,
    stocktake_start,
    surplus_add,
    surplus_settle,
)
from devices.states import CheckStatus
from devices.tabs import READERS
from devices.views.check_common import check_context, check_of, exported, reason_view, said
from records.models import Attachment
from records.services.attachments import prepare_images

EXPORTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
NEXT = 12
"""So many devices the counting page offers next."""
PAGE_SIZE = 100
SHARES = ("here", "elsewhere", "missing")


def _take(request: Request, pk: int) -> Stocktake:
    found: Stocktake = check_of(request, stocktakes_visible_to(request.user), pk)
    return found


def _line(take: Stocktake, pk: int) -> StocktakeLine:
    line = take.lines.select_related("counted_by", "place", "stocktake__contract").filter(pk=pk).first()
    if line is None:
        raise NotFound(_("There is no such line."))
    return line


def _form_page(request: Request, form: Any, title: str, back: str, button: str, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "back_url": back, "button": button, **more}
    return render(request, "devices/access/form.html", context, status=form_status(form))


@allow(*KEEPERS, methods=GET_POST)
def start(request: Request) -> HttpResponse:
    """Begin a stocktake."""
    form = StocktakeForm(request.POST or None, contract=request.contract, initial={"kind": "quarterly"})
    if form.is_bound and form.is_valid():
        take = attempt(
            form,
            stocktake_start,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if take is not None:
            text = _("The list of %(n)d devices is frozen. Counting can begin.") % {"n": take.expected}
            return said(request, text, "devices:stocktake", take.pk)
    return _form_page(
        request,
        form,
        _("New stocktake"),
        reverse("devices:checks"),
        _("Begin"),
        intro=_("The expected devices are frozen in walking order. Several people can count at the same time."),
    )


def _progress(take: Stocktake) -> dict[str, Any]:
    """Figures, and the shares of the bar in percent."""
    figures = figures_of(take)
    whole = figures["expected"] or 1
    left = 0.0
    bar = []
    for name in SHARES:
        width = round(100 * figures[name] / whole, 2)
        bar.append({"name": name, "x": round(left, 2), "width": width})
        left += width
    counted = figures["expected"] - figures["left"]
    return {"figures": figures, "bar": bar, "counted": counted, "percent": int(100 * counted / whole)}


@allow(*READERS)
def detail(request: Request, pk: int) -> HttpResponse:
    """One stocktake: how far it is, its differences and what becomes of them, its list, its signatures."""
    return _detail(request, _take(request, pk))


def _detail(request: Request, take: Stocktake, status: int = 200, **more: Any) -> HttpResponse:
    shows = ("differences", "left", "all")
    show = request.GET.get("show") if request.GET.get("show") in shows else shows[0]
    lines = take.lines.select_related("counted_by", "device")
    differing = list(lines.filter(outcome__in=["elsewhere", "missing"])[:500])
    after = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else 0
    listed: list[StocktakeLine] = []
    if show != "differences":
        rows = lines.filter(outcome="") if show == "left" else lines
        listed = list(rows.filter(position__gt=after)[: PAGE_SIZE + 1])
    figures = _progress(take)
    photos: dict[str, list[Attachment]] = {}
    for photo in Attachment.objects.filter(subject_type="stocktake", subject_id=take.pk)[:500]:
        photos.setdefault(photo.kind, []).append(photo)
    labels = dict(StocktakeLine.Decision.choices)
    surpluses = list(take.surpluses.select_related("found_by", "device"))
    undecided = sum(not line.decision for line in differing) + sum(not row.decision for row in surpluses)
    context = {
        **check_context(request, take),
        **figures,
        "rate": rate_percent(take.matched, take.expected, take.surplus) if take.finished_at else None,
        "differing": [
            {
                "row": line,
                "choices": [(key.value, labels[key.value]) for key in SETTLES.get(line.outcome, ())],
                "photos": photos.get(f"line-{line.pk}", []),
            }
            for line in differing
        ],
        "surpluses": [{"row": row, "photos": photos.get(f"more-{row.pk}", [])} for row in surpluses],
        "listed": listed[:PAGE_SIZE],
        "next_after": listed[PAGE_SIZE - 1].position if len(listed) > PAGE_SIZE else "",
        "show": show,
        "chips": [
            {"label": label, "url": f"?show={key}#list", "active": show == key, "count": count}
            for key, label, count in (
                ("differences", _("Differences"), len(differing) + len(surpluses)),
                ("left", _("Not counted yet"), figures["figures"]["left"]),
                ("all", _("Whole list"), figures["figures"]["expected"]),
            )
        ],
        "undecided": undecided,
        "ready": not undecided and not figures["figures"]["left"],
        "columns": [{"label": label} for label in (_("Device"), _("Place"), _("Counted by"), _("What was found"))],
        "may_export": request.role in EXPORTERS,
        **more,
    }
    return render(request, "devices/checks/stocktake.html", context, status=status)


@allow(*KEEPERS, methods=GET_POST)
def count(request: Request, pk: int) -> HttpResponse:
    """The counting page of the phone: scan or type, hear what it is, see what comes next."""
    take = _take(request, pk)
    if take.status != CheckStatus.OPEN:
        return HttpResponseRedirect(reverse("devices:stocktake", args=[pk]))
    form = CountForm(request.POST or None, contract=request.contract, initial={"place": request.GET.get("place", "")})
    if form.is_bound and form.is_valid():
        place = form.cleaned_data["place"]
        done = attempt(
            form,
            stocktake_count,
            stocktake=take,
            code=_typed(form.cleaned_data["code"]),
            place=place,
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            told = {"r": done.result, "place": place.pk if place else ""}
            told["line" if done.line else "code"] = done.line.pk if done.line else _typed(form.cleaned_data["code"])
            return HttpResponseRedirect(f"?{urlencode(told)}")
    result = request.GET.get("r", "")
    line_pk = request.GET.get("line", "")
    line = (
        take.lines.select_related("counted_by", "device").filter(pk=int(line_pk)).first()
        if line_pk.isdecimal()
        else None
    )
    if result in ("here", "elsewhere", "again") and line is None:
        result = ""
    place_pk = request.GET.get("place", "")
    context = {
        "take": take,
        "form": form,
        **_progress(take),
        "result": result if result in ("here", "elsewhere", "again", "not_listed", "unknown") else "",
        "line": line,
        "code": request.GET.get("code", "")[:40],
        "found": device_by_code(request.contract.hall, request.GET.get("code", "")[:40])
        if result == "not_listed"
        else None,
        "coming": _coming(take, int(place_pk) if place_pk.isdecimal() else 0, line),
        "place_pk": place_pk if place_pk.isdecimal() else "",
    }
    return render(request, "devices/checks/count.html", context, status=form_status(form))


def _typed(text: str) -> str:
    """A label's code, also out of the whole address that a scanner's keyboard types."""
    return text.strip().rstrip("/").rpartition("/")[2][:40]


def _coming(take: Stocktake, place: int, line: StocktakeLine | None) -> list[StocktakeLine]:
    """What is next on the way: the place where one stands first, then on from the last one counted, then from the start."""
    rows = take.lines.filter(outcome="")
    if place:
        here = list(rows.filter(place_id=place)[:NEXT])
        if here:
            return here
    if line is not None:
        ahead = list(rows.filter(Q(position__gt=line.position))[:NEXT])
        if ahead:
            return ahead
    return list(rows[:NEXT])


@allow(*KEEPERS, methods=GET_POST)
def by_hand(request: Request, pk: int, line: int) -> HttpResponse:
    """Decide a line without a scan, with the reason and a photo."""
    take = _take(request, pk)
    row = _line(take, line)
    form = ByHandForm(request.POST or None, contract=request.contract, initial={"outcome": "here"})
    if form.is_bound and form.is_valid():
        try:
            photos = prepare_images(request.FILES.getlist("photos"))
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            done = attempt(
                form, line_by_hand, line=row, photos=photos, actor=request.user, at=clock.now(), **form.cleaned_data
            )
            if done is not None:
                place = urlencode({"place": request.GET.get("place", ""), "line": row.pk, "r": row.outcome})
                return HttpResponseRedirect(f"{reverse('devices:stocktake_count', args=[pk])}?{place}")
    return _form_page(
        request,
        form,
        f"{row}",
        reverse("devices:stocktake_count", args=[pk]),
        _("Record it"),
        intro=_("According to the register: %(place)s") % {"place": row.place_name},
        photos=True,
    )


@allow(*KEEPERS, methods=GET_POST)
def take_back(request: Request, pk: int, line: int) -> HttpResponse:
    """Open a counted line again."""
    take = _take(request, pk)
    row = _line(take, line)
    return reason_view(
        request,
        take,
        line_take_back,
        title=_("Count again"),
        done=_("The line is open again."),
        back="devices:stocktake",
        intro=str(row),
        line=row,
    )


@allow(*KEEPERS, methods=POST)
def settle(request: Request, pk: int, line: int) -> HttpResponse:
    """Decide what becomes of a difference."""
    take = _take(request, pk)
    return _decided(request, take, line_settle, line=_line(take, line))


@allow(*KEEPERS, methods=POST)
def more_settle(request: Request, pk: int, found: int) -> HttpResponse:
    """Decide what becomes of a thing that is not on the list."""
    take = _take(request, pk)
    row = take.surpluses.select_related("stocktake__contract").filter(pk=found).first()
    if row is None:
        raise NotFound(_("There is no such line."))
    return _decided(request, take, surplus_settle, surplus=row)


def _decided(request: Request, take: Stocktake, service: Any, **what: Any) -> HttpResponse:
    form = DecisionForm(request.POST)
    form.is_valid()
    given = {name: form.cleaned_data.get(name, "") for name in ("decision", "note")}
    try:
        service(actor=request.user, at=clock.now(), **given, **what)
    except DomainError as error:
        return _refused(request, take, error)
    return HttpResponseRedirect(f"{reverse('devices:stocktake', args=[take.pk])}#list")


def _refused(request: Request, take: Stocktake, error: DomainError) -> HttpResponse:
    """The page again with the reason why not; 403 and 404 are passed on."""
    if error.status in (403, 404):
        raise error
    text = "；".join(error.fields.values()) or error.message
    return _detail(request, _take(request, take.pk), status=error.status, problem=text)


@allow(*KEEPERS, methods=GET_POST)
def more(request: Request, pk: int) -> HttpResponse:
    """Enter a thing that is not on the list."""
    take = _take(request, pk)
    device = device_by_code(request.contract.hall, request.GET.get("device", "")[:40])
    initial = {"description": str(device) if device else "", "place": request.GET.get("place", "")}
    form = SurplusForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            photos = prepare_images(request.FILES.getlist("photos"))
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            done = attempt(
                form,
                surplus_add,
                stocktake=take,
                device=device,
                photos=photos,
                actor=request.user,
                at=clock.now(),
                **form.cleaned_data,
            )
            if done is not None:
                return said(request, _("Entered as not on the list."), "devices:stocktake_count", pk)
    return _form_page(
        request,
        form,
        _("Not on the list"),
        reverse("devices:stocktake_count", args=[pk]),
        _("Record it"),
        intro=_(
            "What stands here and is not on the list: what it is, with its type and serial number where they can be read."
        ),
        photos=True,
    )


@allow(*KEEPERS, methods=GET_POST)
def rest(request: Request, pk: int) -> HttpResponse:
    """End the counting: what nobody found is missing."""
    take = _take(request, pk)
    left = figures_of(take)["left"]
    intro = ngettext(
        "%(n)d device has not been found by anybody; it becomes a difference.",
        "%(n)d devices have not been found by anybody; they become differences.",
        left,
    ) % {"n": left}
    return reason_view(
        request,
        take,
        rest_missing,
        title=_("End the counting"),
        done=_("The counting has ended. Please decide the differences."),
        back="devices:stocktake",
        intro=intro,
        stocktake=take,
    )


@allow(*KEEPERS, methods=GET_POST)
def finish(request: Request, pk: int) -> HttpResponse:
    """Finish: what was decided is carried out, the result can be signed."""
    take = _take(request, pk)
    if take.status != CheckStatus.OPEN:
        return _detail(request, take)
    form = NoteForm(request.POST or None, initial={"note": take.note})
    if form.is_bound and form.is_valid():
        try:
            stocktake_finish(stocktake=take, note=form.cleaned_data["note"], actor=request.user, at=clock.now())
        except DomainError as error:
            return _refused(request, take, error)
        return said(request, _("Finished. Please sign the result now."), "devices:stocktake", pk)
    return _form_page(
        request,
        form,
        f"{_('Finish the stocktake')} · {take}",
        reverse("devices:stocktake", args=[pk]),
        _("Finish the stocktake"),
        intro=_("New places and devices out of use are entered into the register now, each with its change record."),
    )


@allow(*KEEPERS, methods=GET_POST)
def cancel(request: Request, pk: int) -> HttpResponse:
    """Give the stocktake up."""
    take = _take(request, pk)
    return reason_view(
        request,
        take,
        stocktake_cancel,
        title=_("Give up"),
        done=_("Given up. Nothing of it was carried out."),
        back="devices:stocktake",
        stocktake=take,
    )


@allow(*EXPORTERS, methods=POST)
def export(request: Request, pk: int) -> Any:
    """The whole list with its outcome, as xlsx or csv."""
    take = _take(request, pk)
    header = [
        _("Line no."), _("Device number"), _("Name"), _("Category"), _("Place"), _("What was found"), _("Where it was found"),
        _("Counted at"), _("Counted by"), _("How"), _("Reason"), _("Decision"), _("Remark"),
    ]  # fmt: skip
    rows: list[list[Any]] = [
        [
            line.position, line.code, line.name, line.category_name, line.place_name,
            line.get_outcome_display() if line.outcome else _("Not counted yet"), line.found_name, line.counted_at,
            line.counted_by.name if line.counted_by else "", line.get_how_display() if line.how else "", line.reason,
            line.get_decision_display() if line.decision else "", line.decision_note,
        ]
        for line in take.lines.select_related("counted_by")
    ]  # fmt: skip
    rows += [
        [
            "", row.device.code if row.device else "", row.description, "", "", _("Not on the list"), row.place_name,
            row.found_at, row.found_by.name, "", "", row.get_decision_display() if row.decision else "", row.decision_note,
        ]
        for row in take.surpluses.select_related("found_by", "device")
    ]  # fmt: skip
    exported(request, take, "stocktake", len(rows))
    return table_response(request.POST.get("format", "xlsx"), take.code, header, rows)
