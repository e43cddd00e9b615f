"""Who is on duty: the one function that ladders, pages and planning ask."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery

from core import clock, roles
from core.prepared import Prepared, as_day, as_instant, asked, prepared
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
    spare: bool | None
    """Whether the post is only a stand-by one; None: no shift of theirs is running."""
    second: bool


_FLAGS = ("kept", "away", "spare", "second")


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
    main = [row.person for row in standings if row.spare is False and not row.away]
    return main or [row.person for row in standings if row.spare and not row.away]


_WANTED = {"id", "username", "name", "email", "phone", "language", "sound_on", "is_active"}
_PERSON = [field for field in User._meta.concrete_fields if field.attname in _WANTED]
"""What is read of a person, in the model's order; whatever else somebody asks for is read then."""
_NOBODY = -987_654_321
_NEVER = datetime(1, 1, 2, tzinfo=UTC)
_NO_DAY = date(1, 1, 3)
"""Stand in for contract, instant and day in the statement that is kept."""


def _standings(contract: Contract, at: datetime) -> list[_Standing]:
    """Everybody of the contractor's staff with what the roster says of them at an instant; one statement."""
    given = {
        _NOBODY: contract.pk,
        as_instant(_NEVER): as_instant(at),
        as_day(_NO_DAY): as_day(at.astimezone(clock.SHANGHAI).date()),
    }
    rows = asked(_statement(connection.alias, connection.vendor), given)
    head = len(_FLAGS) + 1
    return [
        _Standing(
            person=User.from_db(
                connection.alias,
                [field.attname for field in _PERSON],
                [field.to_python(value) for field, value in zip(_PERSON, row[head:], strict=True)],
            ),
            role=row[0],
            kept=bool(row[1]),
            away=bool(row[2]),
            spare=None if row[3] is None else bool(row[3]),
            second=bool(row[4]),
        )
        for row in rows
    ]


@cache
def _statement(_alias: str, _vendor: str) -> Prepared:
    """The statement and its parameters, with marks where contract, instant and day belong."""
    running = Shift.objects.filter(
        contract=_NOBODY,
        status=ShiftStatus.PLANNED,
        post__answers_tickets=True,
        starts_at__lte=_NEVER,
        ends_at__gt=_NEVER,
    )
    away = Leave.objects.filter(
        contract=_NOBODY, status=LeaveStatus.APPROVED, starts_at__lte=_NEVER, ends_at__gt=_NEVER
    )
    absent = away.filter(person=OuterRef("person_id"))
    # Whose shift it is, who replaces them by name, and whom the shift itself names where the leave names nobody.
    theirs = (
        Q(person=OuterRef("user_id"))
        | Exists(absent.filter(replacement=OuterRef(OuterRef("user_id"))))
        | (Q(stand_in=OuterRef("user_id")) & Exists(absent) & ~Exists(absent.filter(replacement__isnull=False)))
    )
    rows = (
        Membership.objects.valid_on(_NO_DAY)
        .filter(contract=_NOBODY, role__in=roles.STAFF_ROLES)
        .annotate(
            kept=Exists(Shift.objects.filter(contract=_NOBODY)),
            away=Exists(away.filter(person=OuterRef("user_id"))),
            # One question instead of two: whoever has a main post and a stand-by post counts for the main one anyway.
            spare=Subquery(running.filter(theirs).order_by("post__is_stand_by").values("post__is_stand_by")[:1]),
            second=Exists(running.filter(stand_in=OuterRef("user_id"))),
        )
        .order_by("user_id")
        .values_list("role", *_FLAGS, *(f"user__{field.attname}" for field in _PERSON))
    )
    return prepared(rows)
