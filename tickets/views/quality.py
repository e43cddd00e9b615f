"""Service quality: satisfaction, repeats, first-time fix, follow-ups, devices, causes; as a page, a book or a paper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from openpyxl import Workbook

from contract.services.calendar import calendar_of
from contract.services.terms import term
from core import charts, clock
from core.access import POST, allow
from core.export import book_response, head_cells, sheet_cell
from core.http import Request
from core.pdf import pdf_render
from core.roles import AUDITOR, LEADER, MANAGER, SUPERVISOR
from core.templatetags.ui import percent
from devices.tabs import READERS as DEVICE_READERS
from devices.views.page import device_context, device_of
from parties.models import Contract
from records.models import Visibility
from records.services.audit import audit_write
from tickets import rules_quality as rules
from tickets.finds.quality import (
    Gauge,
    Worst,
    causes_within,
    first_time_fix,
    follow_up_counts,
    gauges,
    reliability_of,
    repeats_within,
    tickets_of_device,
    worst_devices,
)
from tickets.forms.quality import PERIODS, PeriodForm
from tickets.models import Rating
from tickets.permissions import sees_internal
from tickets.querysets import tickets_visible_to
from tickets.views.vendor_scores import READERS as VENDOR_READERS

READERS = (MANAGER, SUPERVISOR, LEADER, AUDITOR)
REPEATS_SHOWN = 30
DEVICE_TICKETS = 50
LEVELS = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Asked:
    """The period that a reader looks at: its key, its days, and its span up to the present instant."""

    key: str
    first: date
    last: date
    span: rules.Span

    @property
    def query(self) -> str:
        """The same period in an address."""
        return f"since={self.first}&until={self.last}" if self.key == "own" else f"period={self.key}"


@allow(*READERS)
def overview(request: Request) -> HttpResponse:
    """How good the service was in a period, with what the satisfaction still bears."""
    now = clock.now()
    asked, form = _asked(request, now)
    context = _figures(request.contract, asked, now) | {
        "form": form,
        "asked": asked,
        "chips": [
            {"label": label, "url": f"?period={key}", "active": asked.key == key} for key, label in PERIODS
        ],
        "may_export": request.role != AUDITOR,
        "may_vendors": request.role in VENDOR_READERS,
        "device_columns": [
            {"label": _("Device")}, {"label": _("Faults"), "numeric": True}, {"label": _("Repeats"), "numeric": True},
            {"label": _("Serviceability"), "numeric": True}, {"label": _("Time out of use"), "numeric": True},
            {"label": _("Why it stands here")},
        ],
        "repeat_columns": [
            {"label": _("Ticket")}, {"label": _("Status")}, {"label": _("Earlier ticket")}, {"label": _("Engineer")},
        ],
    }  # fmt: skip
    return render(request, "tickets/quality/overview.html", context)


@allow(*READERS)
def sheet(request: Request) -> HttpResponse:
    """The same on A4."""
    now = clock.now()
    asked, _form = _asked(request, now)
    context = _figures(request.contract, asked, now) | {
        "asked": asked,
        "project": request.contract.project_name,
        "made_at": now,
        "code": "",
    }
    html = render_to_string("tickets/quality/sheet.html", context, request=request)
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="quality-{asked.first}-{asked.last}.pdf"'
    return response


@allow(MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def export(request: Request) -> HttpResponseBase:
    """The figures as a workbook: satisfaction, repeats, devices, causes; the export itself is entered in the history."""
    now = clock.now()
    asked, _form = _asked(request, now)
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "quality", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    figures = _figures(request.contract, asked, now)
    book = Workbook(write_only=True)
    _page(
        book,
        _("Satisfaction"),
        [_("Period"), *(str(label) for _level, label in reversed(Rating.Level.choices)), _("Valid ratings"),
         _("Satisfaction rate"), _("Strictly"), _("Share rated"), _("On the handler's device"), _("Bad ratings still borne")],
        (
            [row["label"], *row["gauge"].levels, row["gauge"].valid, percent(row["gauge"].rate),
             percent(row["gauge"].strict_rate), percent(row["gauge"].rated_rate), row["gauge"].handed, row["left"]]
            for row in figures["gauges"]
        ),
    )  # fmt: skip
    _page(
        book,
        _("Repeat faults"),
        [_("Ticket number"), _("Title"), _("Device"), _("Received at"), _("Status"), _("Earlier ticket"), _("Resolved at")],
        (
            [row.ticket.code, row.ticket.title, row.ticket.device or "", row.ticket.received_at,
             row.get_status_display(), row.earlier.code, row.earlier.resolved_at]
            for row in repeats_within(request.contract, asked.span)
        ),
    )  # fmt: skip
    _page(
        book,
        _("Worst devices"),
        [_("Device number"), _("Device"), _("Place"), _("Faults"), _("Repeats"), _("Serviceability"),
         _("Out of use (h)"), _("MTBF (h)"), _("MTTR (h)")],
        (
            [row.device.code, row.device.name, row.device.place.name, row.figures.faults, row.repeats,
             percent(row.figures.serviceability), _round(row.figures.down_hours), _round(row.figures.mtbf_hours),
             _round(row.figures.mttr_hours)]
            for row in figures["worst_rows"]
        ),
    )  # fmt: skip
    _page(
        book,
        _("Causes"),
        [_("Service category"), _("Cause"), _("Count")],
        ([row["kind"], row["why"], row["count"]] for row in figures["causes"]),
    )
    return book_response(book, f"{_('Service quality')}_{asked.first:%Y%m%d}_{asked.last:%Y%m%d}")


@allow(*DEVICE_READERS)
def device(request: Request, code: str) -> HttpResponse:
    """A device's faults: how reliable it was, and the history of its tickets."""
    found = device_of(request, code)
    now = clock.now()
    asked, form = _asked(request, now, default="contract")
    figures = reliability_of([found], asked.span, calendar_of(request.contract))[found.pk]
    visible = tickets_visible_to(request.user).filter(contract=request.contract)
    tickets = list(tickets_of_device(visible, found)[: DEVICE_TICKETS + 1])
    context = device_context(
        request,
        found,
        "quality",
        figures=figures,
        asked=asked,
        form=form,
        chips=[{"label": label, "url": f"?period={key}", "active": asked.key == key} for key, label in PERIODS],
        tickets=tickets[:DEVICE_TICKETS],
        more=len(tickets) > DEVICE_TICKETS,
        inside=sees_internal(request.user, request.contract.pk),
        columns=[
            {"label": _("Ticket")}, {"label": _("Status")}, {"label": _("Cause")}, {"label": _("Engineer")},
            {"label": _("Received at")},
        ],
    )  # fmt: skip
    return render(request, "tickets/quality/device.html", context)


