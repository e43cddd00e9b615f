"""Every figure of the reports, defined once: a function of a contract and a period, one aggregate statement each.

What belongs to a period (records 3.9): promises by the instant at which they were due, open ones included; counts by the
instant at which the request was received. `at` is the instant as of which open promises are judged. A cancelled ticket is
counted once, as cancelled, and in nothing else; so is one that was merged into another. Labels are in the language that is
active when the figure is made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    F,
    FilteredRelation,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber, TruncDate
from django.utils.translation import gettext as _

from core import clock, roles
from devices.models import Device
from devices.states import DeviceStatus
from parties.models import Contract, Membership
from reports.rules import Period, percent
from sla.models import Clock
from sla.querysets import broken_at
from sla.states import ClockState
from tickets.models import MajorIncident, Rating, Ticket
from tickets.states import DONE, FELL_AWAY, SIGNED_FOR, Channel, RatingWay, TicketStatus, Triage

RESPONSE = "response"
SPREAD_SECONDS = (60, 120, 180, 240, 300)
"""Upper bounds (included) of the distribution's columns, in seconds of service time; the last column is beyond them."""
UNSIGNED = (TicketStatus.TO_SIGN.value, TicketStatus.CLOSED_UNSIGNED.value)


@dataclass(frozen=True)
class Group:
    """One row of a breakdown."""

    key: str
    label: str
    count: int


# --- requests ---------------------------------------------------------------------------------------------------------


def received(contract: Contract, period: Period) -> QuerySet[Ticket]:
    """Tickets received in the period, cancelled ones included, without an order."""
    return Ticket.objects.filter(
        contract=contract, received_at__gte=period.begins_at, received_at__lt=period.over_at
    ).order_by()


def _counted(contract: Contract, period: Period) -> QuerySet[Ticket]:
    return received(contract, period).exclude(status__in=FELL_AWAY)


@dataclass(frozen=True)
class TicketCounts:
    """Tickets received in the period. `total` leaves cancelled and merged ones out; `signed` + `unsigned` = `resolved`."""

    total: int
    cancelled: int
    merged: int
    resolved: int
    signed: int
    unsigned: int
    reworked: int
    reworks: int
    set_back: int
    late_entries: int

    @property
    def signed_rate(self) -> str:
        """Signed of resolved."""
        return percent(self.signed, self.resolved)

    @property
    def resolved_rate(self) -> str:
        """Resolved of all."""
        return percent(self.resolved, self.total)


def ticket_counts(contract: Contract, period: Period) -> TicketCounts:
    """How many tickets were received and how far they have come (clause 五.1(2): every order is signed)."""
    live = ~Q(status__in=FELL_AWAY)
    row = received(contract, period).aggregate(
        total=Count("id", filter=live),
        cancelled=Count("id", filter=Q(status=TicketStatus.CANCELLED)),
        merged=Count("id", filter=Q(status=TicketStatus.MERGED)),
        resolved=Count("id", filter=Q(status__in=DONE)),
        signed=Count("id", filter=Q(status__in=SIGNED_FOR)),
        unsigned=Count("id", filter=Q(status__in=UNSIGNED)),
        reworked=Count("id", filter=live & Q(rework_count__gt=0)),
        reworks=Coalesce(Sum("rework_count", filter=live), 0),
        set_back=Count("id", filter=live & Q(set_back_flagged=True)),
        late_entries=Count("id", filter=live & Q(late_entry__isnull=False)),
    )
    return TicketCounts(**row)


def by_category(contract: Contract, period: Period) -> list[Group]:
    """Tickets by kind of work of the annex (top level), in the catalogue's order; those without one come last."""
    rows = (
        _counted(contract, period)
        .annotate(
            key=Coalesce("category__parent__code", "category__code", Value("")),
            label=Coalesce("category__parent__name", "category__name", Value(""), output_field=CharField()),
            place_in_list=Coalesce("category__parent__position", "category__position", Value(32_767)),
        )
        .values("key", "label", "place_in_list")
        .annotate(count=Count("id"))
        .order_by("place_in_list", "key")
    )
    return [Group(row["key"], row["label"] or _("Not yet classified"), row["count"]) for row in rows]


def by_channel(contract: Contract, period: Period) -> list[Group]:
    """Tickets by the way they came in, in the order of the channels."""
    return _by_choice(contract, period, "channel", Channel.choices)


def by_triage(contract: Contract, period: Period) -> list[Group]:
    """Tickets by first triage; those not yet answered have none."""
    return _by_choice(contract, period, "triage", [*Triage.choices, ("", _("Not yet triaged"))])


