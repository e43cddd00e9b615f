"""GET /promises/: every promise that runs, by the time that is left; what is at risk, what was missed today."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract.rules import ServiceCalendar
from contract.services.calendar import calendar_of
from core import clock as clocks
from core.access import POST, allow
from core.clock import SHANGHAI
from core.export import csv_response
from core.http import Request
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, STAFF_ROLES
from parties.models import Contract
from records.models import Visibility
from records.services.audit import audit_write
from sla.models import Alert, Clock, ClockEvent, Policy
from sla.present import clock_view
from sla.querysets import clocks_visible_to, mine_of
from sla.services.policies import kinds
from sla.services.vendor import VENDOR
from sla.states import AlertState, ClockState
from sla.views.common import POLICY_ROLES, WALL_ROLES
from sla.watchers import subjects_of
from sla.words import promise_label

LIMIT = 100
"""The board shows no more than this; what lies beyond is due later and is found by filters or in the export."""
GROUPS: Sequence[tuple[str, str, str]] = (
    ("", gettext_noop("Running"), "clock"),
    ("risk", gettext_noop("At risk"), "alert-triangle"),
    ("late", gettext_noop("Overdue"), "alert-octagon"),
    ("today", gettext_noop("Missed today"), "clock-x"),
    ("paused", gettext_noop("Paused"), "player-pause"),
)


@dataclass(frozen=True)
class Chosen:
    """What the reader narrows the board by."""

    group: str
    kind: str
    promisor: str
    mine: bool

    @property
    def narrowed(self) -> bool:
        """Whether anything but the group is chosen."""
        return bool(self.kind or self.promisor or self.mine)


def chosen_of(request: Request) -> Chosen:
    """The reader's choice; what does not exist is left out."""
    given = request.GET

    def one_of(name: str, allowed: Sequence[str]) -> str:
        value = given.get(name, "")
        return value if value in allowed else ""

    return Chosen(
        one_of("group", [group for group, _label, _icon in GROUPS]),
        one_of("kind", kinds_for(request)),
        one_of("whose", [value for value, _label in whose(request)]),
        given.get("mine") == "1",
    )


def kinds_for(request: Request) -> list[str]:
    """The kinds of promises that the reader may ask for."""
    return [kind for kind in kinds() if kind != VENDOR or request.role not in CLIENT_ROLES]


def whose(request: Request) -> list[tuple[str, Any]]:
    """Whose promises the reader may ask for: vendors' are the contractor's own affair."""
    hidden = {Policy.Promisor.VENDOR.value} if request.role in CLIENT_ROLES else set()
    return [choice for choice in Policy.Promisor.choices if choice[0] not in hidden]


def midnight(now: datetime) -> datetime:
    """When the present local day began."""
    return datetime.combine(now.astimezone(SHANGHAI).date(), time(), SHANGHAI)


def group_of(group: str, now: datetime) -> Q:
    """The condition of one group of the board."""
    warned = Alert.objects.filter(clock=OuterRef("pk"), state=AlertState.FIRED).exclude(rung="start")
    running = Q(state=ClockState.RUNNING)
    late = Q(breached_at__isnull=False) | Q(due_at__lt=now)
    return {
        "": running,
        "risk": running & ~late & Q(Exists(warned)),
        "late": running & late,
        "today": Q(breached_at__gte=midnight(now)),
        "paused": Q(state=ClockState.PAUSED),
    }[group]


def on_board(rows: QuerySet[Clock], now: datetime) -> QuerySet[Clock]:
    """Of some clocks those that the board speaks of: open ones, and those missed today."""
    return rows.filter(Q(state__in=(ClockState.RUNNING, ClockState.PAUSED)) | Q(breached_at__gte=midnight(now)))


def narrowed(request: Request, chosen: Chosen, now: datetime) -> QuerySet[Clock]:
    """What the reader may see and asked for, of every group."""
    rows = on_board(clocks_visible_to(request.user, request.contract), now)
    if chosen.kind:
        rows = rows.filter(kind=chosen.kind)
    if chosen.promisor:
        rows = rows.filter(promisor=chosen.promisor)
    return rows.filter(mine_of(request.user)) if chosen.mine else rows


def counts_of(rows: QuerySet[Clock], now: datetime) -> dict[str, int]:
    """How many clocks stand in each group, from one statement."""
    found = rows.order_by().aggregate(
        **{f"n_{group}": Count("id", filter=group_of(group, now)) for group, _label, _icon in GROUPS}
    )
    return {group: found[f"n_{group}"] for group, _label, _icon in GROUPS}


def stamp_of(request: Request, now: datetime) -> str:
    """What the board's content depends on: the last event and the warnings of the contract's clocks; the reader and the day."""
    last = ClockEvent.objects.filter(clock__contract=request.contract).order_by("-id").values_list("id", flat=True)[:1]
    running = {"clock__contract": request.contract, "clock__state": ClockState.RUNNING}
    fired = Alert.objects.filter(**running, state=AlertState.FIRED).aggregate(count=Count("id"), newest=Max("id"))
    due = Clock.objects.filter(contract=request.contract, state=ClockState.RUNNING, due_at__lt=now).count()
    parts = (
        next(iter(last), 0),
        fired["count"],
        fired["newest"],
        due,
        request.user.pk,
        request.role,
        request.contract.pk,
        translation.get_language(),
        f"{now.astimezone(SHANGHAI):%Y%m%d}",
    )
    return "-".join(str(part) for part in parts)


