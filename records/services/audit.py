"""Writes the one history of the house: who did what to which record, when, from where, before and after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Required, TypedDict, Unpack

from django.db import models, transaction
from django.utils.functional import Promise

from core import clock, subjects
from core.bulk import insert_rows
from core.db import hooks
from core.request import current
from core.transactions import joined
from parties.models import Contract, User
from records.chain import chain_of
from records.models import AuditEntry, Source, Visibility
from records.services import personal

CHAIN = "audit_chain"
"""Under this name new entries are noted until the commit, which gives them their place in the chain (records.services.chain)."""
SYSTEM = "system"
"""The label of what nobody did by hand; pages translate it."""


class Entry(TypedDict, total=False):
    """What `audit_write` takes. Give `subject`, or its type and id; `is_new` when this transaction has made the subject."""

    contract: Required[Contract | None]
    subject: models.Model | None
    subject_type: str
    subject_id: int
    verb: Required[str]
    actor: Required[User | None]
    at: Required[datetime]
    source: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str
    visibility: str
    batch: str
    actor_label: str
    is_new: bool


def subject_key(subject: models.Model) -> str:
    """The key a record's history hangs on: its registered subject key, else its model's name (a unit, a term …)."""
    try:
        return subjects.key_of(subject)
    except KeyError:
        return str(subject._meta.model_name)


_PLAIN = frozenset({str, int, float, bool})


def plain(value: Any) -> Any:
    """A value as JSON holds it: instants in ISO 8601, decimals as text, a record as {"id", "label"} (frozen name)."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Promise | Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, models.Model):
        return {"id": value.pk, "label": str(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | models.QuerySet):
        return [plain(item) for item in value]
    raise TypeError(f"an audit entry cannot hold {type(value).__name__}")


def changes(obj: models.Model, **new: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The before and after of what will really change; call it before setting the new values.

    `before, after = changes(ticket, cause="…", device=printer)`; equal values are left out.
    """
    before, after = {}, {}
    for name, value in new.items():
        old = plain(getattr(obj, name))
        fresh = plain(value)
        if old != fresh:
            before[name], after[name] = old, fresh
    return before, after


@dataclass(frozen=True)
class _Prepared:
    """An entry's columns without its personal values, and these, with whose they are."""

    columns: dict[str, Any]
    values: list[list[Any]]
    whose: personal.Person
    is_new: bool

    def stored(self) -> dict[str, Any]:
        """The columns as they are stored. Needs a transaction."""
        if self.values:
            person, sealed = personal.sealed(self.whose, self.values, is_new=self.is_new)
            self.columns.update(person_id=person, personal=sealed)
        return self.columns


def _prepared(
    *,
    contract: Contract | None,
    subject: models.Model | None = None,
    subject_type: str = "",
    subject_id: int = 0,
    verb: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    visibility: str = Visibility.CLIENT,
    batch: str = "",
    actor_label: str = "",
    is_new: bool = False,
    recorded_at: datetime | None = None,
) -> _Prepared:
    if subject is not None:
        subject_type, subject_id = subject_key(subject), int(subject.pk)
    if not subject_type:
        raise ValueError(f"the entry {verb!r} needs a subject")
    if at.tzinfo is None:
        raise ValueError("an audit entry needs an aware instant")
    facts = current.get()
    columns: dict[str, Any] = {
        "contract_id": contract.pk if contract is not None else None,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "verb": verb,
        "actor_id": actor.pk if actor is not None else None,
        "actor_label": (actor_label or (str(actor) if actor else SYSTEM))[:80],
        "source": source,
        "visibility": visibility,
        "at": at,
        "recorded_at": recorded_at or clock.now(),
        "before": plain(before or {}),
        "after": plain(after or {}),
        "reason": reason[:500],
        "batch": batch,
        "request_id": facts.request_id,
        "ip": facts.ip,
        "person_id": None,
        "personal": "",
    }
    values = personal.taken_out(subject_type, columns)
    if actor is None and actor_label:
        values.append([["actor_label"], columns["actor_label"]])
        columns["actor_label"] = personal.PLACE
    whose = personal.person_of(subject, subject_type, subject_id) if values else personal.NOBODY
    return _Prepared(columns, values, whose, is_new and whose[0] != personal.ACCOUNT)


@joined
def audit_write(**entry: Unpack[Entry]) -> AuditEntry:
    """Append one entry, in the caller's transaction; never changed afterwards.

    `at` is the instant of the act, the server's own instant is kept beside it. Give `subject`, or its type and
    id. An act without an account carries `actor_label` (the name of somebody who signs by link); without either it is
    the system's. Raises ValueError or TypeError on a programmer's mistake (no subject, naive instant, a value JSON
    cannot hold).
    """
    written = AuditEntry(**_prepared(**entry).stored())
    # Written as it is stored: only readers see the personal values in their places.
    written.__dict__["_personal_open"] = True
    written.save(force_insert=True)
    del written.__dict__["_personal_open"]
    hooks.note(CHAIN, [(chain_of(written.contract_id), written.pk)])
    return written


@transaction.atomic(savepoint=False)
def audit_write_many(entries: Iterable[Entry]) -> None:
    """Append several entries in one statement, each as `audit_write` takes it, in their order."""
    now = clock.now()
    prepared = [_prepared(**entry, recorded_at=now) for entry in entries]
    personal.keys_ready(one.whose for one in prepared if one.values and not one.is_new)
    rows = [one.stored() for one in prepared]
    if rows:
        ids = insert_rows(AuditEntry, tuple(rows[0]), [tuple(row.values()) for row in rows])
        hooks.note(CHAIN, [(chain_of(row["contract_id"]), pk) for row, pk in zip(rows, ids, strict=True)])