def by_priority(contract: Contract, period: Period) -> list[Group]:
    """Tickets by priority, P1 to P4."""
    return _by_choice(contract, period, "priority", [(number, f"P{number}") for number in (1, 2, 3, 4)])


def _by_choice(contract: Contract, period: Period, field: str, choices: Iterable[tuple[Any, Any]]) -> list[Group]:
    counts = dict(_counted(contract, period).values_list(field).annotate(count=Count("id")))
    return [Group(str(key), str(label), counts.get(key, 0)) for key, label in choices if counts.get(key) or key != ""]


def daily_received(contract: Contract, period: Period) -> list[tuple[date, int]]:
    """Tickets received on each day of the period, days without any included."""
    day = TruncDate("received_at", tzinfo=clock.SHANGHAI)
    counts = dict(_counted(contract, period).annotate(day=day).values_list("day").annotate(count=Count("id")))
    return [(day, counts.get(day, 0)) for day in period.days]


# --- the response promise ---------------------------------------------------------------------------------------------


def _response_clocks(contract: Contract, period: Period) -> QuerySet[Clock]:
    return (
        Clock.objects.filter(contract=contract, kind=RESPONSE, due_at__gte=period.begins_at, due_at__lt=period.over_at)
        .exclude(state=ClockState.CANCELLED)
        .order_by()
    )


@dataclass(frozen=True)
class ResponseCounts:
    """Response promises due in the period: `due` = `kept` + `broken` + `running` (not due yet as of `at`).

    `spread` counts answered ones by service seconds used (SPREAD_SECONDS, then beyond); `net_average` is in seconds. `exempted` are
    the broken ones that the client agreed to leave out of the adjusted rate.
    """

    due: int
    kept: int
    broken: int
    running: int
    unexplained: int
    exempted: int
    spread: tuple[int, ...]
    net_average: float | None
    net_longest: float | None

    @property
    def rate(self) -> str:
        """Kept of those whose verdict is known (一.4, 附三.3: answered within five minutes)."""
        return percent(self.kept, self.kept + self.broken)

    @property
    def adjusted_rate(self) -> str:
        """The same without the exempted ones."""
        return percent(self.kept, self.kept + self.broken - self.exempted)

    @property
    def answered(self) -> int:
        """All answers, in time or late."""
        return sum(self.spread)


def response_counts(contract: Contract, period: Period, *, at: datetime) -> ResponseCounts:
    """How the five-minute promise was kept, judged as of `at`."""
    broken = broken_at(at)
    bounds = [
        (None, SPREAD_SECONDS[0]),
        *pairwise(SPREAD_SECONDS),
        (SPREAD_SECONDS[-1], None),
    ]
    spread = {}
    for index, (above, upto) in enumerate(bounds):
        within = Q(net_seconds__isnull=False)
        if above is not None:
            within &= Q(net_seconds__gt=above)
        if upto is not None:
            within &= Q(net_seconds__lte=upto)
        spread[f"spread_{index}"] = Count("id", filter=within)
    row = _response_clocks(contract, period).aggregate(
        due=Count("id"),
        broken=Count("id", filter=broken),
        running=Count("id", filter=Q(breached_at=None, stopped_at=None, due_at__gte=at)),
        unexplained=Count("id", filter=broken & Q(breach_reason="")),
        exempted=Count("id", filter=broken & Q(exempted_at__isnull=False)),
        net_average=Avg("net_seconds"),
        net_longest=Max("net_seconds"),
        **spread,
    )
    columns = tuple(row.pop(f"spread_{index}") for index in range(len(bounds)))
    return ResponseCounts(kept=row["due"] - row["broken"] - row["running"], spread=columns, **row)


def response_median(contract: Contract, period: Period) -> float | None:
    """The median of service seconds from request to answer, None without an answer."""
    ranked = (
        _response_clocks(contract, period)
        .filter(net_seconds__isnull=False)
        .annotate(
            twice_rank=Window(
                RowNumber(), order_by=[F("net_seconds").asc(), F("id").asc()], output_field=IntegerField()
            )
            * 2,
            answers=Window(Count("id")),
        )
    )
    # Of n values the middle one has 2·rank = n + 1; the two middle ones have n and n + 2.
    middle = ranked.filter(twice_rank__gte=F("answers"), twice_rank__lte=F("answers") + 2).values_list(
        "net_seconds", flat=True
    )
    values = [seconds for seconds in middle if seconds is not None]
    return sum(values) / len(values) if values else None


@dataclass(frozen=True)
class Breach:
    """One broken response promise with its ticket. `over_seconds` is service time beyond the target, None while unanswered."""

    code: str
    title: str
    unit: str
    assignee: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    over_seconds: float | None
    reason: str


