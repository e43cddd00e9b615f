"""Whom a rung speaks to and what it says. People are found when the rung fires, not when it was laid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from core import roles
from core.clock import SHANGHAI
from core.subjects import Subject
from parties.models import Contract, User
from parties.querysets import people_with_role
from roster.duty import on_duty

LATE_SECONDS = 5.0
"""From this lag of the engine on, the message says how late it is."""
GAP = gettext_noop("Nobody is on duty: this goes to the manager.")
LATE = gettext_noop("This notice is %(lag)s seconds late because the system was down.")

KINDS: Mapping[str, str] = {"response": gettext_noop("Response")}
TEXTS: Mapping[str, tuple[str, str]] = {
    "start": (gettext_noop("New: %(label)s"), gettext_noop("%(t_kind)s is due at %(due_at)s.")),
    "reminder": (
        gettext_noop("Still waiting: %(label)s"),
        gettext_noop("%(t_kind)s is due at %(due_at)s; nobody has done it yet."),
    ),
    "manager": (
        gettext_noop("For the manager: %(label)s"),
        gettext_noop("%(t_kind)s is due at %(due_at)s; the people on duty were told and reminded."),
    ),
    "urgent": (gettext_noop("Nearly too late: %(label)s"), gettext_noop("%(t_kind)s is due at %(due_at)s.")),
    "breach": (
        gettext_noop("Deadline missed: %(label)s"),
        gettext_noop("%(t_kind)s was due at %(due_at)s. Please act now and give the reason."),
    ),
    "office": (
        gettext_noop("Deadline missed and still open: %(label)s"),
        gettext_noop("%(t_kind)s was due at %(due_at)s and has not been done yet."),
    ),
}


def kind_label(kind: str) -> str:
    """The English msgid of a promise's name."""
    return KINDS.get(kind, kind)


def text_of(rung: str) -> tuple[str, str]:
    """Title and body of a rung as English msgids; a rung without words of its own speaks as a reminder."""
    return TEXTS.get(rung, TEXTS["reminder"])


@dataclass(frozen=True)
class Found:
    """The people a rung speaks to. `gap`: nobody was on duty, so others stand in."""

    people: tuple[User, ...]
    gap: bool


class Roster:
    """Finds people for one batch of firings; asks the database once for each contract, target and day."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str, Any], list[User]] = {}

    def people(self, contract: Contract, target: str, at: datetime, subject: Subject | None, obj: Any) -> list[User]:
        """The people behind one target of a ladder, empty when there are none."""
        if target == "on_duty":
            return self._once(contract, target, at)
        if target in {"manager", "office"}:
            # Contacts of the contractor's office have no account: what is meant for them reaches the manager.
            return self._once(contract, "manager", at)
        if subject is not None and subject.recipients is not None:
            return list(subject.recipients(obj, target, at))
        return []

    def find(
        self, contract: Contract, rung: Mapping[str, Any], at: datetime, subject: Subject | None, obj: Any
    ) -> Found:
        """Everybody a rung speaks to. Nobody there: the manager; no manager either: every engineer of the contract."""
        targets = [str(target) for target in rung.get("to", ())]
        people: dict[int, User] = {}
        gap = False
        for target in targets:
            found = self.people(contract, target, at, subject, obj)
            gap = gap or (target == "on_duty" and not found)
            people.update((person.pk, person) for person in found)
        if targets and (gap or not people):
            stand_in = self._once(contract, "manager", at) or self._once(contract, "engineers", at)
            people.update((person.pk, person) for person in stand_in)
        return Found(tuple(people.values()), gap)

    def _once(self, contract: Contract, target: str, at: datetime) -> list[User]:
        day = at.astimezone(SHANGHAI).date()
        # Who is on duty may change within a day; the other lists do not.
        key = (contract.pk, target, at if target == "on_duty" else day)
        if key not in self._kept:
            if target == "on_duty":
                self._kept[key] = on_duty(contract, at)
            else:
                role = roles.MANAGER if target == "manager" else roles.ENGINEER
                self._kept[key] = people_with_role(contract, role, on=day)
        return self._kept[key]
