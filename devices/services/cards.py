"""Access cards (附二.5-2)): issued, changed, extended, lost, cancelled, returned, replaced; they expire by themselves.

Nobody approves what he asked for: who requested and who approved are two people, and the holder is not the one who approves.
No card's number ever reaches the history: entries hold its last four signs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, Invalid
from core.flow import claim
from core.roles import ENGINEER, MANAGER
from devices.finds.access import LIVE, cards_of_left, number_hash
from devices.models import AccessCard, Door, DoorGroup
from devices.rules_access import number_is_good, number_of
from devices.services.common import (
    check_input,
    contract_of_hall,
    local_day,
    needed,
    people_of,
    require_keeper,
)
from devices.states import CARD_FLOW, CardStatus
from notifications.services.outbox import message_post
from parties.models import Contract, Hall, Unit, User
from records.models import Source
from records.services.audit import audit_write

EXPIRED_TITLE = gettext_noop("%(count)d access cards expired")
EXPIRED_BODY = gettext_noop("%(names)s")
NAMED = 5


@dataclass(frozen=True)
class Approval:
    """Who asked, who approved, and in which paper; the flow of requests comes before this and is not ours."""

    requested_by: str
    approved_by: str
    document: str


@dataclass(frozen=True)
class CardData:
    """What a card is issued with."""

    holder_name: str
    kind: str
    valid_from: date
    valid_to: date
    holder: User | None = None
    unit: Unit | None = None
    groups: Sequence[DoorGroup] = field(default_factory=tuple)
    doors: Sequence[Door] = field(default_factory=tuple)


def approval_complaints(approval: Approval, *holders: str) -> dict[str, str]:
    """What is wrong with an approval: something missing, or one person in two parts."""
    wrong = {
        "requested_by": needed(approval.requested_by, 40),
        "approved_by": needed(approval.approved_by, 40),
        "document": needed(approval.document, 80, _("Please name the paper in which it was approved.")),
    }
    approver = approval.approved_by.strip()
    if approver and approver == approval.requested_by.strip():
        wrong["approved_by"] = _("Who asked for it cannot approve it.")
    elif approver and approver in {name.strip() for name in holders}:
        wrong["approved_by"] = _("The holder cannot approve the own card.")
    return wrong


def _foreign(hall_id: int, groups: Iterable[DoorGroup], doors: Iterable[Door]) -> bool:
    """Whether one of them is another hall's."""
    return any(group.hall_id != hall_id for group in groups) or any(door.hall_id != hall_id for door in doors)


def card_complaints(data: CardData, approval: Approval | None, hall: Hall) -> dict[str, str]:
    """What is wrong with a card's data; asks the database nothing."""
    wrong = {
        "holder_name": needed(data.holder_name, 40),
        "kind": "" if data.kind in AccessCard.Kind.values else _("Please choose one of the list."),
        "valid_to": "" if data.valid_to >= data.valid_from else _("The end is before the beginning."),
        "groups": "" if data.groups or data.doors else _("Please choose at least one group or door."),
    }
    if _foreign(hall.pk, data.groups, data.doors):
        wrong["groups"] = _("This belongs to another hall.")
    if approval is not None:
        wrong |= approval_complaints(approval, data.holder_name)
    return {name: message for name, message in wrong.items() if message}


def number_complaint(number: str) -> str:
    """The complaint about a card's number; "" when it is good."""
    return "" if number_is_good(number) else _("A card number has 6 to 20 letters and digits.")


def _taken() -> Invalid:
    message = _("A card with this number is in somebody's hands already.")
    return Invalid(message, fields={"number": message})


def _rights(groups: Iterable[DoorGroup], doors: Iterable[Door]) -> dict[str, list[str]]:
    return {"groups": [str(group) for group in groups], "doors": [str(door) for door in doors]}


def _insert(
    contract: Contract,
    number: str,
    data: CardData,
    approval: Approval,
    at: datetime,
    replaces: AccessCard | None = None,
) -> AccessCard:
    plain = number_of(number)
    try:
        with transaction.atomic():
            card = AccessCard.objects.create(
                hall_id=contract.hall_id,
                number_hash=number_hash(contract.hall, plain),
                last4=plain[-4:],
                holder=data.holder,
                holder_name=data.holder_name.strip(),
                unit=data.unit,
                kind=data.kind,
                valid_from=data.valid_from,
                valid_to=data.valid_to,
                status_since=at,
                requested_by=approval.requested_by.strip(),
                approved_by=approval.approved_by.strip(),
                document=approval.document.strip(),
                replaces=replaces,
                created_at=at,
                updated_at=at,
            )
    except IntegrityError:
        raise _taken() from None
    card.groups.set(data.groups)
    card.doors.set(data.doors)
    return card


