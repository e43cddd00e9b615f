"""Finds: service quality. Each figure is one statement over the tickets received in a span (records 3.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from contract.rules import ServiceCalendar
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.models import Device, Loan
from parties.models import Contract
from parties.querysets import memberships_of
from records.models import AuditEntry
from tickets import rules_quality as rules
from tickets.models import FollowUp, Repeat, Ticket
from tickets.states import (
    DONE,
    FAULTS,
    FELL_AWAY,
    OPEN,
    SIGNED_FOR,
    FaultType,
    FollowUpStatus,
    RatingWay,
    RepeatStatus,
    Result,
)

Span = rules.Span
CAME_TWICE = ("send_back", "reopen", "refuse_work", "wait_vendor", "wait_part")
"""Acts after which the work took more than the one arrival."""
SEES_ALL = (MANAGER, SUPERVISOR, LEADER, AUDITOR)
WORST = 10
_MIDNIGHT = time()
CANDIDATES = 40
"""Of so many devices with the most faults the ten worst are chosen."""


def follow_ups_visible_to(user: Any) -> QuerySet[FollowUp]:
    """The manager, the client's supervisor and leader and the auditor see those of the contract; an engineer those in their own
    hands. A clerk sees none: nothing may press whoever rated."""
    if not getattr(user, "is_authenticated", False):
        return FollowUp.objects.none()
    seen = Q()
    for row in memberships_of(user):
        if row.role in SEES_ALL:
            seen |= Q(contract_id=row.contract_id)
        elif row.role == ENGINEER:
            seen |= Q(contract_id=row.contract_id, assignee_id=user.pk)
    return FollowUp.objects.filter(seen) if seen else FollowUp.objects.none()


def received_within(contract: Contract, span: Span) -> QuerySet[Ticket]:
    """Tickets received in a span, without those that were voided or merged into another."""
    return (
        Ticket.objects.filter(contract=contract, received_at__gte=span[0], received_at__lt=span[1])
        .exclude(status__in=FELL_AWAY)
        .order_by()
    )


# Repeats and first-time fix -------------------------------------------------------------------------------------------


def repeats_within(contract: Contract, span: Span) -> QuerySet[Repeat]:
    """Repeat faults that came in within a span, the settled and the suspected ones, newest first."""
    return (
        Repeat.objects.filter(
            ticket__contract=contract, ticket__received_at__gte=span[0], ticket__received_at__lt=span[1]
        )
        .exclude(status=RepeatStatus.REFUTED)
        .exclude(ticket__status__in=FELL_AWAY)
        .select_related("ticket__device", "ticket__assignee", "earlier")
        .order_by("-found_at", "-id")
    )


@dataclass(frozen=True)
class FirstTime:
    """Faults (general and difficult) received in a span and done: `total`; `repeated` came again within the term `repeat_days`;
    `fixed` were solved with one arrival and did not come again."""

    total: int
    repeated: int
    fixed: int

    @property
    def rate(self) -> float | None:
        """First-time fix: fixed of total, 0 to 1."""
        return self.fixed / self.total if self.total else None

    @property
    def repeat_rate(self) -> float | None:
        """Repeat rate: repeated of total, 0 to 1."""
        return self.repeated / self.total if self.total else None


def first_time_fix(contract: Contract, span: Span) -> FirstTime:
    """首次解决率: solved with one arrival and no repeat of the same cause on the same device within the days."""
    again = Exists(Repeat.objects.filter(earlier=OuterRef("pk"), status=RepeatStatus.CONFIRMED))
    twice = Exists(AuditEntry.objects.filter(subject_type="ticket", subject_id=OuterRef("pk"), verb__in=CAME_TWICE))
    done = received_within(contract, span).filter(status__in=DONE, triage__in=FAULTS).alias(again=again, twice=twice)
    row = done.aggregate(
        total=Count("id"),
        repeated=Count("id", filter=Q(again)),
        fixed=Count("id", filter=Q(result=Result.SOLVED, rework_count=0) & ~Q(again) & ~Q(twice)),
    )
    return FirstTime(**row)


# Satisfaction ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gauge:
    """Ratings of signed tickets received in a span. Those given on the handler's device are `handed`,
    counted apart (interpretation 13)."""

    signed: int
    levels: tuple[int, int, int, int, int]
    """Valid ratings, very satisfied … very dissatisfied."""
    handed: int
    handed_satisfied: int

    @property
    def valid(self) -> int:
        """Valid ratings; a ticket that nobody rated never counts as satisfied."""
        return sum(self.levels)

    @property
    def satisfied(self) -> int:
        """The upper three levels."""
        return sum(self.levels[:3])

    @property
    def rate(self) -> float | None:
        """满意率: the upper three levels of the valid ratings."""
        return self.satisfied / self.valid if self.valid else None

    @property
    def strict_rate(self) -> float | None:
        """The upper two levels of the valid ratings."""
        return sum(self.levels[:2]) / self.valid if self.valid else None

    @property
    def rated_rate(self) -> float | None:
        """评价率: valid ratings of the signed tickets that were not rated on the handler's device."""
        return self.valid / (self.signed - self.handed) if self.signed > self.handed else None


