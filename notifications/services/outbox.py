"""Posts messages: rows of the transaction that caused them, delivered from there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models

from core import subjects
from core.bulk import insert_rows
from core.transactions import joined
from notifications.models import Channel, Delivery, DeliveryState, Message
from notifications.services.fanout import Post, outside_deliveries
from notifications.text import plain_params
from parties.models import Contact, Contract, User


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to be posted. `title` and `body` are English msgids with %-style named parameters.

    Parameters that end in "_at" may be datetimes; those that begin with "t_" are msgids themselves; "notes" is a list of further
    sentences. `contacts` are people without an account: they are reached outside the browser or not at all. `delivered_at` and
    `read_at` are for replays: what was posted then was delivered then, and none of it leaves the house.
    """

    contract: Contract
    topic: str
    recipients: Sequence[User]
    title: str
    at: datetime
    body: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    subject_type: str = ""
    subject_id: int | None = None
    urgent: bool = False
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    source: str = ""
    origin: str = ""
    contacts: Sequence[Contact] = ()


def message_post(
    *,
    contract: Contract,
    topic: str,
    recipients: Iterable[User],
    title: str,
    body: str = "",
    params: Mapping[str, Any] | None = None,
    url: str = "",
    subject: models.Model | None = None,
    urgent: bool = False,
    at: datetime,
    delivered_at: datetime | None = None,
    source: str = "",
    contacts: Iterable[Contact] = (),
) -> Message | None:
    """Post one message to some people, in the caller's transaction; None when nobody active is among them.

    It is put into words when it is read: register `title` and `body` with gettext_noop where they are written.
    """
    draft = Draft(
        contract=contract,
        topic=topic,
        recipients=list(recipients),
        title=title,
        body=body,
        params=params or {},
        url=url,
        subject_type=subjects.key_of(subject) if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        urgent=urgent,
        at=at,
        delivered_at=delivered_at,
        source=source,
        contacts=list(contacts),
    )
    posted = messages_post([draft])
    return posted[0] if posted else None


@joined
def messages_post(drafts: Iterable[Draft]) -> list[Message]:
    """Post several messages in three statements, a few more where channels are set up; those to nobody active are left out."""
    wanted = []
    for draft in drafts:
        people = list({person.pk: person for person in draft.recipients if person.is_active}.values())
        contacts = list({one.pk: one for one in draft.contacts if one.is_active}.values())
        if people or contacts:
            wanted.append((draft, people, contacts))
    if not wanted:
        return []
    rows = [
        (
            draft.contract.pk,
            draft.topic,
            draft.subject_type,
            draft.subject_id,
            draft.title,
            draft.body,
            plain_params(draft.params),
            draft.url,
            draft.urgent,
            draft.at,
            draft.source,
            draft.origin,
        )
        for draft, _, _ in wanted
    ]
    messages = [_message(pk, row) for pk, row in zip(insert_rows(Message, MESSAGE_ROW, rows), rows, strict=True)]
    posted = list(zip(messages, wanted, strict=True))
    insert_rows(
        Delivery,
        DELIVERY_ROW,
        [
            (
                message.pk,
                person.pk,
                Channel.IN_APP.value,
                (DeliveryState.DELIVERED if draft.delivered_at else DeliveryState.PENDING).value,
                1 if draft.delivered_at else 0,
                draft.at,
                draft.delivered_at,
                draft.read_at,
            )
            for message, (draft, people, _) in posted
            for person in people
        ],
    )
    outside = outside_deliveries(
        Post(message, draft.contract, people, contacts)
        for message, (draft, people, contacts) in posted
        if draft.delivered_at is None
    )
    if outside:
        Delivery.objects.bulk_create(outside)
    return messages


MESSAGE_ROW = (
    "contract_id",
    "topic",
    "subject_type",
    "subject_id",
    "title",
    "body",
    "params",
    "url",
    "urgent",
    "posted_at",
    "source",
    "origin",
)
DELIVERY_ROW = (
    "message_id",
    "recipient_id",
    "channel",
    "state",
    "attempts",
    "next_attempt_at",
    "delivered_at",
    "read_at",
)


def _message(pk: int, row: tuple[Any, ...]) -> Message:
    """The message as a query would give it: made of its columns in their order."""
    return Message.from_db(connection.alias, ("id", *MESSAGE_ROW), (pk, *row))