def _facts(card: AccessCard, data: CardData, approval: Approval) -> dict[str, Any]:
    return {
        "card": card.masked,
        "holder_name": card.holder_name,
        "unit": card.unit,
        "kind": card.kind,
        "valid_from": card.valid_from,
        "valid_to": card.valid_to,
        **_rights(data.groups, data.doors),
        **vars(approval),
    }


@transaction.atomic
def card_issue(
    *,
    contract: Contract,
    number: str,
    data: CardData,
    approval: Approval,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
) -> AccessCard:
    """Issue a card under an approval. Raises NotAllowed, Invalid (number taken, one person in two parts, no right)."""
    require_keeper(actor, contract, source=source)
    check_input({"number": number_complaint(number), **card_complaints(data, approval, contract.hall)})
    card = _insert(contract, number, data, approval, at)
    audit_write(
        contract=contract,
        subject=card,
        verb="issue",
        actor=actor,
        at=at,
        source=source,
        after=_facts(card, data, approval),
        reason=reason,
        batch=batch,
    )
    return card


@transaction.atomic
def card_change(
    *,
    card: AccessCard,
    contract: Contract,
    version_seen: int,
    groups: Sequence[DoorGroup],
    doors: Sequence[Door],
    unit: Unit | None,
    approval: Approval,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> AccessCard:
    """Give other rights to a card in use. Raises NotAllowed, Invalid, Conflict (no longer in use, or changed meanwhile)."""
    require_keeper(actor, contract, source=source)
    wrong = approval_complaints(approval, card.holder_name) | {"reason": needed(reason, 200)}
    wrong["groups"] = "" if groups or doors else _("Please choose at least one group or door.")
    if _foreign(card.hall_id, groups, doors):
        wrong["groups"] = _("This belongs to another hall.")
    check_input(wrong)
    before = {**_rights(card.groups.all(), card.doors.all()), "unit": card.unit}
    _seen(card, version_seen)
    claim(card, CARD_FLOW, "change", unit=unit, updated_at=at, **_stripped(approval))
    card.groups.set(groups)
    card.doors.set(doors)
    audit_write(
        contract=contract,
        subject=card,
        verb="change_rights",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={**_rights(groups, doors), "unit": unit, **vars(approval)},
        reason=reason.strip(),
    )
    return card


def _stripped(approval: Approval) -> dict[str, str]:
    return {name: value.strip() for name, value in vars(approval).items()}


def _seen(card: AccessCard, version: int) -> None:
    """Raise Conflict unless the card is still as it was seen; its version is taken, so that one of several wins."""
    if not AccessCard.objects.filter(pk=card.pk, version=version).update(version=version + 1):
        raise Conflict(_("Somebody else has changed this card meanwhile. Please look at it again."))


@transaction.atomic
def card_extend(
    *,
    card: AccessCard,
    contract: Contract,
    valid_to: date,
    approval: Approval,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> AccessCard:
    """Let a card be valid for longer; one that has expired is in use again. Raises NotAllowed, Invalid, Conflict."""
    require_keeper(actor, contract, source=source)
    wrong = approval_complaints(approval, card.holder_name) | {"reason": needed(reason, 200)}
    if valid_to <= card.valid_to:
        wrong["valid_to"] = _("The new end has to be after the present one.")
    elif valid_to < local_day(at):
        wrong["valid_to"] = _("The new end is over already.")
    check_input(wrong)
    before = {"valid_to": card.valid_to, "status": card.status}
    claim(
        card,
        CARD_FLOW,
        "extend",
        valid_to=valid_to,
        status_reason="",
        status_since=card.status_since if card.status == CardStatus.IN_USE else at,
        updated_at=at,
        **_stripped(approval),
    )
    audit_write(
        contract=contract,
        subject=card,
        verb="extend",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"valid_to": valid_to, "status": card.status, **vars(approval)},
        reason=reason.strip(),
    )
    return card


@transaction.atomic
def card_stop(
    *,
    card: AccessCard,
    contract: Contract,
    verb: str,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    batch: str = "",
) -> AccessCard:
    """End a card's rights, all at once: `verb` is lose, cancel or give_back. Raises NotAllowed, Invalid, Conflict."""
    require_keeper(actor, contract, source=source)
    if verb not in ("lose", "cancel", "give_back"):
        raise ValueError(f"a card is not stopped by {verb!r}")
    check_input({"reason": needed(reason, 200)})
    _stop(card, contract, verb, reason.strip(), actor, at, source, batch)
    return card


def _stop(
    card: AccessCard,
    contract: Contract,
    verb: str,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str,
    batch: str = "",
) -> None:
    was = card.status
    claim(card, CARD_FLOW, verb, status_reason=reason, status_since=at, updated_at=at)
    audit_write(
        contract=contract,
        subject=card,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before={"status": was},
        after={"status": card.status, "card": card.masked, "holder_name": card.holder_name},
        reason=reason,
        batch=batch,
    )


@transaction.atomic
def card_reissue(
    *,
    card: AccessCard,
    contract: Contract,
    number: str,
    valid_to: date,
    approval: Approval,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> AccessCard:
    """A new card with the same rights in place of one that is lost, broken or expired; the old one is cancelled.

    Raises NotAllowed, Invalid (number taken), Conflict (the old one was replaced already).
    """
    require_keeper(actor, contract, source=source)
    today = local_day(at)
    data = CardData(
        holder_name=card.holder_name,
        holder=card.holder,
        kind=card.kind,
        unit=card.unit,
        valid_from=today,
        valid_to=valid_to,
        groups=list(card.groups.all()),
        doors=list(card.doors.all()),
    )
    wrong = {"number": number_complaint(number), "reason": needed(reason, 200)}
    check_input(wrong | card_complaints(data, approval, contract.hall))
    _stop(card, contract, "reissue", reason.strip(), actor, at, source)
    fresh = _insert(contract, number, data, approval, at, replaces=card)
    audit_write(
        contract=contract,
        subject=fresh,
        verb="issue",
        actor=actor,
        at=at,
        source=source,
        after={**_facts(fresh, data, approval), "replaces": card.masked},
        reason=reason.strip(),
    )
    return fresh


@transaction.atomic
def holder_left(
    *, card: AccessCard, contract: Contract, left_on: date, actor: User, at: datetime, source: str = Source.PAGE
) -> AccessCard:
    """Enter the day on which a holder without an account left: the card opens nothing from that day on."""
    require_keeper(actor, contract, source=source)
    if left_on > local_day(at):
        message = _("This day is still to come.")
        raise Invalid(message, fields={"left_on": message})
    before = {"left_on": card.left_on}
    claim(card, CARD_FLOW, "change", left_on=left_on, updated_at=at)
    audit_write(
        contract=contract,
        subject=card,
        verb="holder_left",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"left_on": left_on},
    )
    return card


@transaction.atomic
def cards_of_left_cancel(
    *, contract: Contract, ids: Iterable[int], reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> int:
    """Cancel the cards of people who left, all in one act (离职回收); returns how many.

    Cards that somebody cancelled meanwhile, or whose holder is back, are left alone. Raises NotAllowed, Invalid.
    """
    require_keeper(actor, contract, source=source)
    check_input({"reason": needed(reason, 200)})
    rows = AccessCard.objects.filter(hall_id=contract.hall_id, pk__in=list(ids))
    cards = list(cards_of_left(rows, local_day(at)).select_related("unit"))
    batch = f"left:{at:%Y%m%d%H%M%S}:{actor.pk}"
    for card in cards:
        _stop(card, contract, "cancel", reason.strip(), actor, at, source, batch)
    return len(cards)


def cards_expire(*, at: datetime, source: str = Source.TASK) -> int:
    """Mark the cards whose last day is over, once each, and tell the hall's engineers; returns how many.

    They opened nothing since that day anyway: what this changes is what the lists call them.
    """
    today = local_day(at)
    over = AccessCard.objects.filter(status=CardStatus.IN_USE, valid_to__lt=today)
    count = 0
    for hall in Hall.objects.filter(access_cards__in=over).distinct().order_by("pk"):
        count += _expire_in(hall, today, at, source)
    return count


@transaction.atomic
def _expire_in(hall: Hall, today: date, at: datetime, source: str) -> int:
    contract = contract_of_hall(hall, today)
    rows = AccessCard.objects.filter(hall=hall, status=CardStatus.IN_USE, valid_to__lt=today).order_by("valid_to", "pk")
    expired: list[AccessCard] = []
    for card in rows:
        try:
            with transaction.atomic():
                _stop(card, contract, "expire", "", None, at, source)
        except Conflict:
            continue  # another worker, or somebody who extended it just now, was quicker
        expired.append(card)
    if expired:
        names = "；".join(f"{card.masked} {card.holder_name}" for card in expired[:NAMED])
        message_post(
            contract=contract,
            topic="devices",
            recipients=people_of(contract, at, MANAGER, ENGINEER),
            title=EXPIRED_TITLE,
            body=EXPIRED_BODY,
            params={"count": len(expired), "names": names + ("…" if len(expired) > NAMED else "")},
            url="/devices/access/?status=expired",
            at=at,
        )
    return len(expired)


def live_hashes(hall: Hall, hashes: Iterable[str]) -> set[str]:
    """Which of these numbers somebody has already; one statement."""
    rows = AccessCard.objects.filter(hall=hall, status__in=LIVE, number_hash__in=list(hashes))
    return set(rows.values_list("number_hash", flat=True))
