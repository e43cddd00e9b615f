"""The registry through which lower apps reach upward without importing up; filled in AppConfig.ready(), no signals.

A clock, a signature, an attachment, an audit entry and a message each carry (contract, subject type, subject id). What such a
subject is called, who may see it and what happens when its clock rings is registered here by the app that owns it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models


@dataclass(frozen=True)
class Rung:
    """What a subject is told when a rung of its clock's ladder fires."""

    clock: Any
    name: str
    fire_at: datetime
    fired_at: datetime


@dataclass(frozen=True)
class Subject:
    """How the house handles one kind of subject. Callables take the subject's object."""

    key: str
    model: type[models.Model]
    label: Callable[[Any], str]
    url: Callable[[Any], str]
    visible_to: Callable[[Any], models.QuerySet[Any]]
    """visible_to(user) -> queryset of this model that the user may see."""
    canonical: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """purpose of a signature -> the canonical text that is signed."""
    signed_version: Callable[[Any], int] | None = None
    on_signed: Callable[..., None] | None = None
    """on_signed(obj, signature=..., at=..., rating=..., comment=..., source=...) runs in the transaction of the signature.
    It claims the subject's row and enters the step of its flow; the proof (verb "signature_give") is entered by records."""
    can_sign: Callable[[Any, Any, str], bool] | None = None
    """can_sign(user, obj, purpose): may this account sign."""
    on_rung: Callable[[Any, Rung], None] | None = None
    """on_rung(obj, rung) runs in the transaction of the firing; it may post messages, never send."""
    recipients: Callable[[Any, str, datetime], list[Any]] | None = None
    """recipients(obj, target, at) -> users for a ladder's target, e.g. "assignee"; empty where it has none."""
    summary: Callable[[Any, str], Mapping[str, Any]] | None = None
    """summary(obj, language): what the signing page shows before the canonical text: "title", "code", "facts" (pairs of
    label and value), and "signer_name" and "signer_unit", the proposal for whom to ask. All keys may be absent."""
    can_ask: Callable[[Any, Any, str], bool] | None = None
    """can_ask(user, obj, purpose): may this account ask for the signature now, by one-time link or by handing its phone
    over; without it everybody on the contractor's side who sees the record may."""
    sitting: Callable[[Any, str], str] | None = None
    """sitting(obj, purpose): the purpose that is signed in the same sitting as this one, while nobody signed it; "" for none."""
    still_stands: Callable[[Any, Any], bool] | None = None
    """still_stands(obj, signature): whether what was signed is still so, although the record's version went on; without it only
    the present version stands."""
    on_paper: Callable[..., None] | None = None
    """on_paper(obj, sheet=..., at=..., source=...) runs in the transaction in which a sheet signed by hand is uploaded, or was
    confirmed or refused."""
    link_hours: Callable[[Any, date], int] | None = None
    """link_hours(contract, on): how long a one-time link of this subject lives; 24 at most, and without it."""
    mine: Callable[[Any], models.QuerySet[Any]] | None = None
    """mine(user) -> queryset of what is in the user's own hands, for lists that are narrowed to "mine"."""
    person: Callable[[Any], int | None] | None = None
    """person(obj) -> id of the account whose personal values stand in the entries about it; None where nobody's with an account."""
    rated: frozenset[str] = frozenset()
    """Purposes of a signature with which the signer is asked for a voluntary rating of the work."""
    within: Callable[[models.QuerySet[Any], Any], models.QuerySet[Any]] | None = None
    """within(rows, contract) -> those that may be opened while working in that contract; without it the contract's own.
    What belongs to a hall (a device, its loans) outlives a contract and is narrowed by the hall."""


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Register a subject once; a second registration of the same key is a programming error."""
    if subject.key in _subjects and _subjects[subject.key].model is not subject.model:
        raise ValueError(f"subject {subject.key!r} is registered twice")
    _subjects[subject.key] = subject


def get(key: str) -> Subject:
    """The subject of that key; KeyError when no app registered it."""
    return _subjects[key]


def all_subjects() -> tuple[Subject, ...]:
    """All registered subjects."""
    return tuple(_subjects.values())


def seen_within(spec: Subject, user: Any, contract: Any) -> models.QuerySet[Any]:
    """The rows of a subject that the user may see while working in a contract."""
    rows = spec.visible_to(user)
    return spec.within(rows, contract) if spec.within is not None else rows.filter(contract=contract)


def key_of(obj: models.Model) -> str:
    """The key under which an object's model is registered; KeyError when it is not."""
    for subject in _subjects.values():
        if isinstance(obj, subject.model):
            return subject.key
    raise KeyError(f"{type(obj).__name__} is not a registered subject")


def load(key: str, pk: int) -> Any:
    """The object behind (subject type, id). Only for code that has already decided who may see it."""
    return get(key).model._default_manager.get(pk=pk)
