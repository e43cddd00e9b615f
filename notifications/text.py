"""A message's words in the reader's language, made when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from core.clock import SHANGHAI
from notifications.models import Message

INSTANT = "_at"
"""Parameters with this ending are instants in ISO 8601, shown as local time to the second."""
MSGID = "t_"
"""Parameters with this beginning are English msgids, shown in the reader's language."""
NOTES = "notes"
"""A list of msgids: sentences that are added to the body, with the same parameters."""


class UnreadableMessage(ValueError):
    """A message whose parameters do not fit its text."""


@dataclass(frozen=True)
class Words:
    """Title and body as a person reads them."""

    title: str
    body: str


def words_of(message: Message) -> Words:
    """Title and body in the active language. Raises UnreadableMessage when the parameters do not fit."""
    try:
        values = {name: _shown(name, value) for name, value in message.params.items() if name != NOTES}
        sentences = [message.body, *message.params.get(NOTES, ())]
        body = " ".join(gettext(sentence) % values for sentence in sentences if sentence)
        return Words(gettext(message.title) % values, body)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnreadableMessage(f"message {message.pk}: {type(error).__name__} {error}") from error


def safe_words(message: Message) -> Words:
    """As `words_of`, but a message that cannot be read shows its bare text: one bad row never breaks a page."""
    try:
        return words_of(message)
    except UnreadableMessage:
        return Words(message.title, message.body)


def _shown(name: str, value: Any) -> Any:
    if name.endswith(INSTANT):
        return datetime.fromisoformat(value).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    if name.startswith(MSGID):
        return gettext(value) if value else ""
    return value


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON holds them: instants in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in params.items()}
