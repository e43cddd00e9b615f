"""Generic webhook, and text messages through a gateway that takes one: signed, timestamped, with an idempotency key.

X-Guarantee-Signature is "sha256=" and the hexadecimal HMAC-SHA256, keyed with the channel's secret, over the timestamp
(X-Guarantee-Timestamp, seconds since 1970), a full stop and the body. Receivers refuse timestamps that are more than five minutes
old, and know a repetition by its Idempotency-Key.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core import outbound
from notifications.senders.base import Item, Person, Rejected, Setup, as_json, check_status


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Guarantee-Signature."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def headers(setup: Setup, key: int, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of one call."""
    timestamp = str(int(at.timestamp()))
    found = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": str(key),
        "X-Guarantee-Timestamp": timestamp,
    }
    if setup.secrets.get("secret"):
        found["X-Guarantee-Signature"] = signature(setup.secrets["secret"], timestamp, body)
    return found


def send(setup: Setup, items: Sequence[Item], at: datetime) -> str:
    """Tell the target of one message. Raises Rejected, TargetDown, core.outbound.Refused or core.outbound.Unreachable."""
    (item,) = items
    told = {
        "id": item.key,
        "topic": item.topic,
        "urgent": item.urgent,
        "title": item.title,
        "text": item.body,
        "url": item.url,
        "posted_at": item.posted_at.isoformat(),
        "recipient": _person(item.person) if item.person != Person() else None,
        "mentions": [_person(one) for one in item.mentions],
    }
    return _call(setup, item, told, at)


def send_sms(setup: Setup, items: Sequence[Item], at: datetime) -> str:
    """Hand a text message to the gateway: number and text, nothing more. Raises as `send` does."""
    (item,) = items
    if not item.person.phone:
        raise Rejected("no phone number")
    text = " ".join(filter(None, (item.title, item.body)))
    return _call(setup, item, {"id": item.key, "phone": item.person.phone, "text": text}, at)


def _call(setup: Setup, item: Item, told: dict[str, Any], at: datetime) -> str:
    body = as_json(told)
    answer = outbound.post(setup.secrets["address"], body, headers(setup, item.key, body, at), allow=setup.allow)
    check_status(answer)
    return f"HTTP {answer.status} {answer.text}"


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "account": person.account, "phone": person.phone, "email": person.email}