# --- parts ------------------------------------------------------------------------------------------------------------


def _asked(request: Request, now: datetime, default: str = "month") -> tuple[Asked, PeriodForm]:
    """The period in the address, or the default; days of one's own stay within the term."""
    contract = request.contract
    today = now.astimezone(clock.SHANGHAI).date()
    own = "since" in request.GET or "until" in request.GET
    form = PeriodForm(request.GET if own else None)
    key = request.GET.get("period", default)
    if own and form.is_valid():
        key = "own"
        first = max(form.cleaned_data["since"], contract.starts_on)
        last = min(form.cleaned_data["until"], contract.ends_on)
    else:
        key = key if key in dict(PERIODS) else default
        first, last = rules.period_days(key, today, contract.starts_on, contract.ends_on)
    return Asked(key, first, last, _span(first, last, now)), form


def _span(first: date, last: date, now: datetime) -> rules.Span:
    """From the first day to the end of the last one, or to now while that lies ahead."""
    begin = datetime.combine(first, time(), clock.SHANGHAI)
    end = datetime.combine(last, time(), clock.SHANGHAI) + timedelta(days=1)
    return begin, max(begin, min(end, now))


def _figures(contract: Contract, asked: Asked, now: datetime) -> dict[str, Any]:
    today = now.astimezone(clock.SHANGHAI).date()
    floor = int(term(contract, "satisfaction_floor", today))
    repeats = list(repeats_within(contract, asked.span)[: REPEATS_SHOWN + 1])
    worst = worst_devices(contract, asked.span, calendar_of(contract))
    return {
        "floor": floor,
        "repeat_days": int(term(contract, "repeat_days", today)),
        "gauges": _gauges(contract, asked, now, floor),
        "first_time": first_time_fix(contract, asked.span),
        "repeats": repeats[:REPEATS_SHOWN],
        "more_repeats": len(repeats) > REPEATS_SHOWN,
        "follow_ups": follow_up_counts(contract, asked.span, now),
        "worst_rows": worst,
        "worst": [{"row": row, "why": _why(row)} for row in worst],
        **_causes(contract, asked),
    }


