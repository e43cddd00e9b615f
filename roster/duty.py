"""Who is on duty: the one function that ladders, pages and planning ask."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from core import clock, roles
from parties.models import Contract, Membership, User
from roster.models import Leave, Shift
from roster.states import LeaveStatus, ShiftStatus


@dataclass(frozen=True)
class _Standing:
    """What one person of the contract is at an instant."""

    person: User
    role: str
    kept: bool
    away: bool
    main: bool
    spare: bool
    second: bool


_FLAGS = ("kept", "away", "main", "spare", "second")


def on_duty(contract: Contract, at: datetime) -> list[User]:
    """The people on duty in a hall at an instant, in order of their accounts; one statement.

    Until the contract's first shift is planned it keeps no roster, and every active engineer is. Then it is whose planned
    shift at a post that answers requests covers the instant. Somebody on approved leave is replaced by the leave's replacement,
    else by the shift's stand-in; people of stand-by posts count only where nobody else does. Empty: nobody is planned, a gap.
    """
    standings = _standings(contract, at)
    if not any(row.kept for row in standings):
        return [row.person for row in standings if row.role == roles.ENGINEER]
    return _on_duty(standings)


def stand_ins(contract: Contract, at: datetime) -> list[User]:
    """Who could take over at an instant and is not on duty already: stand-ins of the running shifts and stand-by people."""
    standings = _standings(contract, at)
    present = {person.pk for person in _on_duty(standings)}
    return [
        row.person for row in standings if (row.second or row.spare) and not row.away and row.person.pk not in present
    ]


def roster_kept(contract: Contract) -> bool:
    """Whether the contract keeps a roster: it does from its first planned shift on."""
    return Shift.objects.filter(contract=contract).exists()


def _on_duty(standings: list[_Standing]) -> list[User]:
    main = [row.person for row in standings if row.main and not row.away]
    return main or [row.person for row in standings if row.spare and not row.away]


def _standings(contract: Contract, at: datetime) -> list[_Standing]:
    """Everybody of the contractor's staff with what the roster says of them at an instant; one statement."""
    running = Shift.objects.filter(
        contract=contract,
        status=ShiftStatus.PLANNED,
        post__answers_tickets=True,
        starts_at__lte=at,
        ends_at__gt=at,
    )
    away = Leave.objects.filter(contract=contract, status=LeaveStatus.APPROVED, starts_at__lte=at, ends_at__gt=at)
    absent = away.filter(person=OuterRef("person_id"))
    # Whose shift it is, who replaces them by name, and whom the shift itself names where the leave names nobody.
    theirs = (
        Q(person=OuterRef("user_id"))
        | Exists(absent.filter(replacement=OuterRef(OuterRef("user_id"))))
        | (Q(stand_in=OuterRef("user_id")) & Exists(absent) & ~Exists(absent.filter(replacement__isnull=False)))
    )
    rows = (
        Membership.objects.valid_on(at.astimezone(clock.SHANGHAI).date())
        .filter(contract=contract, role__in=roles.STAFF_ROLES)
        .annotate(
            kept=Exists(Shift.objects.filter(contract=contract)),
            away=Exists(away.filter(person=OuterRef("user_id"))),
            main=Exists(running.filter(theirs, post__is_stand_by=False)),
            spare=Exists(running.filter(theirs, post__is_stand_by=True)),
            second=Exists(running.filter(stand_in=OuterRef("user_id"))),
        )
        .select_related("user")
        .order_by("user_id")
    )
    return [
        _Standing(person=row.user, role=row.role, **{name: bool(getattr(row, name)) for name in _FLAGS}) for row in rows
    ]