def ordered(rows: QuerySet[Clock], group: str, now: datetime) -> QuerySet[Clock]:
    """One group's clocks with their terms: what was missed today by when, what is held by age, the rest by what is due next."""
    rows = rows.filter(group_of(group, now)).select_related("policy", "calendar_revision")
    by = {"today": ("-breached_at", "-id"), "paused": ("started_at", "id")}
    return rows.order_by(*by.get(group, ("due_at", "id")))


def shown(rows: Sequence[Clock], contract: Contract, now: datetime) -> list[dict[str, Any]]:
    """Clocks as rows: what each is about, its countdown, and how it stands."""
    about = subjects_of(rows)
    calendars: dict[int, ServiceCalendar] = {}
    found = []
    for clock in rows:
        revision = clock.calendar_revision
        if revision.pk not in calendars:
            calendars[revision.pk] = calendar_of(contract, revision)
        view = clock_view(clock, now, calendars[revision.pk])
        label, url = about[clock.subject_type, clock.subject_id]
        late = clock.breached_at is not None or view["state"] == "breached"
        found.append(
            {
                "clock": clock,
                "view": view,
                "label": label,
                "url": url,
                "promise": promise_label(clock.kind),
                "whose": Policy.Promisor(clock.promisor).label,
                "tone": "danger" if late else "",
            }
        )
    return found


def rows_of(request: Request, chosen: Chosen, now: datetime) -> dict[str, Any]:
    """The rows of the board and how many there are in each group."""
    rows = narrowed(request, chosen, now)
    counts = counts_of(rows, now)
    found = list(ordered(rows, chosen.group, now)[:LIMIT])
    return {
        "rows": shown(found, request.contract, now),
        "chips": _chips(request, chosen, counts),
        "more": max(0, counts[chosen.group] - LIMIT),
        "limit": LIMIT,
        "chosen": chosen,
    }


def _chips(request: Request, chosen: Chosen, counts: dict[str, int]) -> list[dict[str, Any]]:
    chips = []
    for group, label, icon in GROUPS:
        params = request.GET.copy()
        params.pop("group", None)
        if group:
            params["group"] = group
        url = f"?{params.urlencode()}"
        chips.append(
            {"label": _(label), "url": url, "active": group == chosen.group, "icon": icon, "count": counts[group]}
        )
    return chips


@allow(*BUSINESS_ROLES)
def board(request: Request) -> HttpResponse:
    """The promise board."""
    now = clocks.now()
    chosen = chosen_of(request)
    context = {
        "stamp": stamp_of(request, now),
        "kinds": [(kind, promise_label(kind)) for kind in kinds_for(request)],
        "whose": whose(request),
        "may_export": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "has_wall": request.role in WALL_ROLES,
        "reads_policies": request.role in POLICY_ROLES,
        "has_mine": request.role in STAFF_ROLES,
        **rows_of(request, chosen, now),
    }
    return render(request, "sla/board.html", context)


@allow(*BUSINESS_ROLES, poll=True)
def board_rows(request: Request) -> HttpResponse:
    """The board's rows, or 304 while nothing has changed since the stamp that the reader holds (If-None-Match)."""
    now = clocks.now()
    etag = f'"{stamp_of(request, now)}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "sla/_board_rows.html", rows_of(request, chosen_of(request), now))
    response.headers["ETag"] = etag
    return response


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=POST)  # type: ignore[arg-type]
def board_export(request: Request) -> StreamingHttpResponse:
    """The board as it is filtered, whole, as CSV; the export itself is entered in the history."""
    now = clocks.now()
    chosen = chosen_of(request)
    rows = ordered(narrowed(request, chosen, now), chosen.group, now)
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "promises", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    header = [
        _("Promise"), _("About"), _("Whose"), _("Clauses"), _("State"), _("Began"), _("Due"), _("Provisional"), _("Missed at"),
        _("Reason"), _("Exempted"),
    ]  # fmt: skip
    name = f"{_('Promises')}_{now.astimezone(SHANGHAI):%Y%m%d_%H%M}"
    return csv_response(name, header, _cells(rows))


CHUNK = 200


def _cells(rows: QuerySet[Clock]) -> Iterator[Sequence[Any]]:
    # In chunks, so that what the clocks are about is fetched together and never all at once.
    found = iter(rows.iterator(chunk_size=CHUNK))
    while chunk := list(islice(found, CHUNK)):
        about = subjects_of(chunk)
        for clock in chunk:
            yield (
                promise_label(clock.kind),
                about[clock.subject_type, clock.subject_id][0],
                Policy.Promisor(clock.promisor).label,
                "、".join(clock.policy.clauses),
                clock.get_state_display(),
                clock.started_at,
                clock.due_at,
                _("Yes") if clock.provisional else "",
                clock.breached_at,
                clock.breach_reason,
                clock.exempted_at,
            )