def breaches(contract: Contract, period: Period, *, at: datetime) -> list[Breach]:
    """The broken response promises due in the period with the reasons given for them, in order of their due instants."""
    rows = (
        Ticket.objects.filter(
            broken_at(at, "response_clock__"),
            contract=contract,
            response_clock__kind=RESPONSE,
            response_clock__due_at__gte=period.begins_at,
            response_clock__due_at__lt=period.over_at,
        )
        .exclude(response_clock__state=ClockState.CANCELLED)
        .order_by("response_clock__due_at", "id")
        .select_related("response_clock__policy", "unit", "assignee")
    )
    result = []
    for ticket in rows:
        promise = ticket.response_clock
        if promise is None or promise.due_at is None:  # the filter's join leaves none of these
            continue
        net = promise.net_seconds
        result.append(
            Breach(
                code=ticket.code,
                title=ticket.title,
                unit=ticket.unit_name,
                assignee=ticket.assignee.name if ticket.assignee else "",
                started_at=promise.started_at,
                due_at=promise.due_at,
                stopped_at=promise.stopped_at,
                over_seconds=None if net is None else max(net - promise.policy.target_amount, 0.0),
                reason=promise.breach_reason,
            )
        )
    return result


# --- satisfaction -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Satisfaction:
    """Ratings of the signed tickets received in the period, by level 5 … 1 (very satisfied … very dissatisfied).

    `own` were given by account or by link on the client's own device and are the valid ones; `handed` were given on the
    handler's device and are shown apart (interpretations 13). Both readings of the rate stand side by side.
    """

    signed: int
    own: tuple[int, int, int, int, int]
    handed: tuple[int, int, int, int, int]

    @property
    def valid(self) -> int:
        """Valid ratings."""
        return sum(self.own)

    @property
    def handed_total(self) -> int:
        """Ratings given on the handler's device."""
        return sum(self.handed)

    @property
    def satisfied(self) -> int:
        """Levels 5, 4 and 3."""
        return sum(self.own[:3])

    @property
    def rate(self) -> str:
        """Very satisfied, satisfied and fairly satisfied of the valid ratings."""
        return percent(self.satisfied, self.valid)

    @property
    def strict_rate(self) -> str:
        """Very satisfied and satisfied of the valid ratings."""
        return percent(sum(self.own[:2]), self.valid)

    @property
    def handed_rate(self) -> str:
        """Levels 5, 4 and 3 of the ratings given on the handler's device."""
        return percent(sum(self.handed[:3]), self.handed_total)

    @property
    def rated_rate(self) -> str:
        """Valid ratings of the signed tickets that were not rated on the handler's device."""
        return percent(self.valid, self.signed - self.handed_total)

    @property
    def unrated(self) -> int:
        """Signed tickets without any rating; they never count as satisfied."""
        return self.signed - self.valid - self.handed_total


LEVELS = (5, 4, 3, 2, 1)


def satisfaction(contract: Contract, period: Period) -> Satisfaction:
    """How the client rated the work."""
    handed = Q(rating__way=RatingWay.HANDOVER)
    counts = {f"own_{level}": Count("id", filter=Q(rating__level=level) & ~handed) for level in LEVELS}
    counts |= {f"handed_{level}": Count("id", filter=Q(rating__level=level) & handed) for level in LEVELS}
    row = _counted(contract, period).filter(status__in=SIGNED_FOR).aggregate(signed=Count("id"), **counts)
    own, by_hand = ([row[f"{kind}_{level}"] for level in LEVELS] for kind in ("own", "handed"))
    return Satisfaction(row["signed"], (*own,), (*by_hand,))


def poor_ratings(contract: Contract, period: Period) -> list[Rating]:
    """Ratings of level 2 and 1 on tickets received in the period, with their tickets; each asks for a call back."""
    return list(
        Rating.objects.filter(
            ticket__contract=contract,
            ticket__received_at__gte=period.begins_at,
            ticket__received_at__lt=period.over_at,
            ticket__status__in=SIGNED_FOR,
            level__lte=Rating.Level.DISSATISFIED,
        )
        .select_related("ticket__unit")
        .order_by("ticket__received_at", "id")
    )


# --- what is left -----------------------------------------------------------------------------------------------------


def open_at_end(contract: Contract, period: Period) -> list[Ticket]:
    """Tickets not resolved when the period ended, whenever they were received; oldest first."""
    return list(
        Ticket.objects.filter(contract=contract, received_at__lt=period.over_at)
        .filter(Q(resolved_at=None) | Q(resolved_at__gte=period.over_at))
        .exclude(status__in=FELL_AWAY)
        .select_related("unit", "assignee")
        .order_by("received_at", "id")
    )


