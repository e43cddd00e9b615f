"""Shifts, leaves and check-ins for tests, made by the services as the product makes them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.clock import SHANGHAI
from parties.models import User
from parties.services.contracts import membership_give
from roster.models import Leave, Post, Rotation, Shift
from roster.services.leaves import leave_approve, leave_request
from roster.services.rotations import rotation_add
from roster.services.shifts import shift_add
from tests.make import SIGNED, World, make_user

MONDAY = date(2024, 3, 18)
"""A working day; Saturday the 23rd has extended service, 2024-04-04 is a holiday and 2024-04-07 a Sunday that is worked."""
SATURDAY, HOLIDAY = date(2024, 3, 23), date(2024, 4, 4)
PLANNED = datetime(2024, 3, 15, 8, 0, tzinfo=UTC)
ON_POSTS = ("lead", "opening", "day", "closing", "monitoring")


def at(day: date, clock: str) -> datetime:
    """An instant by the hall's clock."""
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI).astimezone(UTC)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def post(world: World, code: str) -> Post:
    return Post.objects.get(contract=world.contract, code=code)


def more_engineers(world: World, number: int = 2) -> list[User]:
    """So many engineers more: with the world's two and its manager, two make the five of the contract."""
    people = []
    for index in range(number):
        user = make_user(f"more{index}{world.tag}", f"工程师{'丙丁戊己庚'[index]}")
        membership_give(user=user, contract=world.contract, role="engineer", actor=None, at=SIGNED)
        people.append(user)
    return people


def plan(world: World, code: str, person: User, day: date = MONDAY, **given: Any) -> Shift:
    usual: dict[str, Any] = {
        "contract": world.contract,
        "post": post(world, code),
        "date": day,
        "person": person,
        "actor": world.manager,
        "at": PLANNED,
    }
    return shift_add(**usual | given)


def five_at_work(world: World, day: date = MONDAY) -> list[User]:
    """The five people of the contract, each at a post of a working day."""
    known = list(User.objects.filter(username__startswith="more", memberships__contract=world.contract).order_by("pk"))
    people = [world.manager, world.engineer, world.engineer2, *(known or more_engineers(world))]
    for code, person in zip(ON_POSTS, people, strict=True):
        plan(world, code, person, day)
    return people


def ask(world: World, person: User, day: date = MONDAY, last: date | None = None, **given: Any) -> Leave:
    usual: dict[str, Any] = {
        "contract": world.contract,
        "person": person,
        "first_day": day,
        "last_day": last or day,
        "kind": "annual",
        "reason": "家中有事",
        "actor": person,
        "at": PLANNED,
    }
    return leave_request(**usual | given)


def away(world: World, person: User, day: date = MONDAY, last: date | None = None, **given: Any) -> Leave:
    """A leave that is approved as it was asked for."""
    leave = ask(world, person, day, last, **given)
    return leave_approve(
        leave=leave, version_seen=leave.version, replacement=leave.replacement, actor=world.manager, at=PLANNED
    )


def roster_there(world: World) -> None:
    """Something of every kind that can be asked for by number."""
    plan(world, "opening", world.engineer)
    ask(world, world.engineer, MONDAY + days(1))
    rotation_add(
        contract=world.contract,
        post=post(world, "day"),
        people=[world.engineer],
        first_day=MONDAY,
        actor=world.manager,
        at=PLANNED,
    )


def roster_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of the roster with a parameter: that of something of this world, and that of nothing."""
    shift = Shift.objects.get(contract=world.contract)
    leave = Leave.objects.get(contract=world.contract)
    numbers = {
        "shift_change": shift.pk,
        "shift_cancel": shift.pk,
        "check_in": shift.pk,
        "check_in_enter": shift.pk,
        "post": shift.post_id,
        "rotation_end": Rotation.objects.get(contract=world.contract).pk,
        "leave": leave.pk,
        "leave_approve": leave.pk,
        "leave_refuse": leave.pk,
        "leave_withdraw": leave.pk,
        "comp_off_person": world.engineer.pk,
    }
    return {f"roster:{name}": ({"pk": pk}, {"pk": nowhere}) for name, pk in numbers.items()}