def gauges(contract: Contract, spans: Mapping[str, Span]) -> dict[str, Gauge]:
    """The satisfaction of several spans, by one statement."""
    handed = Q(rating__way=RatingWay.HANDOVER)
    counts: dict[str, Any] = {}
    for name, (begin, end) in spans.items():
        within = Q(received_at__gte=begin, received_at__lt=end)
        counts[f"{name}_signed"] = Count("id", filter=within)
        counts[f"{name}_handed"] = Count("id", filter=within & handed)
        counts[f"{name}_good"] = Count("id", filter=within & handed & Q(rating__level__gte=3))
        for level in range(1, 6):
            counts[f"{name}_{level}"] = Count("id", filter=within & Q(rating__level=level) & ~handed)
    whole = (min(begin for begin, _end in spans.values()), max(end for _begin, end in spans.values()))
    row = received_within(contract, whole).filter(status__in=SIGNED_FOR).aggregate(**counts)
    return {
        name: Gauge(
            signed=row[f"{name}_signed"],
            levels=(row[f"{name}_5"], row[f"{name}_4"], row[f"{name}_3"], row[f"{name}_2"], row[f"{name}_1"]),
            handed=row[f"{name}_handed"],
            handed_satisfied=row[f"{name}_good"],
        )
        for name in spans
    }


# Causes ---------------------------------------------------------------------------------------------------------------


def causes_within(contract: Contract, span: Span, limit: int = 60) -> list[dict[str, Any]]:
    """How often which cause was found in which kind of work: rows of category, cause (the type of the fault where none was chosen)
    and count; "" where neither was given."""
    category = Coalesce("category__parent__name", "category__name", Value(""), output_field=CharField())
    # Where no cause was chosen, the type of the fault says at least what kind of thing failed.
    fault = Case(When(cause_code=None, then=F("fault_type")), default=Value(""), output_field=CharField())
    rows = (
        received_within(contract, span)
        .filter(status__in=DONE)
        .annotate(kind=category, why=Coalesce("cause_code__name", Value("")), fault=fault)
        .values("kind", "why", "fault")
        .annotate(count=Count("id"))
        .order_by("-count", "kind", "why", "fault")
    )
    return [
        {"kind": row["kind"], "why": row["why"] or _label(row["fault"]), "count": row["count"]} for row in rows[:limit]
    ]


def _label(fault_type: str) -> str:
    return str(FaultType(fault_type).label) if fault_type in FaultType.values else ""


# Follow-ups -----------------------------------------------------------------------------------------------------------


def follow_up_counts(contract: Contract, span: Span, at: datetime) -> dict[str, int]:
    """How the follow-ups opened in a span stand; `late` have a promise that is broken or past its instant."""
    late = Q(callback_clock__breached_at__isnull=False) | Q(measures_clock__breached_at__isnull=False)
    late |= Q(callback_clock__state="running", callback_clock__due_at__lt=at)
    late |= Q(measures_clock__state="running", measures_clock__due_at__lt=at)
    rows = FollowUp.objects.filter(contract=contract, opened_at__gte=span[0], opened_at__lt=span[1])
    return rows.order_by().aggregate(
        total=Count("id"),
        called=Count("id", filter=~Q(status=FollowUpStatus.OPEN)),
        closed=Count("id", filter=Q(status=FollowUpStatus.CLOSED)),
        late=Count("id", filter=late),
    )


# Devices --------------------------------------------------------------------------------------------------------------


