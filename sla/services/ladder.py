"""Whom a rung speaks to and what it says. People are found when the rung fires, not when it was laid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_noop

from core import roles
from core.clock import SHANGHAI
from core.subjects import Subject
from parties.models import Contact, Contract, User
from parties.querysets import office_contacts, people_with_role
from roster.duty import on_duty, stand_ins

LATE_SECONDS = 5.0
"""From this lag of the engine on, the message says how late it is."""
GAP = gettext_noop("Nobody is on duty: this goes to the manager.")
LATE = gettext_noop("This notice is %(lag)s seconds late because the system was down.")

NO_OFFICE = gettext_noop("No contact of the contractor's office is known: this goes to the manager.")

KINDS: Mapping[str, str] = {
    "response": gettext_noop("Response"),
    "fix": gettext_noop("Repair within the hour"),
    "user_error": gettext_noop("Help with an operating error"),
    "repair_office": gettext_noop("Repair of office equipment"),
    "repair_weak_current": gettext_noop("Repair of low-voltage systems"),
    "major_incident_report": gettext_noop("Report of a major incident"),
    "client_signature": gettext_noop("Client's signature"),
    "weekly_report": gettext_noop("Weekly report"),
    "final_report": gettext_noop("Final report"),
    "staff_replacement": gettext_noop("Replacement of staff"),
    "cure_period": gettext_noop("Cure period"),
    "payment_due": gettext_noop("Payment"),
    "vendor": gettext_noop("Vendor's work"),
    "callback": gettext_noop("Call back after a bad rating"),
    "rectification": gettext_noop("Measures after a bad rating"),
}
TEXTS: Mapping[str, tuple[str, str]] = {
    "start": (gettext_noop("New: %(label)s"), gettext_noop("%(t_kind)s is due at %(due_at)s.")),
    "reminder": (
        gettext_noop("Still waiting: %(label)s"),
        gettext_noop("%(t_kind)s is due at %(due_at)s; nobody has done it yet."),
    ),
    "manager": (
        gettext_noop("For the manager: %(label)s"),
        gettext_noop("%(t_kind)s is due at %(due_at)s; the people responsible were told."),
    ),
    "ahead": (gettext_noop("Due soon: %(label)s"), gettext_noop("%(t_kind)s is due at %(due_at)s.")),
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
    """Title and body of a rung as English msgids: "ahead-2" speaks as "ahead", one without words of its own as a reminder."""
    return TEXTS.get(rung.partition("-")[0], TEXTS["reminder"])


@dataclass(frozen=True)
class Found:
    """Whom a rung speaks to: people with an account, and contacts without one. `notes` are sentences that the message adds:
    nobody was on duty, or no office contact is known, so that others stand in."""

    people: tuple[User, ...]
    contacts: tuple[Contact, ...] = ()
    notes: tuple[str, ...] = ()


class Roster:
    """Finds people for one batch of firings; asks the database once for each contract, target and day."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str, Any], list[Any]] = {}
        self._found: dict[tuple[int, tuple[str, ...], datetime], Found] = {}

    def people(self, contract: Contract, target: str, at: datetime, subject: Subject | None, obj: Any) -> list[User]:
        """The people with an account behind one target of a ladder, empty when there are none."""
        if target in {"on_duty", "stand_in", "manager", "client_supervisor"}:
            return self._once(contract, target, at)
        if subject is not None and subject.recipients is not None:
            return list(subject.recipients(obj, target, at))
        return []

    def find(
        self, contract: Contract, rung: Mapping[str, Any], at: datetime, subject: Subject | None, obj: Any
    ) -> Found:
        """Everybody a rung speaks to. Nobody there: the manager; no manager either: every engineer of the contract."""
        targets = tuple(str(target) for target in rung.get("to", ()))
        key = (contract.pk, targets, at)
        if key in self._found:
            return self._found[key]
        people: dict[int, User] = {}
        contacts: list[Contact] = []
        notes: list[str] = []
        for target in targets:
            if target == "office":
                contacts = self._once(contract, target, at)
                if not contacts:
                    notes.append(NO_OFFICE)
                continue
            found = self.people(contract, target, at, subject, obj)
            if target == "on_duty" and not found:
                notes.append(GAP)
            people.update((person.pk, person) for person in found)
        if targets and (notes or not (people or contacts)):
            instead = self._once(contract, "manager", at) or self._once(contract, "engineers", at)
            people.update((person.pk, person) for person in instead)
        found_all = Found(tuple(people.values()), tuple(contacts), tuple(notes))
        if all(target in _FINDERS for target in targets):
            # Nobody among them depends on the subject: the same for every rung of this batch that speaks to these targets.
            self._found[key] = found_all
        return found_all

    def _once(self, contract: Contract, target: str, at: datetime) -> list[Any]:
        day = at.astimezone(SHANGHAI).date()
        # Who is on duty may change within a day; the other lists do not.
        by_shift = target in {"on_duty", "stand_in"}
        key = (contract.pk, target, at if by_shift else day)
        if key not in self._kept:
            self._kept[key] = _FINDERS[target](contract, at, day)
        return self._kept[key]


_FINDERS: Mapping[str, Callable[[Contract, datetime, date], list[Any]]] = {
    "on_duty": lambda contract, at, _day: on_duty(contract, at),
    "stand_in": lambda contract, at, _day: stand_ins(contract, at),
    "manager": lambda contract, _at, day: people_with_role(contract, roles.MANAGER, on=day),
    "engineers": lambda contract, _at, day: people_with_role(contract, roles.ENGINEER, on=day),
    "client_supervisor": lambda contract, _at, day: people_with_role(contract, roles.SUPERVISOR, on=day),
    "office": lambda contract, _at, _day: office_contacts(contract),
}
