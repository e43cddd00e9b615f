"""What the register's services share: one way to change a row with its record of the change, and what inputs have in common."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed
from core.models import next_number
from core.roles import ENGINEER, MANAGER
from parties.models import Contract, Hall, User
from parties.querysets import people_with_role, role_in
from records.models import Source
from records.services.audit import audit_write, changes

KEEPERS = (ENGINEER, MANAGER)
"""Who keeps the register: 附三.1) asks the contractor for it."""
SYSTEM_SOURCES = (Source.TASK, Source.COMMAND, Source.DEMO)
"""Doors through which nobody's role is asked: whoever runs a command or starts the beat administers the house."""


def local_day(at: datetime) -> date:
    """The day of an instant in the hall."""
    return at.astimezone(SHANGHAI).date()


def require_keeper(actor: User | None, contract: Contract, *, source: str) -> None:
    """Raise NotAllowed unless the actor keeps the register of this contract's hall, or the house itself acts."""
    if actor is None:
        if source not in SYSTEM_SOURCES:
            raise NotAllowed(_("Your role may not change the register."))
    elif role_in(actor, contract.pk) not in KEEPERS:
        raise NotAllowed(_("Your role may not change the register."))


def require_role(actor: User, contract: Contract, *roles: str) -> None:
    """Raise NotAllowed unless the actor has one of these roles in the contract."""
    if role_in(actor, contract.pk) not in roles:
        raise NotAllowed(_("Your role may not do this."))


def contract_of_hall(hall: Hall, on: date) -> Contract:
    """The contract under which a hall is served on a day: the one in force, else the newest. Raises Contract.DoesNotExist."""
    rows = Contract.objects.filter(hall=hall)
    found = rows.filter(starts_on__lte=on, ends_on__gte=on).order_by("-starts_on").first()
    return found or rows.latest("starts_on")


def code_for(contract: Contract, prefix: str, at: datetime) -> str:
    """The next number of a series, as tickets have them: BJ-20240318-0007, with the contract's tag where it has one."""
    parts = [prefix, *([contract.number_tag] if contract.number_tag else []), f"{local_day(at):%Y%m%d}"]
    series = "-".join(parts)
    return f"{series}-{next_number(series):04d}"


def fields_write(
    row: models.Model,
    values: Mapping[str, Any],
    *,
    contract: Contract,
    actor: User | None,
    at: datetime,
    verb: str = "edit",
    source: str = Source.PAGE,
    reason: str = "",
    version_seen: int | None = None,
    batch: str = "",
    subject: models.Model | None = None,
) -> bool:
    """Set some fields of a row that has a `version`, with one record of what really changed; False when nothing did.

    The row is claimed by its version in the same UPDATE that changes it: who saw an older one gets a Conflict and loses nothing.
    `subject` is whose history the change stands in, when it is not the row's own (a part's change stands in its device's).
    """
    before, after = changes(row, **values)
    if not after:
        return False
    fresh = {name: values[name] for name in after}
    stamps = {"updated_at": at} if any(field.name == "updated_at" for field in row._meta.fields) else {}
    seen: int = row.version if version_seen is None else version_seen  # type: ignore[attr-defined]
    rows = type(row)._default_manager.filter(pk=row.pk, version=seen)
    if not rows.update(version=models.F("version") + 1, **stamps, **fresh):
        raise Conflict(
            _(
                "Somebody else has changed this meanwhile. Please compare your entries with what is stored now, then save again."
            )
        )
    for name, value in {**fresh, **stamps, "version": seen + 1}.items():
        setattr(row, name, value)
    if subject is not None:
        after = {"of": f"{row._meta.model_name}:{row.pk}", "name": str(row), **after}
    audit_write(
        contract=contract,
        subject=subject or row,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after=after,
        reason=reason,
        batch=batch,
    )
    return True


def check_input(fields: Mapping[str, str]) -> None:
    """Raise Invalid when a field has a complaint."""
    wrong = {name: message for name, message in fields.items() if message}
    if wrong:
        raise Invalid(_("Some entries need another look; nothing was saved."), fields=wrong)


def needed(value: str, limit: int, message: str = "") -> str:
    """The complaint about a required text: empty, or longer than `limit` characters; "" when it is good."""
    if not value.strip():
        return message or _("Please fill in this field.")
    return optional(value, limit)


def optional(value: str, limit: int) -> str:
    """The complaint about an optional text that is too long; "" when it is good."""
    return _("At most %(limit)s characters.") % {"limit": limit} if len(value) > limit else ""


def people_of(contract: Contract, at: datetime, *roles: str) -> list[User]:
    """The contract's people with these roles on the day of an instant."""
    return people_with_role(contract, *roles, on=local_day(at))
