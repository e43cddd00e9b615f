"""Finds: a person's messages, a contract's channels and what left by them."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from core.prepared import Prepared, asked, prepared_count
from core.roles import STAFF_ROLES
from notifications.models import Channel, ChannelConfig, Delivery, DeliveryState, InternalTarget
from notifications.rules import reaches
from notifications.topics import TEST
from parties.models import Contract, User
from parties.querysets import local_today, own_memberships, people_with_role


def inbox_of(user: Any) -> QuerySet[Delivery]:
    """What a person finds in the app, newest first: of contracts in which they have a valid membership, from the posting on."""
    return _inbox(user.pk, {row.contract_id for row in own_memberships(user)})


def _inbox(person: int, contracts: Iterable[int]) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(recipient_id=person, channel=Channel.IN_APP, message__contract__in=list(contracts))
    return rows.exclude(state=DeliveryState.DEAD).order_by("-id")


def unread_of(user: Any) -> QuerySet[Delivery]:
    """What a person has not read yet, newest first."""
    return inbox_of(user).filter(read_at=None)


def unread_count(user: Any, cap: int = 99) -> int:
    """How many messages the person has not read, counted up to `cap` + 1."""
    contracts = sorted({row.contract_id for row in own_memberships(user)})
    if not contracts:
        return 0
    marks = range(_NOBODY - len(contracts), _NOBODY)
    statement = _unread_statement(connection.alias, len(contracts), cap + 1)
    given = {_NOBODY: user.pk, **dict(zip(marks, contracts, strict=True))}
    return int(asked(statement, given)[0][0])


_NOBODY = -987_654_321
"""Stands in for the person in the statement that is kept; the numbers below it for the contracts."""


@cache
def _unread_statement(_alias: str, contracts: int, cap: int) -> Prepared:
    """Every page asks it: how many messages a member of so many contracts has not read, counted up to `cap`."""
    return prepared_count(_inbox(_NOBODY, range(_NOBODY - contracts, _NOBODY)).filter(read_at=None).order_by()[:cap])


def backlog(cap: int, contract: Contract | None = None) -> tuple[int, datetime | None]:
    """How many deliveries in the app wait (counted up to `cap`), and when the oldest was posted; of all, or of one contract."""
    rows = Delivery.objects.filter(state=DeliveryState.PENDING, channel=Channel.IN_APP)
    waiting = (
        (rows.filter(message__contract=contract) if contract else rows)
        .order_by("next_attempt_at")
        .values_list("message__posted_at", flat=True)[:cap]
    )
    instants = list(waiting)
    return len(instants), min(instants, default=None)


def deliveries_of_origins(origins: Iterable[str]) -> QuerySet[Delivery]:
    """Which people got the messages that certain rows caused and by which way, with the message and the person or contact."""
    people = Q(recipient__isnull=False) | Q(contact__isnull=False)
    rows = Delivery.objects.filter(people, message__origin__in=list(origins))
    return rows.select_related("message", "recipient", "contact").order_by("id")


# Channels -------------------------------------------------------------------------------------------------------------


def channels_of(contract: Contract) -> QuerySet[ChannelConfig]:
    """The channels that a contract has set up."""
    return ChannelConfig.objects.filter(contract=contract).select_related("contract")


def internal_targets_of(contract: Contract) -> QuerySet[InternalTarget]:
    """The inner networks that are open to a contract's channels."""
    return InternalTarget.objects.filter(contract=contract, is_active=True).select_related("added_by", "contract")


def sent_of(contract: Contract) -> QuerySet[Delivery]:
    """Everything that a contract's messages were sent by, newest first, with message, person and channel."""
    rows = Delivery.objects.filter(message__contract=contract)
    return rows.select_related("message", "recipient", "contact", "config").order_by("-id")


def dead_of(contract: Contract) -> QuerySet[Delivery]:
    """What failed for good; tests that failed are no loss."""
    return sent_of(contract).filter(state=DeliveryState.DEAD).exclude(message__topic=TEST)


def failing_channels(contract: Contract) -> QuerySet[ChannelConfig]:
    """Channels that are switched on and have not worked since some instant."""
    return channels_of(contract).filter(is_enabled=True, failing_since__isnull=False)


def unreachable(contract: Contract, on: date | None = None) -> list[User]:
    """People of the ladders whom nothing urgent reaches outside the browser: no channel, or none that knows an address of theirs.

    A robot that tells its group of promises reaches everybody; who reads along there is the group's affair.
    """
    channels = list(channels_of(contract).filter(is_enabled=True))
    if any(one.to_group and (not one.topics or "promise" in one.topics) for one in channels):
        return []
    personal = [one.kind for one in channels if not one.to_group]
    people = people_with_role(contract, *STAFF_ROLES, on=on or local_today())
    return [one for one in people if not any(reaches(kind, one.email, one.phone) for kind in personal)]