def _gauges(contract: Contract, asked: Asked, now: datetime, floor: int) -> list[dict[str, Any]]:
    """This week, this month, the whole contract and, where it is another one, the period that is looked at."""
    today = now.astimezone(clock.SHANGHAI).date()
    labels = dict(PERIODS)
    keys = ["week", "month", "contract"]
    spans = {key: _span(*rules.period_days(key, today, contract.starts_on, contract.ends_on), now) for key in keys}
    if asked.key not in spans:
        keys.insert(0, "asked")
        spans["asked"] = asked.span
    label = labels.get(asked.key, _("These days"))
    found = gauges(contract, spans)
    return [
        {
            "key": key,
            "label": label if key == "asked" else labels[key],
            "gauge": found[key],
            "left": rules.bad_ratings_left(found[key].satisfied, found[key].valid, floor),
            "needed": rules.good_ratings_needed(found[key].satisfied, found[key].valid, floor),
            "tone": _tone(found[key], floor),
            "chart": _levels_chart(found[key]),
            "chosen": key in ("asked", asked.key),
        }
        for key in keys
    ]


def _tone(gauge: Gauge, floor: int) -> str:
    if not gauge.valid:
        return ""
    if gauge.satisfied * 100 < floor * gauge.valid:
        return "danger"
    return "warn" if not rules.bad_ratings_left(gauge.satisfied, gauge.valid, floor) else "ok"


def _levels_chart(gauge: Gauge) -> str:
    if not gauge.valid:
        return ""
    labels = dict(Rating.Level.choices)
    return charts.bars(
        [str(labels[level]) for level in LEVELS], list(gauge.levels), title=_("Ratings by level"), width=280, row=22
    )


def _why(row: Worst) -> str:
    """The reasons for which a device stands among the worst, in one line."""
    figures = row.figures
    words = []
    if figures.mtbf_hours is not None:
        words.append(_("one fault every %(hours)s h of service") % {"hours": _round(figures.mtbf_hours)})
    if figures.mttr_hours is not None:
        words.append(_("%(hours)s h to a repair") % {"hours": _round(figures.mttr_hours)})
    if row.repeats:
        words.append(_("%(count)s came again") % {"count": row.repeats})
    if row.reworks:
        words.append(_("%(count)s sent back") % {"count": row.reworks})
    if figures.faults > figures.repaired:
        words.append(_("%(count)s still open") % {"count": figures.faults - figures.repaired})
    return _(", ").join(words)


def _causes(contract: Contract, asked: Asked) -> dict[str, Any]:
    rows = [
        {
            "kind": row["kind"] or _("Not yet classified"),
            "why": row["why"] or _("No cause chosen"),
            "count": row["count"],
        }
        for row in causes_within(contract, asked.span)
    ]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    grouped = [{"kind": kind, "rows": of, "total": sum(row["count"] for row in of)} for kind, of in kinds.items()]
    grouped.sort(key=lambda one: -one["total"])
    return {"causes": rows, "causes_by_kind": grouped}


def _round(value: float | None) -> float | str:
    return "" if value is None else round(value, 1)


def _page(book: Workbook, title: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    page = book.create_sheet(title[:31])
    page.freeze_panes = "A2"
    page.append(head_cells(page, header))
    for row in rows:
        page.append([sheet_cell(page, value) for value in row])