def unsigned_at_end(contract: Contract, period: Period) -> list[Ticket]:
    """Tickets resolved but not signed when the period ended; oldest first (interpretations 15: they are listed, never closed)."""
    return list(
        Ticket.objects.filter(contract=contract, resolved_at__lt=period.over_at)
        .filter(Q(signed_at=None) | Q(signed_at__gte=period.over_at))
        .exclude(status__in=FELL_AWAY)
        .select_related("unit", "assignee")
        .order_by("resolved_at", "id")
    )


def tickets_table(contract: Contract, period: Period) -> list[Ticket]:
    """Every ticket received in the period, cancelled ones included, in order of receipt."""
    return list(
        received(contract, period)
        .select_related("unit", "window", "category__parent", "assignee", "response_clock", "device")
        .order_by("received_at", "id")
    )


# --- people and devices -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody of the contractor who was engaged in the period, with the tickets of the period in this person's hands."""

    name: str
    title: str
    role: str
    tickets: int
    signed: int


def people(contract: Contract, period: Period) -> list[Person]:
    """Engineers and managers whose membership was valid on any day of the period, the manager first."""
    hand = "user__tickets_assigned"
    mine = FilteredRelation(
        hand,
        condition=Q(
            **{
                f"{hand}__contract": contract,
                f"{hand}__received_at__gte": period.begins_at,
                f"{hand}__received_at__lt": period.over_at,
            }
        )
        & ~Q(**{f"{hand}__status__in": FELL_AWAY}),
    )
    rows = (
        Membership.objects.filter(
            Q(valid_from=None) | Q(valid_from__lte=period.ends_on),
            Q(valid_to=None) | Q(valid_to__gte=period.starts_on),
            contract=contract,
            role__in=roles.STAFF_ROLES,
            is_active=True,
        )
        .select_related("user")
        .annotate(
            rank=Case(When(role=roles.MANAGER, then=Value(0)), default=Value(1)),
            mine=mine,
            in_hand=Count("mine"),
            done=Count("mine", filter=Q(mine__status__in=SIGNED_FOR)),
        )
        .order_by("rank", "user_id")
    )
    found: Iterable[Any] = rows
    return [Person(row.user.name, row.title, row.get_role_display(), row.in_hand, row.done) for row in found]


@dataclass(frozen=True)
class DeviceRow:
    """Devices of one category, by status."""

    category: str
    total: int
    in_use: int
    faulty: int
    under_repair: int
    spare: int
    stopped: int


@dataclass(frozen=True)
class DeviceState:
    """The devices of the hall as they stand; retired ones are left out."""

    rows: tuple[DeviceRow, ...]

    def sum(self, field: str) -> int:
        """A column's sum over the categories."""
        return sum(getattr(row, field) for row in self.rows)

    @property
    def total(self) -> int:
        """All devices that are not retired."""
        return self.sum("total")

    @property
    def serviceable(self) -> int:
        """In use or ready as a spare."""
        return self.sum("in_use") + self.sum("spare")

    @property
    def rate(self) -> str:
        """Serviceable of those that are meant to serve (out of use ones left out), at this instant."""
        return percent(self.serviceable, self.total - self.sum("stopped"))


def devices(contract: Contract) -> DeviceState:
    """The devices of the contract's hall by category and status, as they stand now."""
    columns = {s.value: Count("id", filter=Q(status=s)) for s in DeviceStatus if s != DeviceStatus.RETIRED}
    rows: Iterable[Any] = (
        Device.objects.filter(hall_id=contract.hall_id)
        .exclude(status=DeviceStatus.RETIRED)
        .order_by("category__position", "category__code")
        .values("category__position", "category__code", "category__name")
        .annotate(total=Count("id"), **columns)
    )
    return DeviceState(
        tuple(DeviceRow(row["category__name"], row["total"], *(row[name] for name in columns)) for row in rows)
    )


def days_between(earlier: datetime, later: datetime) -> int:
    """Whole days between two instants by the local calendar."""
    local = [instant.astimezone(clock.SHANGHAI).date() for instant in (earlier, later)]
    return max((local[1] - local[0]) // timedelta(days=1), 0)


def incidents(contract: Contract, period: Period) -> list[MajorIncident]:
    """Major incidents known in the period, oldest first; those that were withdrawn were none (五.2(6))."""
    rows = MajorIncident.objects.filter(
        contract=contract, knowledge_at__gte=period.begins_at, knowledge_at__lt=period.over_at
    ).exclude(status="withdrawn")
    return list(rows.select_related("clock").order_by("knowledge_at", "id"))