def faults_of(devices: Sequence[int], span: Span) -> QuerySet[Ticket]:
    """Faults that touch a span: received in it, or earlier and mended in it or later. What nobody has judged yet counts."""
    return (
        Ticket.objects.filter(device_id__in=devices, received_at__lt=span[1])
        .filter(Q(triage__in=FAULTS) | Q(triage="", status__in=OPEN))
        .filter(Q(resolved_at__gte=span[0]) | Q(resolved_at=None) | Q(status__in=OPEN))
        .exclude(status__in=FELL_AWAY)
        .order_by("received_at", "id")
    )


def stand_ins_of(devices: Sequence[int], span: Span) -> list[tuple[int, datetime, datetime | None]]:
    """When a spare stood in for these devices: (device, handed out, given back or None)."""
    rows = Loan.objects.filter(stands_in_for_id__in=devices, out_at__isnull=False, out_at__lt=span[1])
    rows = rows.filter(Q(back_at=None) | Q(back_at__gte=span[0])).order_by("out_at")
    return [
        (int(pk or 0), out, back) for pk, out, back in rows.values_list("stands_in_for_id", "out_at", "back_at") if out
    ]


@dataclass(frozen=True)
class Worst:
    """One of the devices that fail most, and why it stands where it does."""

    device: Device
    figures: rules.Reliability
    repeats: int
    reworks: int
    last_at: datetime


def span_of_device(device: Device, span: Span, calendar: ServiceCalendar) -> Span:
    """The span in which a device can have served: not before it was installed."""
    if device.installed_on is None:
        return span
    return (max(span[0], calendar.instant(device.installed_on, _MIDNIGHT)), span[1])


def reliability_of(devices: Sequence[Device], span: Span, calendar: ServiceCalendar) -> dict[int, rules.Reliability]:
    """How reliable devices were in a span that is over, by two statements however many they are."""
    pks = [device.pk for device in devices]
    faults: dict[int, list[rules.Fault]] = {pk: [] for pk in pks}
    for pk, began, ended, status in faults_of(pks, span).values_list(
        "device_id", "received_at", "resolved_at", "status"
    ):
        faults[int(pk or 0)].append(rules.Fault(began, min(ended, span[1]) if ended and status in DONE else None))
    stood_in: dict[int, list[Span]] = {pk: [] for pk in pks}
    for pk, out, back in stand_ins_of(pks, span):
        stood_in[pk].append((out, back or span[1]))

    def seconds(begin: datetime, end: datetime) -> float:
        return calendar.elapsed(begin, end).total_seconds()

    return {
        device.pk: rules.reliability(
            faults[device.pk], stood_in[device.pk], span_of_device(device, span, calendar), seconds
        )
        for device in devices
    }


def worst_devices(contract: Contract, span: Span, calendar: ServiceCalendar, limit: int = WORST) -> list[Worst]:
    """The devices with the most faults in a span, among equals those that came again and stood longest. Four statements."""
    confirmed = Q(repeat__status=RepeatStatus.CONFIRMED)
    rows = list(
        received_within(contract, span)
        .filter(device__isnull=False)
        .filter(Q(triage__in=FAULTS) | Q(triage="", status__in=OPEN))
        .values("device_id")
        .annotate(
            faults=Count("id"),
            repeats=Count("id", filter=confirmed),
            reworked=Count("id", filter=Q(rework_count__gt=0)),
            last=Max("received_at"),
        )
        .order_by("-faults", "-repeats", "-last", "device_id")[:CANDIDATES]
    )
    devices = Device.objects.select_related("place", "vendor").in_bulk([row["device_id"] for row in rows])
    figures = reliability_of(list(devices.values()), span, calendar)
    found = [
        Worst(devices[row["device_id"]], figures[row["device_id"]], row["repeats"], row["reworked"], row["last"])
        for row in rows
        if row["device_id"] in devices
    ]
    found.sort(key=lambda one: (-one.figures.faults, -one.repeats, -one.figures.down, one.device.code))
    return found[:limit]


def tickets_of_device(visible: QuerySet[Ticket], device: Device) -> QuerySet[Ticket]:
    """The history of a device's tickets, newest first, with what a row shows."""
    return (
        visible.filter(device=device)
        .select_related("assignee", "cause_code", "repeat__earlier", "unit")
        .order_by("-received_at", "-id")
    )
