"""/calendar/national/: the State Council's arrangement of a year, uploaded or typed, looked at, taken over."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from contract.forms import TakeForm, TypedForm, UploadForm
from contract.models import NationalDay as StoredDay
from contract.models import PublishedYear
from contract.present import weekday_of
from contract.rules import NationalDay, NationalDaysError, NationalKind
from contract.rules.national import COLUMNS, fixed_by_law
from contract.services.national import national_read, national_take, problems_in_words, year_missing
from contract.views.calendar import local_today
from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, Invalid
from core.export import csv_response
from core.http import Request
from core.roles import ADMIN
from records.models import Source


@allow(ADMIN, methods=GET_POST)
def national(request: Request) -> HttpResponse:
    """What is loaded, and the ways to load a year: a file, or rows typed by hand. Both lead to a look before it is taken over."""
    if request.method == "POST" and "file" in request.FILES:
        return _read_upload(request)
    if request.method == "POST" and "rows" in request.POST:
        return _read_typed(request)
    if request.method == "POST":
        return _forms(request, UploadForm(request.POST, request.FILES), _typed_form(), status=422)
    return _forms(request, UploadForm(), _typed_form())


def _read_upload(request: Request) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return _preview(request, national_read(form.cleaned_data["file"]))
        except NationalDaysError as error:
            return _forms(request, form, _typed_form(), problems=problems_in_words(error), status=422)
    return _forms(request, form, _typed_form(), status=422)


def _read_typed(request: Request) -> HttpResponse:
    form = TypedForm(request.POST)
    if form.is_valid():
        try:
            return _preview(request, national_read(form.table()))
        except NationalDaysError as error:
            problems = problems_in_words(error, first_line=0)
            return _forms(request, UploadForm(), form, problems=problems, status=422)
    return _forms(request, UploadForm(), form, status=422)


def _typed_form() -> TypedForm:
    return TypedForm(initial={"year": year_missing(local_today())})


def _forms(
    request: Request, upload: UploadForm, typed: TypedForm, *, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    counted = Counter(StoredDay.objects.values_list("year", "kind"))
    years = [
        {
            "row": row,
            "holidays": counted[row.year, StoredDay.Kind.HOLIDAY],
            "makeups": counted[row.year, StoredDay.Kind.MAKEUP],
        }
        for row in PublishedYear.objects.select_related("loaded_by").order_by("-year")[:100]
    ]
    context = {
        "upload": upload,
        "typed": typed,
        "problems": problems or [],
        "years": years,
        "missing": year_missing(local_today()),
        "columns": [
            {"label": _("Year")},
            {"label": _("Notice")},
            {"label": _("Days off"), "numeric": True},
            {"label": _("Make-up workdays"), "numeric": True},
            {"label": _("Loaded")},
        ],
    }
    return render(request, "contract/national.html", context, status=status)


def _preview(request: Request, days: tuple[NationalDay, ...]) -> HttpResponse:
    """What would change, day by day, before it is taken over."""
    years = sorted({day.year for day in days})
    known = {day.date: day for day in StoredDay.objects.filter(year__in=years)}
    wanted = {day.date: day for day in days}
    rows: list[dict[str, Any]] = []
    for date in sorted(known.keys() | wanted.keys()):
        new, old = wanted.get(date), known.get(date)
        shown = new or old
        if shown is None:
            continue
        same = new is not None and old is not None and _said(new) == _said(old)
        state = "same" if same else "gone" if new is None else "changed" if old is not None else "new"
        rows.append(
            {
                "date": date,
                "weekday": weekday_of(date),
                "makeup": shown.kind == NationalKind.MAKEUP,
                "name": shown.name,
                "notice": shown.notice,
                "state": state,
            }
        )
    table = "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in [COLUMNS, *(_cells(day) for day in days)])
    context = {
        "form": TakeForm(initial={"table": table}),
        "rows": rows,
        "years": years,
        "replaces": sorted({day.year for day in known.values()}),
        "same": all(row["state"] == "same" for row in rows),
        "columns": [{"label": _("Day")}, {"label": _("Kind")}, {"label": _("Name")}, {"label": _("What changes")}],
    }
    return render(request, "contract/national_preview.html", context)


def _said(day: NationalDay | StoredDay) -> tuple[object, ...]:
    return day.year, str(day.kind), day.name, day.notice


def _cells(day: NationalDay) -> list[str]:
    cells = (str(day.year), day.date.isoformat(), day.kind.value, day.name, day.notice)
    return [cell.replace('"', '""') for cell in cells]


@allow(ADMIN, methods=POST)
def take(request: Request) -> HttpResponse:
    """Take over what was looked at."""
    form = TakeForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("The table did not arrive whole; please load it again."))
    try:
        days = national_read(form.cleaned_data["table"])
        years = national_take(
            contract=request.contract, days=days, actor=request.user, at=clock.now(), source=Source.IMPORT
        )
    except NationalDaysError as error:
        return _forms(request, UploadForm(), _typed_form(), problems=problems_in_words(error), status=422)
    except Invalid as error:
        return _forms(request, UploadForm(), _typed_form(), problems=[error.message], status=DomainError.status)
    messages.success(
        request,
        _("The arrangement of %(years)s is loaded; the managers were told.") % {"years": "、".join(map(str, years))},
    )
    return HttpResponseRedirect(reverse("contract:year", args=[years[-1]]))


@allow(ADMIN)  # type: ignore[arg-type]
def template(_request: Request) -> StreamingHttpResponse:
    """A table to fill in, with the holidays that the law fixes; the notice's number is for the reader to add."""
    year = year_missing(local_today()) or local_today().year + 1
    rows = [[year, date.isoformat(), NationalKind.HOLIDAY.value, name, ""] for date, name in fixed_by_law(year).items()]
    name = _("Holiday arrangement")
    return csv_response(f"{name}_{year}", COLUMNS, rows)


@allow(ADMIN)  # type: ignore[arg-type]
def export(_request: Request) -> StreamingHttpResponse:
    """What is loaded, in the form in which it is loaded."""
    rows = StoredDay.objects.order_by("year", "date").values_list("year", "date", "kind", "name", "notice")
    return csv_response(_("Holiday arrangements"), COLUMNS, list(rows))
